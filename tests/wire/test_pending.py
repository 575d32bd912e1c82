#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an interrupted run has asked the engine for, and may still be in work, is waited for by the next run before it plans.

usage: test_pending.py COMPOSE

The engine works on a request for SLOW seconds after its client was killed or interrupted. Commands that plan from what runs send
nothing that changes before it has ended; commands that end containers whatever they do are not kept waiting by a stop.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from scripted_engine import ScriptedEngine

FILE = """
services:
  web: {image: plain, command: "%(command)s", stop_grace_period: 20s, volumes: [data:/data]}
volumes:
  data:
"""
UP = ["up", "-d"]
SLOW = 1.5
AT_ONCE = 6
CREATE = r"/containers/create"


class Stage:
    def __init__(self, program):
        self.keep = tempfile.TemporaryDirectory(prefix="pending-")
        self.program, self.directory = program, self.keep.name
        self.engine = ScriptedEngine(os.path.join(self.directory, "engine.sock")).__enter__()
        self.engine.model.add_image("plain")
        self.worked = threading.Event()
        self.ended = None
        self.write("one")

    def write(self, command):
        with open(os.path.join(self.directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FILE % {"command": command})

    def run(self, command, check=True):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.directory, "XDG_RUNTIME_DIR": self.directory, "LANG": "C.UTF-8",
                       "DOCKER_HOST": f"unix://{self.engine.path}",
                       **{name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}}
        self.engine.forget_requests()
        done = subprocess.run([self.program, "-p", "project", *command], cwd=self.directory, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, check=False)
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stderr}"
        return done

    def interrupt_at(self, method, pattern, number):
        """the client goes when the request arrives; the engine has begun, and ends SLOW seconds later"""
        def begin(engine, request):
            model = engine.model
            with model.lock:
                for container in model.containers.values():
                    if container["Id"] in request.path and re.search("/(stop|kill|restart)$", request.path):
                        model.container_event(container, "kill", signal="15")
            os.kill(request.pid, number)

            def end():
                self.ended = time.monotonic()
                self.worked.set()
            threading.Timer(SLOW, end).start()
        self.engine.rule(method, pattern, nth=1, delay=SLOW, call=begin)

    def changing(self):
        return [one for one in self.engine.requests if one.method != "GET" and one.path != "/_ping"]

    def states(self):
        return sorted((one["Name"], one["State"]["Status"]) for one in self.engine.model.containers.values())

    def close(self):
        self.engine.__exit__()
        self.keep.cleanup()


RUNNING, CREATED, EXITED, PAUSED = ([("/project-web-1", state)] for state in ("running", "created", "exited", "paused"))
# name: command, request that it is interrupted at
INTERRUPTED = {
    "stop": (["stop"], "POST", r"/containers/.*/stop"),
    "down": (["down"], "POST", r"/containers/.*/stop"),
    "rm": (["rm", "-sf"], "POST", r"/containers/.*/stop"),
    "kill": (["kill"], "POST", r"/containers/.*/kill"),
    "recreate": (UP, "POST", r"/containers/.*/stop"),
    "restart": (["restart"], "POST", r"/containers/.*/restart"),
}
# command: what it leaves after a stop; of commands that plan from what runs
WAITING = {
    "up -d": RUNNING, "up -d --force-recreate": RUNNING, "start": RUNNING, "restart": RUNNING, "up --no-start": EXITED, "create": EXITED,
    "scale web=1": RUNNING, "rm -f": [], "run -d --name project-web-run web": RUNNING + [("/project-web-run", "running")],
    "pause": EXITED,
}
ENDING = {"stop": EXITED, "down": [], "rm -sf": [], "kill": EXITED}


def waits(program, name, number, following):
    command, method, pattern = INTERRUPTED[name]
    stage = Stage(program)
    stage.run(UP)
    if name == "recreate":
        stage.write("two")
    stage.interrupt_at(method, pattern, number)
    first = stage.run(command, check=False)
    assert first.returncode in (-number, 130), first.stderr
    assert not stage.worked.is_set(), "the first run waited for the engine"
    second = stage.run(following.split())
    first_change = min((one.at for one in stage.changing()), default=None)
    expected = {**WAITING, **ENDING}[following]
    if name == "restart" and following in ("up --no-start", "create", "pause", "rm -f"):
        expected = PAUSED if following == "pause" else RUNNING
    elif following.startswith("run"):
        expected = (RUNNING if name == "restart" else EXITED) + [("/project-web-run", "running")]
    elif name == "recreate" and following in ("up --no-start", "create"):
        expected = CREATED
    stage.worked.wait(10)
    if following in WAITING or name == "restart" and following != "kill":
        assert "Waiting for the engine" in second.stderr, second.stderr
        assert first_change is None or first_change > stage.ended - 0.1, f"a change {stage.ended - first_change:.2f} s too early"
    elif following in ENDING:
        assert first_change < stage.ended, "a stop kept the command waiting"
    found = stage.states()
    if name == "recreate":                                      # the replacement was created under a name of its own
        found = [one for one in found if not re.match("/[0-9a-f]{12}_", one[0])]
        expected = found if following in ("start", "restart", "stop", "kill", "pause", "rm -f", "rm -sf", "scale web=1") else expected
    assert found == expected, f"{found} instead of {expected}\n{second.stderr}"
    if following in ("up -d", "down"):
        stage.run(following.split())
        assert not stage.changing(), f"once more: {stage.changing()}"
    left = os.listdir(os.path.join(stage.directory, "docker-compose"))
    assert following not in ("up -d", "down") or not left, f"left: {left}"
    stage.close()


def appears_later(program, pattern, number):
    """what an interrupted up asks for appears after the first lists of a down"""
    stage = Stage(program)
    stage.interrupt_at("POST", pattern, number)
    stage.run(UP, check=False)
    stage.run(["down", "-v"])
    stage.worked.wait(10)
    model = stage.engine.model
    left = [one["Name"] for one in model.containers.values()] + [one["Name"] for one in model.networks.values() if "project" in one["Name"]]
    assert not left + list(model.volumes), f"left: {left}, {list(model.volumes)}"
    stage.close()


def wrong_notes(program, name):
    """a note about nothing: it delays at most, and is gone afterwards"""
    stage = Stage(program)
    stage.run(UP)
    stage.engine.rule("POST", r"/containers/.*/stop", nth=1, kill="before")
    assert stage.run(["stop"], check=False).returncode == -signal.SIGKILL
    [path] = [os.path.join(stage.directory, "docker-compose", name) for name in os.listdir(os.path.join(stage.directory, "docker-compose"))]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    state, note = text[:32], text[32:]
    kind, identity, since, until, rest = note.split(" ", 4)
    if name == "never arrived":
        pass
    elif name == "container gone":
        note = " ".join([kind, "f" * 64, since, until, rest])
    elif name == "time passed":
        note = " ".join([kind, identity, "1000", "2000", rest])
    elif name == "no note":
        note = "\0\xff stop\n"
    elif name == "cut":
        note = note[:40]
    with open(path, "w", encoding="latin-1") as file:
        file.write(state + note)
    done = stage.run(UP)
    assert stage.states() == RUNNING
    assert not stage.changing(), stage.changing()
    if name in ("time passed", "no note", "cut"):
        assert len(stage.engine.counted()) <= 4 and "Waiting" not in done.stderr, stage.engine.counted()
    stage.close()


def dry(program):
    """what changes nothing waits too, and leaves the note to others"""
    stage = Stage(program)
    stage.run(UP)
    stage.interrupt_at("POST", r"/containers/.*/stop", signal.SIGKILL)
    stage.run(["stop"], check=False)
    planned = stage.run(["plan"], check=False)
    assert planned.returncode == 2 and "start" in planned.stdout, planned.stdout
    assert not stage.changing(), stage.changing()
    stage.run(UP)
    assert stage.states() == RUNNING
    stage.close()


def second_ctrl_c(program):
    """a forced end reaches the container whose start was in work"""
    stage = Stage(program)
    signals = []

    def interrupt(engine, request):
        started = any(one.path.endswith("/start") for one in engine.requests)
        if started and len(signals) < 2:
            signals.append(request)
            os.kill(request.pid, signal.SIGINT)
    stage.engine.rule("POST", r"/containers/.*/start", nth=1, delay=SLOW, call=interrupt)
    stage.engine.rule("GET", r"/containers/json", nth=None, call=interrupt)
    stage.engine.rule("GET", r"/containers/.*/json", nth=None, delay=SLOW, call=interrupt)   # an engine answers once the start is over
    done = stage.run(["up"], check=False)
    assert done.returncode == 130, f"{done.returncode}\n{done.stderr}"
    assert stage.states() == EXITED, f"{stage.states()}\n{done.stderr}"
    stage.close()


def cases(program):
    for name in INTERRUPTED:
        for following in (*WAITING, *ENDING):
            yield f"{name}, killed, then {following}", waits, (program, name, signal.SIGKILL, following)
        yield f"{name}, Ctrl-C, then up -d", waits, (program, name, signal.SIGINT, "up -d")
    for pattern in (CREATE, "/networks/create", "/volumes/create"):
        for number in (signal.SIGKILL, signal.SIGINT):
            yield f"up, {pattern} at signal {number}, then down -v", appears_later, (program, pattern, number)
    for name in ("never arrived", "container gone", "time passed", "no note", "cut"):
        yield f"note: {name}", wrong_notes, (program, name)
    yield "plan", dry, (program,)
    yield "second Ctrl-C", second_ctrl_c, (program,)


def main():
    program, chosen = os.path.abspath(sys.argv[1]), " ".join(sys.argv[2:])
    failures = []

    def attempt(case):
        name, function, arguments = case
        try:
            function(*arguments)
        except Exception as failure:                            # the other cases go on
            failures.append(f"{name}: {type(failure).__name__}: {failure}")
    with ThreadPoolExecutor(AT_ONCE) as pool:                   # most of their time is waiting
        every = [case for case in cases(program) if chosen in case[0]]
        list(pool.map(attempt, every))
    print("\n".join(failures))
    print(f"{len(every)} cases, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
