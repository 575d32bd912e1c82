#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Engines before API 1.44 may end up with two networks of one name, which nobody can join by name: up leaves one.

usage: test_twin_networks.py COMPOSE
"""
import os
import subprocess
import sys
import tempfile

from scripted_engine import ScriptedEngine

FILE = """
services:
  a: {image: one}
  b: {image: one, depends_on: [a]}
"""


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="twins-") as directory:
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FILE)

        def up(engine):
            environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                           "DOCKER_HOST": f"unix://{engine.path}"}
            done = subprocess.run([program, "-p", "twins", "up", "-d"], cwd=directory, env=environment, timeout=120,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr

        def networks(engine):
            return [one["Id"] for one in engine.model.networks.values() if one["Name"] == "twins_default"]

        def containers(engine):
            return {one["Name"]: (one["Id"], one["State"]["Status"]) for one in engine.model.containers.values()}

        with ScriptedEngine(os.path.join(directory, "engine.sock"), api="1.41") as engine:
            engine.model.add_image("one")
            engine.model.twin_networks = True
            # The request of a killed run is carried out as well: no container can be created then.
            engine.rule("POST", "/networks/create", nth=1, twice=True)
            up(engine)
            assert len(networks(engine)) == 1, networks(engine)
            before = containers(engine)
            assert [state for _, state in before.values()] == ["running", "running"], before
            kept = networks(engine)[0]

            # It comes late, when the containers are there already: theirs is kept, and they stay.
            body = next(request.json() for request in engine.requests if request.path == "/networks/create")
            with engine.model.lock:
                engine.model.create_network(body)
            assert len(networks(engine)) == 2
            up(engine)
            assert networks(engine) == [kept], (networks(engine), kept)
            assert containers(engine) == before, (containers(engine), before)
    return 0


if __name__ == "__main__":
    sys.exit(main())
