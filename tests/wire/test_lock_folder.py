#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where the project lock is kept: in a folder of this user alone, wherever the environment points, or else there is a warning.

usage: test_lock_folder.py COMPOSE        needs root, to make folders of two other users

Each case is an `up` that is killed at a creation, so that its lock file stays, with a note.
"""
import glob
import os
import stat
import subprocess
import sys
import tempfile

from scripted_engine import ScriptedEngine

USER, OTHER = 61234, 61235
FILE = "services:\n  web: {image: plain}\n"
WARNING = "cannot be locked"


class Case:
    def __init__(self, program, directory):
        self.program, self.directory = program, directory
        self.temporary = self.folder("temporary", mode=0o1777)
        with open(self.path("compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FILE)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def folder(self, *names, owner=0, mode=0o755):
        os.mkdir(self.path(*names))
        os.chown(self.path(*names), owner, owner)
        os.chmod(self.path(*names), mode)
        return self.path(*names)

    def up(self, runtime, killed=True):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.directory, "TMPDIR": self.temporary, "LANG": "C.UTF-8",
                       **{name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}}
        if runtime:
            environment["XDG_RUNTIME_DIR"] = runtime
        with ScriptedEngine(self.path("engine.sock")) as engine:
            os.chmod(engine.path, 0o777)
            engine.model.add_image("plain")
            if killed:
                engine.rule("POST", "/containers/create", nth=1, kill="before")
            done = subprocess.run([self.program, "-p", "project", "up", "-d"], cwd=self.directory, user=USER, group=USER, extra_groups=[],
                                  env={**environment, "DOCKER_HOST": f"unix://{engine.path}"}, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
        os.unlink(self.path("engine.sock")) if os.path.exists(self.path("engine.sock")) else None
        assert done.returncode == (-9 if killed else 0), done.stderr
        return done.stderr

    def expect(self, runtime, *names):
        message = self.up(runtime)
        found = glob.glob(self.path("**", "*.lock"), recursive=True)
        assert [os.path.dirname(one) for one in found] == [self.path(*names)], f"{found}\n{message}"
        assert WARNING not in message, message
        folder, file = os.stat(self.path(*names)), os.stat(found[0])
        assert (folder.st_uid, stat.S_IMODE(folder.st_mode)) == (USER, 0o700), oct(folder.st_mode)
        assert (file.st_uid, stat.S_IMODE(file.st_mode)) == (USER, 0o600), oct(file.st_mode)


def runtime_of_this_user(case):
    case.expect(case.folder("runtime", owner=USER, mode=0o700), "runtime", "docker-compose")


def runtime_is_missing(case):
    case.expect(case.path("nowhere"), "temporary", f"docker-compose-{USER}")


def runtime_is_unset(case):
    case.expect(None, "temporary", f"docker-compose-{USER}")


def runtime_of_another_user(case):
    case.expect(case.folder("runtime", owner=OTHER, mode=0o777), "temporary", f"docker-compose-{USER}")


def made_by_root(case):
    runtime = case.folder("runtime", owner=USER, mode=0o700)
    case.folder("runtime", "docker-compose")
    case.expect(runtime, "temporary", f"docker-compose-{USER}")


def link_in_runtime(case):
    runtime = case.folder("runtime", owner=USER, mode=0o700)
    os.symlink(case.folder("elsewhere", owner=USER), case.path("runtime", "docker-compose"))
    case.expect(runtime, "temporary", f"docker-compose-{USER}")


def open_to_all(case):
    case.folder("temporary", f"docker-compose-{USER}", owner=USER, mode=0o777)
    case.expect(None, "temporary", f"docker-compose-{USER}")


def name_is_taken(case):
    case.folder("temporary", f"docker-compose-{USER}", owner=OTHER, mode=0o777)
    os.symlink(case.folder("elsewhere", owner=USER), case.path("temporary", f"docker-compose-{USER}-1"))
    with open(case.path("temporary", f"docker-compose-{USER}-2"), "wb"):
        pass
    case.expect(None, "temporary", f"docker-compose-{USER}-3")
    # All runs agree, also when the first name is free again.
    os.rmdir(case.path("temporary", f"docker-compose-{USER}"))
    case.expect(None, "temporary", f"docker-compose-{USER}-3")


def all_names_are_taken(case):
    for name in [f"docker-compose-{USER}"] + [f"docker-compose-{USER}-{number}" for number in range(1, 16)]:
        case.folder("temporary", name, owner=OTHER)
    message = case.up(None, killed=False)
    assert WARNING in message and f"belongs to user {OTHER}" in message, message
    assert not glob.glob(case.path("**", "*.lock"), recursive=True)


def file_is_a_link(case):
    """the lock file's own name, planted before"""
    runtime = case.folder("runtime", owner=USER, mode=0o700)
    case.up(runtime)
    [file] = glob.glob(case.path("**", "*.lock"), recursive=True)
    os.unlink(file)
    os.symlink(case.path("target"), file)
    message = case.up(runtime, killed=False)
    assert WARNING in message, message
    assert not os.path.exists(case.path("target"))


CASES = [runtime_of_this_user, runtime_is_missing, runtime_is_unset, runtime_of_another_user, made_by_root, link_in_runtime, open_to_all,
         name_is_taken, all_names_are_taken, file_is_a_link]


def main():
    program = os.path.abspath(sys.argv[1])
    if os.getuid() != 0 or os.path.exists(f"/run/user/{USER}") or subprocess.run([program, "version"], user=USER, group=USER,
                                                                                   capture_output=True, check=False).returncode:
        print("skipped: this is not root, or the test's user cannot run the program")
        return 77
    for case in CASES:
        with tempfile.TemporaryDirectory(prefix="lock-") as directory:
            os.chmod(directory, 0o755)
            case(Case(program, directory))
        print(case.__name__, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
