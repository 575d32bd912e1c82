#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On a real engine: an attached up as a guest of a terminal: signals, keys, being stopped and continued, tiny terminals.

usage: test_terminal.py COMPOSE [PART...]        COMPOSE_TEST_ENGINE names the engine
"""
import contextlib
import ctypes
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

from engine_api import EngineApi

PROJECT = f"terminal-{os.getpid()}"
PATIENCE_S = 120
STAYS = "trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.05; done"
STUBBORN = "trap '' TERM; echo hello; while :; do sleep 0.05; done"


def die_with_parent():
    """also when the test itself is killed, nothing of it stays"""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)       # PR_SET_PDEATHSIG


class Terminal:
    """the program in the foreground of a terminal of its own"""

    def __init__(self, argv, directory, environment, rows=24, columns=100):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.slave, self.seen = slave, b""
        self.before = termios.tcgetattr(slave)

        def prepare():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            die_with_parent()

        self.process = subprocess.Popen(argv, cwd=directory, env=environment, stdin=slave, stdout=slave, stderr=slave,
                                        preexec_fn=prepare)

    def poll(self, seconds=0.05):
        if select.select([self.master], [], [], seconds)[0]:
            self.seen += os.read(self.master, 65536)

    def until(self, pattern):
        ends = time.monotonic() + PATIENCE_S
        while not re.search(pattern, self.seen):
            assert time.monotonic() < ends, f"no {pattern!r} in {self.seen[-2000:]!r}"
            assert self.process.poll() is None, f"ended with {self.process.returncode} before {pattern!r}: {self.seen[-2000:]!r}"
            self.poll()
        at = re.search(pattern, self.seen).end()
        self.seen = self.seen[at:]                  # what is waited for next must come afterwards

    def type(self, keys):
        os.write(self.master, keys)

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ICANON

    def end(self):
        ends = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < ends, f"does not end: {self.seen[-2000:]!r}"
            self.poll()
        while select.select([self.master], [], [], 0)[0]:
            self.poll()
        assert termios.tcgetattr(self.slave) == self.before, "the terminal is not as it was"
        os.close(self.slave)
        os.close(self.master)
        return self.process.returncode


class Project:
    def __init__(self, program, socket_path, services):
        self.program, self.api = program, EngineApi(socket_path)
        self.directory = tempfile.TemporaryDirectory(prefix="terminal-")
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": self.directory.name, "TERM": "xterm",
                            "XDG_RUNTIME_DIR": self.directory.name, "DOCKER_HOST": f"unix://{socket_path}"}
        with open(os.path.join(self.directory.name, "compose.yaml"), "w", encoding="utf-8") as file:
            json.dump({"services": services}, file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.api.remove_project(PROJECT)
        self.directory.cleanup()

    def terminal(self, *arguments, **more):
        return Terminal([self.program, "-p", PROJECT, *arguments], self.directory.name, self.environment, **more)

    def state(self, name):
        return self.api.get(f"/containers/{PROJECT}-{name}/json")[1]["State"]


def service(script, **more):
    return {"image": "busybox", "command": ["sh", "-c", script.replace("$", "$$")], **more}


def interrupted(program, path):
    """Ctrl-C, as a key and as a signal, and TERM and HUP: the services are stopped and speak to the end; exit code 130"""
    for how in "key", signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        with Project(program, path, {"web": service(STAYS)}) as project:
            terminal = project.terminal("up")
            terminal.until(rb"hello")
            terminal.until(rb"Detach")
            assert terminal.is_raw()
            if how == "key":
                terminal.type(b"\x03")
            else:
                terminal.process.send_signal(how)
            terminal.until(rb"Gracefully Stopping... press Ctrl\+C again to force")
            terminal.until(rb"bye")
            assert terminal.end() == 130
            assert project.state("web-1")["ExitCode"] == 0 and not project.state("web-1")["Running"]


def twice(program, path):
    """a second Ctrl-C kills what would not stop"""
    with Project(program, path, {"web": service(STUBBORN, stop_grace_period="10m")}) as project:
        terminal = project.terminal("up")
        terminal.until(rb"hello")
        terminal.type(b"\x03")
        terminal.until(rb"Stopping")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130
        assert project.state("web-1")["ExitCode"] == 137


def thrice(program, path):
    """a third one ends the program, whatever the engine does"""
    with Project(program, path, {"web": service(STAYS, stop_grace_period="10m", pre_stop=[{"command": ["sleep", "600"]}])}) as project:
        terminal = project.terminal("up")
        terminal.until(rb"hello")
        for _ in range(3):
            terminal.process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        assert terminal.end() == 130


def at_any_moment(program, path):
    """Ctrl-C while networks and containers are made: 130, and the next up makes it whole"""
    services = {f"s{i}": service(STAYS, stop_grace_period="0s", **({"depends_on": [f"s{i - 1}"]} if i else {})) for i in range(4)}
    for delay_s in (0.02, 0.05, 0.1, 0.3, 0.6, 1.0):
        with Project(program, path, services) as project:
            terminal = project.terminal("up", "-d")
            with contextlib.suppress(subprocess.TimeoutExpired):
                terminal.process.wait(delay_s)
            terminal.process.send_signal(signal.SIGINT)
            code = terminal.end()
            assert code in (0, 130, -signal.SIGINT), (delay_s, code, terminal.seen)
            again = project.terminal("up", "-d")
            assert again.end() == 0, again.seen
            assert all(project.state(f"s{i}-1")["Running"] for i in range(4))


def detached(program, path):
    """d leaves, and the containers stay"""
    with Project(program, path, {"web": service(STAYS)}) as project:
        terminal = project.terminal("up")
        terminal.until(rb"hello")
        terminal.type(b"\r")
        terminal.type(b"d")
        assert terminal.end() == 0
        assert project.state("web-1")["Running"]
        without = project.terminal("up", "--menu=false")
        without.until(rb"Attaching")
        assert not without.is_raw()
        without.type(b"\x03")
        assert without.end() == 130
        assert b"Detach" not in without.seen


def watched(program, path):
    """w turns the file watch on and off, where there is one"""
    with Project(program, path, {"web": service(STAYS)}) as project:
        terminal = project.terminal("up")
        terminal.until(rb"hello")
        terminal.type(b"w")
        terminal.until(rb"watch is not yet configured")
        terminal.type(b"d")
        assert terminal.end() == 0
    rule = {"watch": [{"action": "sync", "path": "./src", "target": "/src"}]}
    with Project(program, path, {"web": service(STAYS, build={"context": "."}, image="busybox", develop=rule)}) as project:
        os.mkdir(os.path.join(project.directory.name, "src"))
        terminal = project.terminal("up")
        terminal.until(rb"Enable Watch")
        terminal.until(rb"hello")
        terminal.type(b"w")
        terminal.until(rb"Watch enabled")
        terminal.until(rb"Disable Watch")
        with open(os.path.join(project.directory.name, "src", "file"), "w", encoding="utf-8") as file:
            file.write("content")
        terminal.until(rb"Syncing service \"web\" after 1 changes were detected")
        terminal.type(b"w")
        terminal.until(rb"Watch disabled")
        terminal.until(rb"Enable Watch")
        terminal.type(b"\x03")
        assert terminal.end() == 130
        # From the beginning, as a flag.
        terminal = project.terminal("up", "--watch")
        terminal.until(rb"Watch enabled")
        terminal.until(rb"Disable Watch")
        terminal.type(b"d")
        assert terminal.end() == 0


def stopped_and_continued(program, path):
    """Ctrl-Z gives the terminal back as it was; continued, the keys work again"""
    with Project(program, path, {"web": service(STAYS)}) as project:
        terminal = project.terminal("up")
        terminal.until(rb"hello")
        terminal.until(rb"Detach")
        terminal.type(b"\x1a")
        ends = time.monotonic() + PATIENCE_S
        while os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            assert time.monotonic() < ends, "Ctrl-Z does not stop"
            terminal.poll()
        assert termios.tcgetattr(terminal.slave) == terminal.before
        assert project.state("web-1")["Running"]
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until(rb"Detach")
        while not terminal.is_raw():
            assert time.monotonic() < ends, "the terminal is not raw again"
            terminal.poll()
        terminal.type(b"d")
        assert terminal.end() == 0


def small(program, path):
    """terminals of one row, and of a few columns"""
    for rows, columns in ((1, 80), (2, 20), (3, 10)):
        with Project(program, path, {"web": service(STAYS), "other": service(STAYS)}) as project:
            terminal = project.terminal("up", rows=rows, columns=columns)
            terminal.until(rb"hello")
            terminal.until(rb"hello")
            terminal.type(b"\x03")
            assert terminal.end() == 130


def nobody_reads(program, path):
    """a reader that goes away ends the program as the shell expects, and the services with it where they were attached"""
    with Project(program, path, {"web": service("while :; do echo line; sleep 0.05; done", stop_grace_period="0s")}) as project:
        argv = [program, "-p", PROJECT]
        for arguments, codes in (["up"], (-signal.SIGPIPE, 130)), (["up", "-d"], (0,)), (["logs", "-f"], (-signal.SIGPIPE,)):
            with subprocess.Popen([*argv, *arguments], cwd=project.directory.name, env=project.environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  preexec_fn=die_with_parent) as process:
                process.stdout.readline()
                process.stdout.close()
                process.stderr.read()
                assert process.wait(PATIENCE_S) in codes, (arguments, process.returncode)


def hung_up(program, path):
    """a terminal that goes away, at whatever moment, ends the program; what it attended is stopped gracefully"""
    for moment in rb"Creat", rb"Attaching", rb"hello":
        with Project(program, path, {"web": service(STAYS), "other": service(STAYS)}) as project:
            terminal = project.terminal("up")
            terminal.until(moment)
            os.close(terminal.slave)
            os.close(terminal.master)
            terminal.process.wait(PATIENCE_S)
            if moment == b"hello":
                assert project.state("web-1")["ExitCode"] == 0 and not project.state("web-1")["Running"]


def main():
    program = os.path.abspath(sys.argv[1])
    host = os.environ.get("COMPOSE_TEST_ENGINE", "")
    if not host:
        print("skipped: COMPOSE_TEST_ENGINE names no engine")
        return 77
    chosen = sys.argv[2:]
    for part in (interrupted, twice, thrice, at_any_moment, detached, watched, stopped_and_continued, small, nobody_reads,
                 hung_up):
        if not chosen or part.__name__ in chosen:
            part(program, host.removeprefix("unix://"))
            print(f"{part.__name__}: {part.__doc__}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
