#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and memory of compose beside another compose, in one run on one engine. Prints figures and ratios, judges nothing.

usage: compare.py COMPOSE

    REFERENCE_COMPOSE       the other program; without it ours is measured alone
    COMPOSE_TEST_ENGINE     names the engine, which has the image busybox; without it only what needs none is measured

The two take turns, so that both meet the same machine. Memory is the peak of the process (needs /usr/bin/time, from the
package time: a child of this Python would begin with Python's own).
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SERVICES = 10
LINES = 5000
ROUNDS = 5
# name, arguments, how often; those of the second table follow each other in each round
ALONE = [("version", ["version"], 20), ("config -q", ["config", "-q"], 20)]
ON_ENGINE = [("up -d, new", ["up", "-d"]), ("up -d, again", ["up", "-d"]), ("ps", ["ps"]),
             (f"logs, {SERVICES * LINES:,} lines", ["logs", "--no-color"]), ("down", ["down"])]


def compose_file():
    command = f"sh -c 'seq {LINES} | sed s/^/a.line.of.output.that.is.as.long.as.lines.are.usually.in.a.log./; touch /said; exec sleep 1000'"
    lines = ["services:"]
    for number in range(SERVICES):
        lines.append(f"  s{number}: {{image: busybox, command: \"{command}\", init: true, stop_grace_period: 0s}}")
    return "\n".join(lines) + "\n"


class Bench:
    def __init__(self, directory):
        self.directory = directory
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                            "DOCKER_HOST": os.environ.get("COMPOSE_TEST_ENGINE", "")}
        self.time = ["/usr/bin/time", "-q", "-f", "%M", "-o", f"{directory}/peak"] if os.path.exists("/usr/bin/time") else []

    def measure(self, program, arguments):
        """milliseconds, and MB or None"""
        began = time.monotonic()
        done = subprocess.run([*self.time, program, *arguments], cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        took = (time.monotonic() - began) * 1000
        if done.returncode:
            sys.exit(f"{program} {' '.join(arguments)} failed:\n{done.stderr.decode()}")
        if not self.time:
            return took, float("nan")
        with open(f"{self.directory}/peak", encoding="ascii") as file:
            return took, int(file.read()) / 1024

    def wait_for_output(self, program):
        """until all containers have said what they say"""
        for number in range(SERVICES):
            subprocess.run([program, "exec", "-T", f"s{number}", "sh", "-c", "until [ -e /said ]; do sleep 0.1; done"], cwd=self.directory,
                           env=self.environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def columns(figures):
    return [statistics.median(column) for column in zip(*figures)]


def main():
    programs = [os.path.abspath(sys.argv[1])]
    other = os.environ.get("REFERENCE_COMPOSE")
    if other:
        programs.append(shutil.which(other))
    names = [name for name, _, _ in ALONE] + [name for name, _ in ON_ENGINE]
    results = {name: [[] for _ in programs] for name in names}
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(compose_file())
        bench = Bench(directory)
        for name, arguments, rounds in ALONE:
            for _ in range(rounds):
                for which, program in enumerate(programs):
                    results[name][which].append(bench.measure(program, arguments))
        for _ in range(ROUNDS if os.environ.get("COMPOSE_TEST_ENGINE") else 0):
            for which, program in enumerate(programs):
                for name, arguments in ON_ENGINE:
                    if arguments[0] == "logs":
                        bench.wait_for_output(programs[0])
                    results[name][which].append(bench.measure(program, arguments))
    print(f"{SERVICES} services; median of {ROUNDS} rounds (of 20 for the first two); peak memory of the process")
    print(f"{'':20} {'ours':>20}" + (f" {'theirs':>20} {'time':>7} {'memory':>7}   (ours / theirs)" if other else ""))
    for name, figures in results.items():
        if not figures[0]:
            continue
        ours = columns(figures[0])
        line = f"{name:20} {ours[0]:8.1f} ms {ours[1]:5.1f} MB"
        if other:
            theirs = columns(figures[1])
            line += f" {theirs[0]:8.1f} ms {theirs[1]:5.1f} MB {ours[0] / theirs[0]:7.2f} {ours[1] / theirs[1]:7.2f}"
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
