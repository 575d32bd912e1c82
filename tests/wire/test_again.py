#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fifty times up in a row: after the first run nothing is changed. Twenty at once: each container once, one network.

usage: test_again.py COMPOSE
"""
import os
import subprocess
import sys
import tempfile

from scripted_engine import ScriptedEngine

FILE = """
services:
  a: {image: one, volumes: [data:/data, /anonymous]}
  b: {image: one, depends_on: [a], networks: [default, back]}
networks:
  back:
volumes:
  data:
"""


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="again-") as directory:
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FILE)

        def command(engine, *arguments):
            return subprocess.Popen([program, "-p", "again", *arguments], cwd=directory, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True,
                                    env={"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                                         "DOCKER_HOST": f"unix://{engine.path}"})

        def run(engine, *arguments):
            process = command(engine, *arguments)
            output, _ = process.communicate(timeout=60)
            assert process.returncode == 0, output

        with ScriptedEngine(os.path.join(directory, "one.sock")) as engine:
            engine.model.add_image("one")
            run(engine, "up", "-d")
            engine.forget_requests()
            for _ in range(50):
                run(engine, "up", "-d")
            changing = [request for request in engine.counted() if request.method not in ("GET", "HEAD")]
            assert not changing, f"changing requests: {changing}"
            print(f"50 times up: {len(engine.counted())} requests, none of them changes anything")

        with ScriptedEngine(os.path.join(directory, "two.sock")) as engine:
            engine.model.add_image("one")
            running = [command(engine, "up", "-d", service) for service in ("a", "b") * 10]
            for process in running:
                output, _ = process.communicate(timeout=60)
                assert process.returncode == 0, output
            names = sorted(one["Name"] for one in engine.model.containers.values())
            assert names == ["/again-a-1", "/again-b-1"], names
            networks = [one["Name"] for one in engine.model.networks.values() if one["Name"] == "again_default"]
            assert len(networks) == 1, networks
            assert all(one["State"]["Running"] for one in engine.model.containers.values())
            print("20 at once: each container once, one network")
    return 0


if __name__ == "__main__":
    sys.exit(main())
