#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On a real engine: what `logs -f` and an attached `up` show is what the containers said, each line once.

usage: test_logs.py COMPOSE        COMPOSE_TEST_ENGINE names the engine; a second one is started, to be restarted
COMPOSE_TEST_LOG_LINES             lines of each of the 20 containers (default 2,000; 50,000 is the full size)
"""
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from engine_api import EngineApi
from test_interrupt import PrivateEngine
from test_terminal import die_with_parent

LINES = int(os.environ.get("COMPOSE_TEST_LOG_LINES", "2000"))
CONTAINERS, RESTARTS = 20, 10
PROJECT = f"logs-{os.getpid()}"
# Numbered lines; a stop ends between two of them, and the next life goes on from there.
COUNT = """trap "stop=1" TERM; i=$$(cat /at 2>/dev/null || echo 0)
while [ $$i -lt %(lines)d ] && [ -z "$$stop" ]; do i=$$((i+1)); echo "line $$i"; %(pause)s done
echo $$i >/at"""


class Project:
    """a directory with a compose file, and the program run in it"""

    def __init__(self, program, socket_path, services):
        self.program, self.api = program, EngineApi(socket_path)
        self.directory = tempfile.TemporaryDirectory(prefix="logs-")
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": self.directory.name, "XDG_RUNTIME_DIR": self.directory.name,
                            "DOCKER_HOST": f"unix://{socket_path}"}
        self.write(services)

    def write(self, services):
        with open(os.path.join(self.directory.name, "compose.yaml"), "w", encoding="utf-8") as file:
            json.dump({"services": services}, file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.api.remove_project(PROJECT)
        self.directory.cleanup()

    def start(self, *arguments, **more):
        return subprocess.Popen([self.program, "-p", PROJECT, *arguments], cwd=self.directory.name, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                preexec_fn=die_with_parent, **more)

    def run(self, *arguments):
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=300)
        assert process.returncode == 0, f"{arguments}: {err.decode()}"
        return out

    def container(self, name):
        return self.api.get(f"/containers/{PROJECT}-{name}/json")[1]


def peak_kib(process):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))


def busybox(script, **more):
    return {"image": "busybox", "command": ["sh", "-c", script], **more}


class Lines:
    """reads the lines of a process in a thread, so that a test may wait for one of them"""

    def __init__(self, process):
        self.process, self.lines, self.news = process, [], threading.Condition()
        self.errors = b""
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.read_errors, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line)
                self.news.notify_all()
        with self.news:
            self.lines.append(None)
            self.news.notify_all()

    def read_errors(self):
        self.errors = self.process.stderr.read()

    def until(self, wanted, seconds=180):
        with self.news:
            found = self.news.wait_for(lambda: any(wanted in line for line in self.lines if line), seconds)
        assert found, f"{wanted!r} did not come; the last were {self.lines[-5:]}"

    def rest(self, seconds=180):
        with self.news:
            ended = self.news.wait_for(lambda: self.lines and self.lines[-1] is None, seconds)
        assert ended, f"did not end; the last were {self.lines[-5:]}"
        self.process.wait()
        return self.lines[:-1]


def each_line_once(program, socket_path):
    """20 containers, 10 restarts while they speak: each line exactly once, in order, in flat memory"""
    service = busybox(COUNT % {"lines": LINES, "pause": ""}, scale=CONTAINERS, stop_grace_period="60s")
    with Project(program, socket_path, {"web": service}) as project:
        seen, peak, restarts = {f"web-{i + 1}": 0 for i in range(CONTAINERS)}, 0, []
        project.run("create")
        process = project.start("up", "--no-color")
        began = time.monotonic()
        for line in process.stdout:
            match = re.fullmatch(rb"(web-\d+) +\| line (\d+)\n", line)
            if not match:
                continue
            name, number = match.group(1).decode(), int(match.group(2))
            assert number == seen[name] + 1, f"{name}: line {number} came after line {seen[name]}"
            seen[name] = number
            total = sum(seen.values()) if number % 100 == 0 else 0
            if total and len(restarts) < RESTARTS and total > (len(restarts) + 1) * CONTAINERS * LINES // (RESTARTS + 2):
                slowest = min(seen, key=seen.get)
                restarts.append(subprocess.Popen(["docker", "-H", f"unix://{socket_path}", "restart", f"{PROJECT}-{slowest}"],
                                                 stdout=subprocess.DEVNULL))
            if number == LINES:
                peak = max(peak, peak_kib(process))
        errors = process.stderr.read().decode()
        assert process.wait() == 0, errors
        assert [one.wait() for one in restarts] == [0] * RESTARTS
        wrong = {name: number for name, number in seen.items() if number != LINES}
        assert not wrong, f"of {LINES} lines there came {wrong}"
        print(f"{CONTAINERS} containers x {LINES} lines, {len(restarts)} restarts: each line once, "
              f"{time.monotonic() - began:.1f} s, peak {peak} KiB", flush=True)


def recreated_and_scaled(program, socket_path):
    """an attached up goes on with what another terminal recreates and adds, and has the last words of what went"""
    script = 'trap "printf bye-%s; exit 0" TERM; echo hello-%s; while :; do sleep 0.05; done'
    with Project(program, socket_path, {"web": busybox(script % ("one", "one"))}) as project:
        lines = Lines(project.start("up", "--no-color"))
        lines.until(b"web-1  | hello-one")
        project.write({"web": busybox(script % ("two", "two"), scale=2)})
        project.run("up", "-d")
        lines.until(b"web-1  | hello-two")
        lines.until(b"web-2  | hello-two")
        project.run("stop")
        shown = b"".join(line for line in lines.rest())
        for text, times in (b"hello-one", 1), (b"hello-two", 2), (b"bye-two", 2), (b"has been recreated", 1):
            assert shown.count(text) == times, f"{text} stands {shown.count(text)} times in {shown}"
        assert re.search(rb"bye-one\n", shown), shown
        print("recreated and scaled: all was shown", flush=True)


def restarted_alone(program, socket_path):
    """the restart of the only container ends nothing; its own end does"""
    script = "n=$$(cat /n || echo 0); n=$$((n+1)); echo $$n >/n; echo life $$n; [ $$n = 3 ] && exit 0; " \
             "trap 'exit 0' TERM; while :; do sleep 0.05; done"
    with Project(program, socket_path, {"web": busybox(script)}) as project:
        project.run("up", "-d")
        lines = Lines(project.start("logs", "-f", "--no-color", "--no-log-prefix"))
        for life in b"1", b"2":
            lines.until(b"life " + life)
            project.run("restart")
        shown = [line for line in lines.rest() if line.startswith(b"life")]
        assert shown == [b"life 1\n", b"life 2\n", b"life 3\n"], shown
        assert lines.process.returncode == 0
        print("logs -f outlives restarts and ends with the last life", flush=True)


def stopped_between_two_lives(program, socket_path):
    """a container that waits to be started again by its policy does not die when it is stopped: who follows it ends all the same"""
    for how in "stop", "kill":                      # (no event at all follows from the second)
        with Project(program, socket_path, {"web": busybox("echo hello; exit 3", restart="always")}) as project:
            project.run("up", "-d")
            lines = Lines(project.start("logs", "-f", "--no-color"))
            ends = time.monotonic() + 120
            while True:                             # each time the engine waits twice as long: now there is time for it
                container = project.container("web-1")
                if container["State"]["Restarting"] and container["RestartCount"] >= 6:
                    break
                assert time.monotonic() < ends, container["State"]
                time.sleep(0.05)
            project.run(how)
            shown = b"".join(lines.rest())
            assert shown.count(b"hello") == container["RestartCount"], (container["RestartCount"], shown)    # it counts ends
    print("stopped between two lives: the end was seen", flush=True)


def bytes_are_sacred(program, socket_path):
    """a line of a megabyte, bytes that are no text, stderr beside it, no newline at the end, a reader that is slow

    (The engine's json-file driver replaces bytes that are no UTF-8; its local driver keeps them.)"""
    script = r"""i=0; while [ $$i -lt 200 ]; do echo aside $$i >&2; i=$$((i+1)); done &
printf 'x\001\377\r\t'; head -c 1000000 /dev/zero | tr '\0' a; echo; wait
head -c 3000000 /dev/zero | tr '\0' b | fold -w 100; printf 'the end'"""
    with Project(program, socket_path, {"web": busybox(script, logging={"driver": "local"}),
                                       "other": busybox("seq 1 20000", scale=2)}) as project:
        expected = b"x\x01\xff\r\t" + b"a" * 1000000 + b"\n" + (b"b" * 100 + b"\n") * 29999 + b"b" * 100 + b"the end\n"
        project.run("up", "-d")
        ends = time.monotonic() + 60
        while any(project.container(name)["State"]["Running"] for name in ("web-1", "other-1", "other-2")):
            assert time.monotonic() < ends, "the containers did not end"
            time.sleep(0.1)
        for how in [], ["-f"]:
            process = project.start("logs", "--no-color", "--no-log-prefix", *how, "web")
            time.sleep(1)                            # the pipe is full by now, and the program waits
            peak = peak_kib(process)
            aside = b"".join(b"aside %d\n" % i for i in range(200))
            shown = b""
            if how:                                  # it waits for the next run of what has ended
                shown = process.stdout.read(len(expected) - 1 + len(aside))
                process.send_signal(signal.SIGINT)
            shown += process.stdout.read()
            said = process.stderr.read().decode()
            assert process.wait() == (130 if how else 0), f"{how}: exit code {process.returncode}: {said}"
            rest = re.sub(rb"(?m)^(aside \d+|\r.*exited with code 0)\n", b"", shown)
            assert hashlib.sha256(rest).digest() == hashlib.sha256(expected).digest(), (len(rest), len(expected), rest[-100:])
            assert b"".join(re.findall(rb"(?m)^aside \d+\n", shown)) == aside
            print(f"bytes unchanged, {' '.join(['logs', *how])}: peak {peak} KiB with a reader that sleeps", flush=True)
        messages = [json.loads(line) for line in project.run("logs", "--json", "other").splitlines()]
        for i in "12":
            numbers = [one["message"] for one in messages if one["container"] == f"{PROJECT}-other-{i}"]
            assert numbers == [str(i + 1) for i in range(20000)], len(numbers)
        assert [one["time"] for one in messages] == sorted(one["time"] for one in messages)
        print("--json and the order of time over containers", flush=True)


def engine_restarts(program, socket_path):
    """the engine is stopped, and killed, and comes back: the follower shows what the engine has kept, each line once"""
    with tempfile.TemporaryDirectory(prefix="e-") as directory:
        engine = PrivateEngine(directory, socket_path)
        try:
            service = busybox(COUNT % {"lines": 10 ** 9, "pause": "usleep 2000;"}, restart="always", scale=3)
            with Project(program, engine.path, {"web": service}) as project:
                project.run("up", "-d")
                lines = Lines(project.start("logs", "-f", "--no-color"))
                for how in (signal.SIGKILL, signal.SIGTERM):
                    lines.until(b"web-3")
                    before = len(lines.lines)
                    engine.restart(how)
                    with lines.news:
                        assert lines.news.wait_for(lambda: len(lines.lines) > before + 2000, 120), \
                            f"nothing came after {how}: {lines.lines[-3:]}"
                project.run("stop", "-t", "60")
                shown = lines.rest()
                for i in range(3):
                    name = f"web-{i + 1}"
                    mine = b"".join(line.split(b"| ", 1)[1] for line in shown if line.startswith(name.encode() + b" "))
                    kept = project.run("logs", "--no-log-prefix", "--no-color", "--index", str(i + 1), "web")
                    assert mine == kept, f"{name}: {len(mine)} bytes were shown, {len(kept)} are kept"
                print(f"the engine was killed and restarted: {len(shown)} lines, as the engine has kept them", flush=True)
        finally:
            engine.stop()


def main():
    program = os.path.abspath(sys.argv[1])
    host = os.environ.get("COMPOSE_TEST_ENGINE", "")
    if not host or os.getuid() != 0:
        print("skipped: COMPOSE_TEST_ENGINE names no engine, or this is not root")
        return 77
    path = host.removeprefix("unix://")
    chosen = sys.argv[2:]
    for part in each_line_once, recreated_and_scaled, restarted_alone, stopped_between_two_lives, bytes_are_sacred, engine_restarts:
        if not chosen or part.__name__ in chosen:
            part(program, path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
