#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`stats` opens a stream again that was cut, and no other.

usage: test_stats.py COMPOSE
"""
import os
import subprocess
import sys
import tempfile
import time

from scripted_engine import ScriptedEngine

LIMIT_S = 120                                           # for what ought to come at once
CUTS = 100, 500, 600                                    # bytes; a sample has about 400


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="stats-") as directory, \
            ScriptedEngine(os.path.join(directory, "engine.sock")) as engine:
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write("name: stats\nservices: {web: {image: one, scale: 3}}\n")
        environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                       "DOCKER_HOST": f"unix://{engine.path}"}
        engine.model.add_image("one")
        subprocess.run([program, "up", "-d"], cwd=directory, env=environment, stdin=subprocess.DEVNULL, check=True, timeout=LIMIT_S,
                       capture_output=True)
        with engine.model.lock:
            cut, refused, ended = (engine.model.container(f"stats-web-{i}")["Id"] for i in (1, 2, 3))
            engine.model.stop(engine.model.container(ended))
        for at in CUTS:
            engine.rule("GET", f"/containers/{cut}/stats", nth=1, cut=at)
        engine.rule("GET", f"/containers/{refused}/stats", status=500, message="boom")
        with engine.model.lock:
            engine.model.events.clear()                 # the stream of events begins early: none is to tell of this
        engine.forget_requests()

        def asked(path):
            return sum(request.path == path for request in engine.requests)

        process = subprocess.Popen([program, "stats", "-a", "--format", "json"], cwd=directory, env=environment, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            ends = time.monotonic() + LIMIT_S
            while asked(f"/containers/{cut}/stats") < 4:
                assert time.monotonic() < ends and process.poll() is None, engine.requests
                time.sleep(0.01)
            line = process.stdout.readline()
            while "stats-web-1" not in line or "1MiB / 1GiB" not in line:
                assert line, process.communicate()
                line = process.stdout.readline()
        finally:
            process.kill()
            process.communicate()
        lists = asked("/containers/json")
        assert lists == 4, f"{lists} lists: the first one, and one after each cut: {engine.requests}"
        for identity in refused, ended:
            count = asked(f"/containers/{identity}/stats")
            assert count <= lists, f"{identity} was asked for {count} times in {lists} lists"
        print("a stream that is cut is opened again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
