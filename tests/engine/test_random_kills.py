#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Interrupt a random command in a random situation at a random moment, on a real engine, and run it again: then all is right.

usage: test_random_kills.py COMPOSE [--count N] [--seed S] [--only NUMBER] [--engine VARIABLE]

What "right" means for each command is the table of docker-compose-interrupt(7); check_after() is that table. A case depends on
seed and number alone, but for the time that the engine takes: --only NUMBER with the printed seed repeats one. The services ignore
SIGTERM, so that a stop takes its grace period: a container that is listed as running while it is being stopped is what misleads.
"""
# long: --count 400
import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from engine_api import EngineApi
from proxy import Proxy

AT_ONCE = 4
GRACE_S = 2
FILE = """
services:
  db:
    image: busybox
    command: ["sh", "-c", "trap '' TERM INT; while :; do sleep 0.1; done"]
    environment: {VERSION: "%(version)s"}
    volumes: [kept:/kept, /anonymous]
    stop_grace_period: 2s
  web:
    image: busybox
    command: ["sh", "-c", "trap '' TERM INT; while :; do sleep 0.1; done"]
    scale: %(scale)s
    depends_on: [db]
    networks: [default, back]
    stop_grace_period: 1s
  tool:
    image: busybox
    command: ["sleep", "1000"]
    profiles: [tool]
    depends_on: [db]
    stop_grace_period: 0s
volumes:
  kept:
networks:
  back:
"""
UP = ["up", "-d"]
# name: command, situations that it may begin in
COMMANDS = {
    "up": (UP, ["nothing", "running", "stopped", "created", "changed", "scaled", "paused"]),
    "up attached": (["up"], ["nothing", "running", "stopped", "created", "changed"]),
    "recreate": (UP + ["--force-recreate"], ["running", "stopped", "changed"]),
    "create": (["create"], ["nothing", "created", "stopped"]),
    "scale up": (["scale", "web=3"], ["running", "stopped", "nothing"]),
    "scale down": (["scale", "web=1"], ["running", "scaled"]),
    "start": (["start"], ["stopped", "created"]),
    "stop": (["stop"], ["running", "scaled", "paused"]),
    "kill": (["kill"], ["running", "scaled"]),
    "restart": (["restart"], ["running", "stopped"]),
    "pause": (["pause"], ["running"]),
    "unpause": (["unpause"], ["paused"]),
    "rm": (["rm", "-sf"], ["running", "stopped", "created"]),
    "down": (["down"], ["running", "stopped", "created", "scaled", "paused"]),
    "down -v": (["down", "-v"], ["running", "stopped", "created"]),
    "run --rm": (["run", "--rm", "-T", "tool", "sleep", "0.5"], ["nothing", "running", "stopped"]),
    "run -d": (["run", "-d", "tool"], ["nothing", "running"]),
}
PREPARATIONS = {"nothing": [], "running": [UP], "stopped": [UP, ["stop", "-t", "0"]], "created": [["create"]], "changed": [UP],
                "scaled": [UP + ["--scale", "web=3"]], "paused": [UP, ["pause"]]}
SECOND = {"up attached": UP}
REMAIN_UP = {"up", "up attached", "recreate", "scale up", "scale down", "start", "restart"}


class Case:
    def __init__(self, program, engine_path, seed, number, directory):
        self.program, self.engine_path, self.directory = program, engine_path, directory
        self.project = f"kills-{os.getpid()}-{number}"
        # One address for all runs, since the lock is of an address: the engine's, or for one run the proxy's.
        self.listen = os.path.join(directory, "engine.sock")
        os.symlink(engine_path, self.listen)
        self.api = EngineApi(engine_path)
        pick = self.pick = random.Random(f"{seed}-{number}")
        names = list(COMMANDS)
        self.name = names[number % len(names)] if pick.random() < 0.7 else pick.choice(names)
        self.command, situations = COMMANDS[self.name]
        self.situation = pick.choice(situations)
        self.how = pick.choice(["request", "early request", "time", "interrupt", "interrupt twice"])
        if self.name == "up attached":
            self.how = pick.choice(["time", "interrupt", "interrupt twice", "interrupt twice"])
        self.at_request = pick.randint(1, 12)
        self.after_s = pick.uniform(0.03, 2.5 if self.name in ("stop", "restart", "rm", "down", "down -v", "recreate") else 1.2)
        self.gap_s = pick.uniform(0.02, 0.6)
        self.version = "2" if self.situation == "changed" else "1"
        self.log = []

    def __str__(self):
        moment = f"at {self.how} {self.at_request}" if "request" in self.how else f"by {self.how} after {self.after_s:.2f} s (gap {self.gap_s:.2f} s)"
        return f"{' '.join(self.command)} on {self.situation}, {moment}"

    def write(self, version):
        with open(os.path.join(self.directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FILE % {"version": version, "scale": 2})

    def begin(self, command):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.directory, "XDG_RUNTIME_DIR": self.directory, "LANG": "C.UTF-8",
                       "DOCKER_HOST": f"unix://{self.listen}"}
        return subprocess.Popen([self.program, "-p", self.project, *command], cwd=self.directory, env=environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")

    def finish(self, process, command):
        output = process.communicate(timeout=120)[0]
        self.log.append(f"$ {' '.join(command)}  # {process.returncode}\n{output}")
        return process.returncode

    def run(self, command, codes=(0,)):
        code = self.finish(self.begin(command), command)
        assert code in codes, f"{' '.join(command)} ended with {code}"

    def interrupted_run(self):
        """the first run of the command; whether it was interrupted"""
        if "request" in self.how:
            os.unlink(self.listen)
            with Proxy(self.listen, self.engine_path, self.at_request, lambda proxy, pid: os.kill(pid, signal.SIGKILL),
                       early=self.how == "early request") as proxy:
                code = self.finish(self.begin(self.command), self.command)
            os.symlink(self.engine_path, self.listen)
            self.log.append(f"interrupted at {proxy.lines[self.at_request - 1]}\n" if len(proxy.lines) >= self.at_request else "not reached\n")
            return code == -signal.SIGKILL
        process = self.begin(self.command)
        reader = threading.Thread(target=self.finish, args=(process, self.command))
        reader.start()
        reader.join(self.after_s)
        interrupted = process.poll() is None
        number = signal.SIGKILL if self.how == "time" else signal.SIGINT
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        if self.how == "interrupt twice":
            reader.join(self.gap_s)
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
        reader.join(120)
        return interrupted

    def containers(self):
        only = quote(json.dumps({"label": [f"com.docker.compose.project={self.project}"]}))
        found = {}
        for row in self.api.get(f"/containers/json?all=1&filters={only}")[1]:
            status, details = self.api.get(f"/containers/{row['Id']}/json")
            if status == 200:
                found[details["Name"].removeprefix(f"/{self.project}-")] = details
        return found

    def volumes(self):
        return [one["Name"] for one in self.api.get("/volumes")[1]["Volumes"] or [] if one["Name"].startswith(f"{self.project}_")]

    def networks(self):
        return sorted(one["Name"].removeprefix(f"{self.project}_") for one in self.api.get("/networks")[1]
                      if one["Name"].startswith(f"{self.project}_"))

    def stays(self):
        """no container of the project ends within the longest grace period, as far as the engine reports"""
        only = quote(json.dumps({"label": [f"com.docker.compose.project={self.project}"], "event": ["die"]}))
        now = time.time()
        ended = self.api.ask("GET", f"/events?since={now:.3f}&until={now + GRACE_S + 0.5:.3f}&filters={only}")[1]
        assert not ended, f"a container ended after the second run: {ended}"

    def prepare(self):
        self.write("1")
        for command in PREPARATIONS[self.situation]:
            self.run(command)
        self.write(self.version)

    def expected_names(self):
        webs = {"scale up": 3, "scale down": 1}.get(self.name, 3 if self.situation == "scaled" and self.name != "up" else 2)
        return sorted(["db-1"] + [f"web-{number}" for number in range(1, webs + 1)])

    def check_names(self, found):
        assert sorted(found) == self.expected_names(), f"containers {sorted(found)} instead of {self.expected_names()}"

    def check_running(self):
        found = self.containers()
        self.check_names(found)
        wrong = {name: one["State"]["Status"] for name, one in found.items()
                 if (one["State"]["Status"], one["State"]["Paused"]) != ("running", False)}
        assert not wrong, f"not running: {wrong}"
        if self.name not in ("start", "restart", "scale up", "scale down"):
            assert f"VERSION={self.version}" in found["db-1"]["Config"]["Env"], "the old configuration"
        for name, one in found.items():
            networks = sorted(network.removeprefix(f"{self.project}_") for network in one["NetworkSettings"]["Networks"])
            assert networks == (["default"] if name == "db-1" else ["back", "default"]), f"{name} on {networks}"
        assert self.volumes() == [f"{self.project}_kept"], self.volumes()

    def check_nothing(self, volumes):
        left = sorted(self.containers()), self.networks(), self.volumes() if volumes else []
        assert left == ([], [], []), f"left: {left}"

    def check_after(self):
        """what is right after the second run"""
        if self.name in REMAIN_UP:
            self.check_running()
            self.stays()
            self.check_running()
            if self.name.startswith("up") or self.name == "recreate":
                self.run(["plan"])                              # 0: nothing is left to do
        elif self.name in ("down", "down -v"):
            self.check_nothing(self.name == "down -v")
        elif self.name == "rm":
            assert not self.containers(), f"left: {sorted(self.containers())}"
        else:
            found = self.containers()
            ones = {name: one for name, one in found.items() if not name.startswith("tool-")}
            states = {name: one["State"]["Status"] for name, one in ones.items()}
            if self.name in ("stop", "kill"):
                self.check_names(ones)
                assert set(states.values()) <= {"exited", "created"}, states
            elif self.name == "pause":
                self.check_names(ones)
                assert set(states.values()) == {"paused"}, states
            elif self.name == "unpause":
                self.check_names(ones)
                assert set(states.values()) == {"running"}, states
            elif self.name == "create":
                self.check_names(ones)
                assert set(states.values()) <= {"created", "exited"}, states
            elif self.name == "run -d":
                assert states.get("db-1") == "running", states
                assert any(name.startswith("tool-") and one["State"]["Running"] for name, one in found.items()), sorted(found)
            elif self.name == "run --rm":
                assert states.get("db-1") == "running", states

    def check(self):
        self.prepare()
        interrupted = self.interrupted_run()
        again = SECOND.get(self.name, self.command)
        # One that is paused already is an error of the engine, as without an interruption.
        self.run(again, codes=(0, 1) if self.name in ("pause", "unpause") else (0,))
        self.check_after()
        # What is left in the end; an interrupted `run --rm` leaves nothing that would need --remove-orphans.
        self.run(["down", "-v", "-t", "0"] + (["--remove-orphans"] if self.name == "run -d" else []))
        self.check_nothing(True)
        return interrupted


def attempt(program, engine_path, seed, number):
    with tempfile.TemporaryDirectory(prefix="kills-") as directory:
        case = Case(program, engine_path, seed, number, directory)
        try:
            return case.check(), None
        except Exception as failure:                            # every case is reported, then the others go on
            reason = f"{failure}" if isinstance(failure, AssertionError) else traceback.format_exc()
            states = {name: one["State"]["Status"] for name, one in case.containers().items()}
            return True, f"-- {number}: {case}\n{reason}\n{states}\n" + "\n".join(case.log)
        finally:
            case.api.remove_project(case.project)


# A run that somebody waits for tries the same cases each time; long ones others each time.
USUAL_COUNT, USUAL_SEED = 24, "1"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=USUAL_COUNT)
    parser.add_argument("--seed", help=f"without it: {USUAL_SEED} for {USUAL_COUNT} cases, another one each time for more")
    parser.add_argument("--only", type=int)
    parser.add_argument("--engine", action="append", help="instead of COMPOSE_TEST_ENGINE and COMPOSE_TEST_ENGINE_NEW in turn")
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = USUAL_SEED if arguments.count <= USUAL_COUNT else str(time.time_ns() % 10**9)
    hosts = [os.environ.get(name, "") for name in arguments.engine or ["COMPOSE_TEST_ENGINE", "COMPOSE_TEST_ENGINE_NEW"]]
    paths = [host.removeprefix("unix://") for host in hosts if host]
    if not paths:
        print("skipped: COMPOSE_TEST_ENGINE names no engine")
        return 77
    program = os.path.abspath(arguments.program)
    numbers = range(arguments.count) if arguments.only is None else [arguments.only]
    print(f"seed {arguments.seed}", flush=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:                   # most of their time is waiting
        ends = list(pool.map(lambda number: attempt(program, paths[number % len(paths)], arguments.seed, number), numbers))
    failures = [failure for _, failure in ends if failure]
    print("\n".join(failures))
    print(f"seed {arguments.seed}: {len(ends)} cases, {sum(1 for interrupted, _ in ends if interrupted)} interrupted, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
