#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and memory of compose beside another compose, in one run on one engine. Prints figures and ratios, judges nothing.

usage: compare.py OURS THEIRS        COMPOSE_TEST_ENGINE names the engine, which has the image busybox
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

SERVICES = 10
ROUNDS = 5


def compose_file():
    lines = ["services:"]
    for number in range(SERVICES):
        lines.append(f"  s{number}: {{image: busybox, command: sleep 1000, init: true, stop_grace_period: 0s}}")
    return "\n".join(lines) + "\n"


def measured(program, arguments, directory):
    """milliseconds and megabytes of one run"""
    environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "DOCKER_HOST": os.environ.get("COMPOSE_TEST_ENGINE", "")}
    began = time.monotonic()
    process = subprocess.Popen([program, *arguments], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{program} {' '.join(arguments)} failed:\n{said.decode()}")
    return (time.monotonic() - began) * 1000, usage.ru_maxrss / 1024


def main():
    programs = [os.path.abspath(path) for path in sys.argv[1:3]]
    rows = [("version", ["version"], 20), ("config -q", ["config", "-q"], 20), ("up -d, new", ["up", "-d"], ROUNDS),
            ("up -d, again", ["up", "-d"], ROUNDS), ("ps", ["ps"], ROUNDS), ("down", ["down"], ROUNDS)]
    if not os.environ.get("COMPOSE_TEST_ENGINE"):
        rows = rows[:2]
    results = {name: ([], []) for name, _, _ in rows}
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(compose_file())
        for name, arguments, rounds in rows[:2]:
            for _ in range(rounds):
                for which, program in enumerate(programs):
                    results[name][which].append(measured(program, arguments, directory))
        for _ in range(ROUNDS):
            for which, program in enumerate(programs):
                for name, arguments, _ in rows[2:]:
                    results[name][which].append(measured(program, arguments, directory))
    print(f"{SERVICES} services; median of {ROUNDS} rounds (of 20 for the first two)")
    print(f"{'':14} {'ours':>18} {'theirs':>18} {'ratio of time':>14} {'of memory':>10}")
    for name, both in results.items():
        (our_ms, our_mb), (their_ms, their_mb) = ((statistics.median(column) for column in zip(*one)) for one in both)
        print(f"{name:14} {our_ms:8.1f} ms {our_mb:5.1f} MB {their_ms:8.1f} ms {their_mb:5.1f} MB {our_ms / their_ms:14.2f} {our_mb / their_mb:10.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
