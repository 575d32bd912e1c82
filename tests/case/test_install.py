#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `cmake --install` puts where: the three names, the manual, completions; another package's `compose` is left alone.

usage: test_install.py COMPOSE        the program in its build directory
"""
import os
import subprocess
import sys
import tempfile


def install(build, prefix):
    done = subprocess.run(["cmake", "--install", build, "--prefix", prefix], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def main(compose):
    build = os.path.dirname(os.path.abspath(compose))
    with tempfile.TemporaryDirectory() as top:
        prefix = os.path.join(top, "fresh")
        install(build, prefix)
        install(build, prefix)                     # ours, from before, is no hindrance
        for name in ("bin/docker-compose", "bin/compose", "lib/docker/cli-plugins/docker-compose"):
            said = subprocess.run([os.path.join(prefix, name), "version", "--short"], capture_output=True, text=True)
            assert (said.returncode, said.stdout) == (0, "5.5.0\n"), (name, said)
        for name in ("man/man1/docker-compose.1", "bash-completion/completions/docker-compose",
                     "zsh/site-functions/_docker-compose", "fish/vendor_completions.d/docker-compose.fish"):
            assert os.path.getsize(os.path.join(prefix, "share", name)) > 0, name

        prefix = os.path.join(top, "taken")
        os.makedirs(os.path.join(prefix, "bin"))
        os.symlink("run-mailcap", os.path.join(prefix, "bin/compose"))     # as Debian's mailcap has it
        assert "belongs to another program" in install(build, prefix)
        assert os.readlink(os.path.join(prefix, "bin/compose")) == "run-mailcap"
        assert os.path.isfile(os.path.join(prefix, "bin/docker-compose"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
