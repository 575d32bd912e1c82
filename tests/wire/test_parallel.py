#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bound of parallel work, counted at the engine: so many requests of a kind are under way together, and never more.

usage: test_parallel.py COMPOSE

Each request is held until as many have arrived as the bound allows, so that the bound is reached whatever the machine's
speed; a program that ignores the bound has sent all of them by then.
"""
import os
import subprocess
import sys
import tempfile
import threading

from scripted_engine import ScriptedEngine

DEFAULT = 4 * os.cpu_count()
SERVICES = DEFAULT + 5
ALL = SERVICES
LONG_S, MOMENT_S = 30, 0.05


class Meter:
    """counts requests that are under way; lets them go on once `expected` have met"""

    def __init__(self, engine, method, path, expected):
        self.expected, self.now, self.most, self.met = expected, 0, 0, threading.Condition()
        engine.rules.clear()
        engine.rule(method, path, call=self.hold)

    def hold(self, engine, _):
        with self.met:
            self.now += 1
            self.most = max(self.most, self.now)
            self.met.notify_all()
            self.met.wait_for(lambda: self.most >= self.expected, LONG_S)
        engine.ending.wait(MOMENT_S)
        with self.met:
            self.now -= 1


def main():
    program = os.path.abspath(sys.argv[1])
    cases = [
        # environment, flags, command, request, expected together
        ({}, ["--parallel", "1"], ["pull"], ("POST", "/images/create"), 1),
        ({}, ["--parallel", "3"], ["pull", "--policy", "always"], ("POST", "/images/create"), 3),
        ({"COMPOSE_PARALLEL_LIMIT": "2"}, [], ["create"], ("POST", "/containers/create"), 2),
        ({"COMPOSE_PARALLEL_LIMIT": "2"}, ["--parallel", "4"], ["up", "-d"], ("POST", "/containers/.*/start"), 4),
        # A stop needs its slot for a moment only, and its end may take long.
        ({}, ["--parallel", "4"], ["stop"], ("POST", "/containers/.*/stop"), ALL),
        ({}, ["--parallel", "-1"], ["start"], ("POST", "/containers/.*/start"), DEFAULT),
        ({}, [], ["up", "-d", "--force-recreate"], ("POST", "/containers/create"), DEFAULT),
        ({}, [], ["pull", "--policy", "always"], ("POST", "/images/create"), DEFAULT),
        # The reference bounds transfers alone, and has no bound unless it is given: -1 restores that.
        ({}, ["--parallel", "-1"], ["pull", "--policy", "always"], ("POST", "/images/create"), ALL),
        ({"COMPOSE_PARALLEL_LIMIT": "-1"}, [], ["pull", "--policy", "always"], ("POST", "/images/create"), ALL),
        ({}, ["--parallel", "2"], ["push"], ("POST", "/images/.*/push"), 2),
    ]
    with tempfile.TemporaryDirectory(prefix="parallel-") as directory, ScriptedEngine(f"{directory}/engine.sock") as engine:
        with open(f"{directory}/compose.yaml", "w", encoding="utf-8") as file:
            file.write("services:\n" + "".join(f"  s{number}: {{image: image-{number}, build: .}}\n" for number in range(SERVICES)))
        for extra, flags, command, (method, path), expected in cases:
            meter = Meter(engine, method, path, expected)
            environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                           "DOCKER_HOST": f"unix://{directory}/engine.sock", **extra}
            done = subprocess.run([program, *flags, *command], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=300, check=False, env=environment)
            print(f"{extra or ''} {' '.join(flags + command)}: {meter.most} together, {expected} expected")
            assert done.returncode == 0, done.stderr
            assert meter.most == expected
    return 0


if __name__ == "__main__":
    sys.exit(main())
