#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One Ctrl-C ends what waits for a reader of stdout that has stopped reading, and stops the containers that it is to stop.

usage: test_stopped_reader.py COMPOSE
"""
import os
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from test_faults import ENDS_S, Stuck, speaker

FILE = "services: {web: {image: plain}}\n"
LOGS = "".join(f"{number} {'x' * 1000}\n" for number in range(1000))

# words, what the engine has, is stderr the same pipe, exit codes, do containers run afterwards
CASES = [
    (["up"], None, False, {130}, False),
    (["up"], None, True, {130}, False),
    (["up", "--abort-on-container-exit"], None, False, {130}, False),
    (["attach", "web"], speaker, False, {130, 137, 0}, False),
    (["run", "--rm", "web"], None, False, {130, 137, 0}, False),
    (["logs"], speaker, False, {130}, True),
    (["logs", "-f"], speaker, False, {130}, True),
]


def talks(model):
    model.behaviours.append(("", {"logs": LOGS}))


def play(program, directory, case):
    words, prepare, stderr, codes, runs = case
    stuck = Stuck(program, directory, words, FILE, prepare or talks, stderr)
    try:
        stuck.until_full()
        stuck.process.send_signal(signal.SIGINT)
        code = stuck.process.wait(ENDS_S)
        left = [one["Name"] for one in stuck.engine.model.containers.values() if one["State"]["Running"]]
        assert code in codes and bool(left) == runs, f"{words}: exit code {code}, running {left}"
        return f"{' '.join(words)}: {code}"
    finally:
        stuck.process.kill()
        stuck.process.wait()
        stuck.close()


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="reader-") as directory, ThreadPoolExecutor(len(CASES)) as pool:
        for line in pool.map(lambda case: play(program, directory, case), CASES):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
