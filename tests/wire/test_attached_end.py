#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""When attached `up` ends, with which exit code, what it shows and what it stops: the table of docker-compose-attached(7).

usage: test_attached_end.py COMPOSE

Containers say a line and end when the table says so, one after the other. A row that goes on after an end shows that by a
later line of a container that still runs.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from scripted_engine import ScriptedEngine

LIMIT_S = 120                                           # for what ought to come at once


def project(tests=None, db=None, condition="service_started"):
    return {"tests": {"image": "one", "depends_on": {"db": {"condition": condition}}, **(tests or {})},
            "db": {"image": "one", **(db or {})}}


QUIET = {"attach": False}
PLAIN, QUIET_TESTS, QUIET_DB, ALL_QUIET = project(), project(QUIET), project(None, QUIET), project(QUIET, QUIET)
JOB_FIRST = project(condition="service_completed_successfully")
RESTARTED = project({"restart": "always"}, {"restart": "always"})
TESTS, DB = ("tests", 7), ("db", 5)                     # ends, with their codes
DONE = ("db", 0)
EXIT, FAILURE = "--abort-on-container-exit", "--abort-on-container-failure"
BOTH, NOTHING = "db tests", ""

# services, arguments, ends in order (the last one ends the command): code, shown, lines of ends, stopped by the command
ROWS = [
    # The services named end it; their dependencies go on.
    (PLAIN, "tests", [TESTS], 0, "tests", "tests:7", NOTHING),
    (PLAIN, "--attach tests tests", [TESTS], 0, "tests", "tests:7", NOTHING),
    (PLAIN, "--attach db tests", [TESTS], 0, "db", "tests:7", NOTHING),
    (PLAIN, "--no-attach db tests", [TESTS], 0, "tests", "tests:7", NOTHING),
    (PLAIN, "--no-attach tests tests", [TESTS], 0, BOTH, "tests:7", NOTHING),
    (PLAIN, "--attach-dependencies tests", [TESTS], 0, BOTH, "tests:7", NOTHING),
    (PLAIN, "--attach-dependencies --no-attach db tests", [TESTS], 0, "tests", "tests:7", NOTHING),
    (PLAIN, "t*s", [TESTS], 0, "tests", "tests:7", NOTHING),
    (PLAIN, "tests", [DB, TESTS], 0, "tests", "tests:7", NOTHING),
    (PLAIN, "--attach-dependencies tests", [DB, TESTS], 0, BOTH, "tests:7", NOTHING),
    (PLAIN, "--attach db tests", [DB, TESTS], 0, "db", "tests:7", NOTHING),
    (PLAIN, "tests db", [TESTS, DB], 0, BOTH, "tests:7 db:5", NOTHING),
    (PLAIN, "tests db", [DB, TESTS], 0, BOTH, "tests:7 db:5", NOTHING),
    (QUIET_TESTS, "tests", [TESTS], 0, BOTH, "tests:7", NOTHING),
    (QUIET_TESTS, "--attach-dependencies tests", [TESTS], 0, "db", "tests:7", NOTHING),
    (QUIET_TESTS, "--attach tests tests", [TESTS], 0, "tests", "tests:7", NOTHING),
    (QUIET_DB, "tests", [TESTS], 0, "tests", "tests:7", NOTHING),
    (QUIET_DB, "--attach-dependencies tests", [TESTS], 0, "tests", "tests:7", NOTHING),
    (QUIET_DB, "--attach db tests", [TESTS], 0, "db", "tests:7", NOTHING),
    (QUIET_DB, "db", [DB], 0, "db", "db:5", NOTHING),
    (ALL_QUIET, "tests", [TESTS], 0, BOTH, "tests:7", NOTHING),
    (RESTARTED, "tests", [TESTS], 0, "tests", "tests:7", NOTHING),
    # With none named, those that are shown end it.
    (PLAIN, "", [TESTS, DB], 0, BOTH, "tests:7 db:5", NOTHING),
    (PLAIN, "", [DB, TESTS], 0, BOTH, "tests:7 db:5", NOTHING),
    (PLAIN, "--attach-dependencies", [TESTS, DB], 0, BOTH, "tests:7 db:5", NOTHING),
    (PLAIN, "--attach tests", [TESTS], 0, "tests", "tests:7", NOTHING),
    (PLAIN, "--attach db", [TESTS, DB], 0, "db", "db:5", NOTHING),
    (PLAIN, "--no-attach db", [TESTS], 0, "tests", "tests:7", NOTHING),
    (PLAIN, "--no-attach tests", [TESTS, DB], 0, "db", "db:5", NOTHING),
    (PLAIN, "--no-attach tests --no-attach db", [TESTS, DB], 0, BOTH, "tests:7 db:5", NOTHING),
    (QUIET_TESTS, "", [TESTS, DB], 0, "db", "db:5", NOTHING),
    (QUIET_TESTS, "--attach tests", [TESTS], 0, "tests", "tests:7", NOTHING),
    (QUIET_DB, "", [TESTS], 0, "tests", "tests:7", NOTHING),
    (QUIET_DB, "--attach-dependencies", [TESTS], 0, "tests", "tests:7", NOTHING),
    (ALL_QUIET, "", [TESTS, DB], 0, BOTH, "tests:7 db:5", NOTHING),
    # The first end of those that count aborts; with services named only these are stopped.
    (PLAIN, f"{EXIT} tests", [TESTS], 7, "tests", "tests:7", NOTHING),
    (PLAIN, f"{EXIT} tests", [DB, TESTS], 7, "tests", "tests:7", NOTHING),
    (PLAIN, f"{EXIT} --attach db tests", [DB, TESTS], 7, "db", "tests:7", NOTHING),
    (PLAIN, f"{EXIT} --attach-dependencies tests", [DB, TESTS], 7, BOTH, "tests:7", NOTHING),
    (PLAIN, f"{EXIT} --no-attach tests tests", [TESTS], 7, BOTH, "tests:7", NOTHING),
    (PLAIN, f"{EXIT} tests db", [TESTS], 7, BOTH, "tests:7 db:143", "db"),
    (PLAIN, f"{EXIT} tests db", [DB], 5, BOTH, "db:5 tests:143", "tests"),
    (PLAIN, EXIT, [TESTS], 7, BOTH, "tests:7 db:143", "db"),
    (PLAIN, EXIT, [DB], 5, BOTH, "db:5 tests:143", "tests"),
    (PLAIN, f"{EXIT} --attach tests", [DB, TESTS], 7, "tests", "tests:7", NOTHING),
    (PLAIN, f"{EXIT} --attach tests", [TESTS], 7, "tests", "tests:7", "db"),
    (PLAIN, f"{EXIT} --no-attach db", [DB, TESTS], 7, "tests", "tests:7", NOTHING),
    (PLAIN, f"{EXIT} --attach db", [TESTS, DB], 5, "db", "db:5", NOTHING),
    (QUIET_TESTS, EXIT, [TESTS, DB], 5, "db", "db:5", NOTHING),
    (QUIET_TESTS, f"{EXIT} tests", [TESTS], 7, BOTH, "tests:7", NOTHING),
    (QUIET_DB, EXIT, [DB, TESTS], 7, "tests", "tests:7", NOTHING),
    (ALL_QUIET, EXIT, [TESTS], 7, BOTH, "tests:7 db:143", "db"),
    (RESTARTED, f"{EXIT} tests", [DB, TESTS], 7, "tests", "tests:7", NOTHING),
    (PLAIN, f"{FAILURE} tests", [DB, TESTS], 7, "tests", "tests:7", NOTHING),
    (PLAIN, FAILURE, [DB], 5, BOTH, "db:5 tests:143", "tests"),
    (PLAIN, FAILURE, [DONE, TESTS], 7, BOTH, "db:0 tests:7", NOTHING),
    (PLAIN, FAILURE, [DONE, ("tests", 0)], 0, BOTH, "db:0 tests:0", NOTHING),
    (PLAIN, f"{FAILURE} --attach tests", [DB, TESTS], 7, "tests", "tests:7", NOTHING),
    # A job that others wait for is expected to end well.
    (JOB_FIRST, f"{EXIT} tests", [DONE, TESTS], 7, "tests", "tests:7", NOTHING),
    (JOB_FIRST, f"{EXIT} --attach tests", [DONE, TESTS], 7, "tests", "tests:7", NOTHING),
    (JOB_FIRST, f"{EXIT} --attach-dependencies tests", [DONE, TESTS], 7, BOTH, "tests:7", NOTHING),
    (JOB_FIRST, EXIT, [DONE, TESTS], 7, BOTH, "db:0 tests:7", NOTHING),
    (JOB_FIRST, f"{EXIT} db tests", [DONE, TESTS], 7, BOTH, "db:0 tests:7", NOTHING),
    (JOB_FIRST, FAILURE, [DONE, TESTS], 7, BOTH, "db:0 tests:7", NOTHING),
    (JOB_FIRST, "--exit-code-from tests", [DONE, TESTS], 7, BOTH, "db:0 tests:7", NOTHING),
    (JOB_FIRST, "--exit-code-from tests tests", [DONE, TESTS], 7, "tests", "tests:7", NOTHING),
    (JOB_FIRST, "--exit-code-from tests tests", [DONE, ("tests", 0)], 0, "tests", "tests:0", NOTHING),
    (JOB_FIRST, "--exit-code-from db tests", [DONE, TESTS], 7, "tests", "tests:7", NOTHING),
    (JOB_FIRST, "", [DONE, TESTS], 0, BOTH, "db:0 tests:7", NOTHING),
    # The code of one service, whoever ends first.
    (PLAIN, "--exit-code-from tests", [TESTS], 7, BOTH, "tests:7 db:143", "db"),
    (PLAIN, "--exit-code-from tests", [DB], 143, BOTH, "db:5 tests:143", "tests"),
    (PLAIN, "--exit-code-from db", [TESTS], 143, BOTH, "tests:7 db:143", "db"),
    (PLAIN, "--exit-code-from tests tests", [DB, TESTS], 7, "tests", "tests:7", NOTHING),
    (PLAIN, "--exit-code-from db tests", [TESTS], 7, "tests", "tests:7", NOTHING),
    (PLAIN, "--exit-code-from db tests", [DB, ("tests", 0)], 5, "tests", "tests:0", NOTHING),
    (PLAIN, "--exit-code-from db tests", [DONE, TESTS], 7, "tests", "tests:7", NOTHING),
    (PLAIN, f"--exit-code-from tests {FAILURE}", [DONE, TESTS], 7, BOTH, "db:0 tests:7", NOTHING),
    (PLAIN, f"--exit-code-from tests {FAILURE}", [DB], 143, BOTH, "db:5 tests:143", "tests"),
    (PLAIN, "--exit-code-from tests --attach db", [TESTS], 7, "db", "tests:7 db:143", "db"),
    (PLAIN, "--exit-code-from tests --no-attach tests", [TESTS], 7, "db", "tests:7 db:143", "db"),
    (QUIET_TESTS, "--exit-code-from tests", [TESTS], 7, "db", "tests:7 db:143", "db"),
]


class Row:
    """one run of the program, its containers ended as the row says"""

    def __init__(self, program, row):
        self.services, self.arguments, self.ends, self.code, self.shown, self.lines, self.stopped = row
        self.program, self.out = program, ""

    def run(self):
        with tempfile.TemporaryDirectory(prefix="ends-") as directory, ScriptedEngine(f"{directory}/engine.sock") as engine:
            self.engine, self.model = engine, engine.model
            engine.model.add_image("one")
            engine.model.behaviours.append((".*", {"stop_code": 143}))
            with open(f"{directory}/compose.yaml", "w", encoding="utf-8") as file:
                json.dump({"name": "p", "services": self.services}, file)
            self.process = subprocess.Popen(
                [self.program, "up", "--no-color", *self.arguments.split()], cwd=directory, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env={"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                     "DOCKER_HOST": f"unix://{directory}/engine.sock"})
            try:
                return self.play()
            finally:
                self.process.kill()
                self.process.wait()

    def running(self):
        with self.model.lock:
            return {one["Name"].strip("/")[2:-2] for one in self.model.containers.values() if one["State"]["Running"]}

    def wait_for(self, service):
        ends = time.monotonic() + LIMIT_S
        while service not in self.running():
            assert time.monotonic() < ends and self.process.poll() is None, f"{service} does not run"
            time.sleep(0.005)

    def say(self, service, text):
        with self.model.lock:
            self.model.write_log(self.model.container(f"p-{service}-1"), 1, f"{text}\n".encode())

    def read_until(self, text):
        while text not in self.out:
            line = self.process.stdout.readline()
            assert line, f"ended before {text!r} came: {self.out} {self.process.stderr.read()}"
            self.out += line

    def end(self, service, code):
        with self.model.lock:
            container = self.model.container(f"p-{service}-1")
            self.model.die(container, code)

    def play(self):
        for number, (service, code) in enumerate(self.ends):
            self.wait_for(service)
            if self.services is not JOB_FIRST and "tests" in " ".join([self.arguments.replace("t*s", "tests"), self.lines]):
                self.wait_for("tests" if number == 0 else service)
            for one in self.running():
                self.say(one, f"{one} said {number}")
            for one in set(self.shown.split()) & self.running():
                self.read_until(f"{one} said {number}")
            self.end(service, code)
        out, err = self.process.communicate(timeout=LIMIT_S)
        return self.compare(self.out + out, err)

    def compare(self, out, err):
        out = out.replace("\033[K", "")
        left = self.running()
        started = {one["Name"][3:-2] for one in self.model.containers.values()}
        seen = {
            "code": self.process.returncode,
            "shown": sorted(set(re.findall(r"^(\w+)-1 +\| \w+ said", out, re.M))),
            "lines": sorted(re.findall(r"^(\w+)-1 exited with code (\d+)", out, re.M)),
            "stopped": sorted(started - left - {one for one, _ in self.ends}),
        }
        wanted = {"code": self.code, "shown": sorted(self.shown.split()),
                  "lines": sorted(tuple(one.split(":")) for one in self.lines.split()), "stopped": sorted(self.stopped.split())}
        return [] if seen == wanted else [f"wanted {wanted}", f"seen   {seen}", out, err]


def play(program, row):
    try:
        return Row(program, row).run()
    except (AssertionError, subprocess.TimeoutExpired) as failure:
        return [str(failure)]


class LateEvents(Row):
    """no event of a container that has started and ended arrives before the abort: its log and its end are seen all the same"""

    def __init__(self, program):
        super().__init__(program, (PLAIN, "--no-color --exit-code-from tests", [TESTS, DB], 7, "db tests", "db:5 tests:7", NOTHING))

    def play(self):
        usual = self.model.container_event

        def event(container, action, **attributes):
            if container["Name"] != "/p-tests-1" or action == "create":
                usual(container, action, **attributes)

        with self.model.lock:
            self.model.container_event = event
        self.wait_for("tests")
        self.say("tests", "tests said its last word")
        self.end("tests", 7)
        self.say("db", "db said it")
        self.read_until("db said it")
        self.end("db", 5)
        out, err = self.process.communicate(timeout=LIMIT_S)
        return self.compare(self.out + out, err)


def main():
    program = os.path.abspath(sys.argv[1])
    chosen = [row for row in ROWS if len(sys.argv) < 3 or re.search(sys.argv[2], row[1])]
    with ThreadPoolExecutor(4) as executor:
        results = list(executor.map(lambda row: play(program, row), chosen))
    for row, problems in zip(chosen, results):
        print(("FAILED " if problems else "ok     ") + f"up {row[1]} after {row[2]} with {json.dumps(row[0])}")
        for problem in problems:
            print(f"    {problem}")
    late = LateEvents(program).run()
    print("\n".join(["FAILED events of a start and an end that come late", *late] if late else ["ok     events of a start and an end that come late"]))
    return 1 if any(results) or late else 0


if __name__ == "__main__":
    sys.exit(main())
