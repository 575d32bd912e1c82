#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests do not grow with the number of services, but where each one needs its own.

usage: test_counts.py COMPOSE

For n services with a volume and images: ps is one list, an up with nothing to do four lists at
most, an up of new services 2n + 8 requests at most, pings apart.
"""
import os
import subprocess
import sys
import tempfile

from scripted_engine import ScriptedEngine

SIZES = (1, 10, 100)


def write_project(directory, count):
    lines = ["services:"]
    for number in range(count):
        needs = f", depends_on: [s{number // 2}]" if number else ""
        lines.append(f"  s{number}: {{image: 'image-{number % 7}', volumes: ['data:/data'], environment: {{N: '{number}'}}{needs}}}")
    lines.append("volumes: {data: }")
    with open(f"{directory}/compose.yaml", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main():
    program = os.path.abspath(sys.argv[1])
    for count in SIZES:
        with tempfile.TemporaryDirectory(prefix="counts-") as directory, ScriptedEngine(f"{directory}/engine.sock") as engine:
            write_project(directory, count)
            for number in range(7):
                engine.model.add_image(f"image-{number}")
            counts = []
            for command in (["up", "-d"], ["up", "-d"], ["ps"]):
                engine.forget_requests()
                done = subprocess.run([program, *command], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                      timeout=300, check=False,
                                      env={"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                                           "DOCKER_HOST": f"unix://{directory}/engine.sock"})
                assert done.returncode == 0, done.stderr
                counts.append(len(engine.counted()))
            print(f"{count} services: up {counts[0]}, up again {counts[1]}, ps {counts[2]} requests")
            assert counts[0] <= 2 * count + 8, counts
            assert counts[1] <= 4 and counts[2] == 1, counts
    return 0


if __name__ == "__main__":
    sys.exit(main())
