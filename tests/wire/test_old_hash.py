#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What carries a configuration hash in the form of 2.x is left alone; another hash is a change.

usage: test_old_hash.py COMPOSE
"""
import os
import subprocess
import sys
import tempfile

from scripted_engine import ScriptedEngine

LABEL = "com.docker.compose.config-hash"
FILE = """
services:
  a: {image: one, command: sleep infinity, volumes: ["/srv/x:/x", "data:/data"]}
  b: {image: one, command: sleep infinity}
networks:
  default: {ipam: {options: {o: v}}}
volumes:
  data:
"""
# as Docker Compose 2.40.3 computes them: a short bind mount has create_host_path, options of ipam are left out
OLD_SERVICE = "e3b7ab535f884acc3403ebace9d3bd6d59b77e231c79fa6666445b15c7f5db5b"
OLD_NETWORK = "52099e712af93a6f86f43f97e834c73997886889b0b97a6bb60b130a89604d39"


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="old-hash-") as directory:
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FILE)
        with ScriptedEngine(os.path.join(directory, "engine.sock")) as engine:
            engine.model.add_image("one")

            def up():
                """the changing requests of an up"""
                engine.forget_requests()
                done = subprocess.run([program, "-p", "old", "up", "-d"], cwd=directory, capture_output=True, text=True, timeout=60,
                                      env={"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                                           "DOCKER_HOST": f"unix://{engine.path}"})
                assert done.returncode == 0, done.stdout + done.stderr
                return [f"{one.method} {one.path}" for one in engine.counted() if one.method not in ("GET", "HEAD")]

            def container():
                return next(one for one in engine.model.containers.values() if one["Name"] == "/old-a-1")

            assert up(), "nothing was made"
            network = next(one for one in engine.model.networks.values() if one["Name"] == "old_default")
            for labels, old in ((container()["Config"]["Labels"], OLD_SERVICE), (network["Labels"], OLD_NETWORK)):
                assert labels[LABEL] != old, "both forms are the same"
                labels[LABEL] = old
            changed = up()
            assert not changed, f"the old form was taken for a change: {changed}"
            assert container()["Config"]["Labels"][LABEL] == OLD_SERVICE

            container()["Config"]["Labels"][LABEL] = "0" * 64
            changed = up()
            assert any(one.endswith("/containers/create") for one in changed), f"another hash was not noticed: {changed}"
            assert container()["Config"]["Labels"][LABEL] not in (OLD_SERVICE, "0" * 64)
            print("the form of 2.x is recognised, another hash is not")
    return 0


if __name__ == "__main__":
    sys.exit(main())
