#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bring up a chain of twenty services, each waiting until the one before is healthy, and measure what each link costs.

usage: test_chain.py COMPOSE

The order of the starts is checked. The time from the engine's health event to the next start request is printed, not
judged: it depends on the machine.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

from scripted_engine import ScriptedEngine

LINKS = 20


def compose_file():
    lines = ["services:"]
    for number in range(LINKS):
        lines += [f"  link{number:02}:", "    image: one", '    healthcheck: {test: ["CMD", "true"]}']
        if number:
            lines.append(f"    depends_on: {{link{number - 1:02}: {{condition: service_healthy}}}}")
    return "\n".join(lines) + "\n"


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="chain-") as directory:
        with ScriptedEngine(os.path.join(directory, "engine.sock")) as engine:
            engine.model.add_image("one")
            engine.model.behaviours.append(("", {"healthy": 0.02}))
            with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
                file.write(compose_file())
            environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                           "DOCKER_HOST": f"unix://{engine.path}"}
            began = time.monotonic()
            done = subprocess.run([program, "-p", "chain", "up", "-d"], cwd=directory, env=environment,
                                  capture_output=True, text=True, timeout=120)
            took = time.monotonic() - began
            assert done.returncode == 0, done.stderr
            names = {one["Id"]: one["Name"][1:] for one in engine.model.containers.values()}
            starts = [one for one in engine.requests if one.path.endswith("/start")]
            order = [names.get(one.path.split("/")[2], one.path.split("/")[2]) for one in starts]
            assert order == [f"chain-link{number:02}-1" for number in range(LINKS)], order
            healthy = [event["timeNano"] for event in engine.model.events if event["Action"].startswith("health_status")]
            # Requests are stamped by the monotonic clock, events by the other one.
            shift = time.time() - time.monotonic()
            added = [(start.at + shift - at / 10**9) * 1000 for at, start in zip(healthy, starts[1:])]
            assert len(added) == LINKS - 1
            assert min(added) >= 0, "a start came before the event it had to wait for"
            print(f"{LINKS} links in {took:.2f} s; from health event to start request: "
                  f"median {statistics.median(added):.1f} ms, worst {max(added):.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
