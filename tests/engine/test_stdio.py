#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On a real engine: exec, attach and run with every kind of stdin and stdout, none of which may hang, and as a guest of a terminal.

usage: test_stdio.py COMPOSE [SCENE...]        COMPOSE_TEST_ENGINE and COMPOSE_TEST_ENGINE_NEW name the engines

Each of stdin and stdout is a terminal, a pipe, a file or closed: 16 combinations a command, five seconds each (a minute
for a program with sanitizers).
"""
import contextlib
import fcntl
import hashlib
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

KINDS = ["tty", "pipe", "file", "closed"]
WATCHDOG_S = 5
SANITIZED_WATCHDOG_S = 60
PROJECT = f"stdio-{os.getpid()}"
FILE = """
services:
  job:
    image: busybox
    init: true
    stop_grace_period: 0s
  deaf: {image: busybox}
"""
LABEL = "com.docker.compose."
# Reads one line and says it, so that input, its end, output and the exit code are all seen to pass.
ECHO = ["sh", "-c", 'read line; echo "got [$line]"; exit 3']
NO_TERMINAL = "cannot attach stdin to a TTY-enabled container because stdin is not a terminal"


class Failure(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failure(text)


class Child:
    """the program with the descriptors it is given; what it writes is collected while it runs"""

    def __init__(self, argv, directory, environment, stdin, stdout, typed=b""):
        self.written, self.errors = b"", b""
        self.keep, self.typed = [], typed
        self.master = None
        own = self.open_stdin(stdin, directory)
        give = self.open_stdout(stdout, directory)
        terminal = self.slave if "tty" in (stdin, stdout) else None

        def prepare():
            os.setsid()
            if terminal is not None:
                fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
            for descriptor, kind in ((0, stdin), (1, stdout)):
                if kind == "closed":
                    os.close(descriptor)

        self.process = subprocess.Popen(argv, cwd=directory, env=environment, stdin=own, stdout=give,
                                        stderr=subprocess.PIPE, preexec_fn=prepare)
        for descriptor in self.ours:
            os.close(descriptor)
        if stdin == "pipe":
            os.write(self.feed, typed)
            os.close(self.feed)
        elif stdin == "tty":
            self.type_later = typed

    def terminal(self):
        if self.master is None:
            self.master, self.slave = pty.openpty()
            fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 97, 0, 0))
            self.before = termios.tcgetattr(self.slave)
            self.keep += [self.master, self.slave]
        return self.slave

    def open_stdin(self, kind, directory):
        self.ours, self.type_later, self.reader = [], b"", None
        if kind == "tty":
            return self.terminal()
        if kind == "pipe":
            end, self.feed = os.pipe()
            self.ours.append(end)
            return end
        if kind == "file":
            path = os.path.join(directory, "input")
            with open(path, "wb") as file:
                file.write(self.typed)
            end = os.open(path, os.O_RDONLY)
            self.ours.append(end)
            return end
        return subprocess.DEVNULL

    def open_stdout(self, kind, directory):
        self.file = None
        if kind == "tty":
            return self.terminal()
        if kind == "pipe":
            self.reader, end = os.pipe()
            self.ours.append(end)
            return end
        if kind == "file":
            self.file = os.path.join(directory, "output")
            end = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            self.ours.append(end)
            return end
        return subprocess.DEVNULL

    def poll(self, timeout_s):
        """take what is there; False when nothing came"""
        sources = {self.process.stderr.fileno(): "errors"}
        for descriptor in (self.master, self.reader):
            if descriptor is not None:
                sources[descriptor] = "written"
        ready = select.select(list(sources), [], [], timeout_s)[0]
        came = False
        for descriptor in ready:
            try:
                piece = os.read(descriptor, 65536)
            except OSError:
                piece = b""
            if piece:
                came = True
                setattr(self, sources[descriptor], getattr(self, sources[descriptor]) + piece)
        return came

    def until(self, pattern):
        seconds = WATCHDOG_S
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.written):
            check(time.monotonic() < deadline, f"no {pattern!r} within {seconds} s, but {self.written!r} {self.errors!r}")
            check(self.poll(0.05) or self.process.poll() is None, f"ended before {pattern!r}: {self.written!r} {self.errors!r}")

    def type(self, keys):
        os.write(self.master, keys)

    def until_raw(self):
        deadline = time.monotonic() + WATCHDOG_S
        while not self.is_raw():
            check(time.monotonic() < deadline, f"the terminal is not raw: {self.written!r} {self.errors!r}")
            self.poll(0.02)

    def until_state(self, letter):
        """stopped, as ps shows it"""
        deadline = time.monotonic() + WATCHDOG_S
        while True:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
                if stat.read().rpartition(")")[2].split()[0] == letter:
                    return
            check(time.monotonic() < deadline, f"not in state {letter}")
            time.sleep(0.02)

    def end(self):
        """the exit code; keys are typed once the terminal is raw or after a while, as a person would"""
        begun = time.monotonic()
        deadline = begun + WATCHDOG_S
        while self.process.poll() is None:
            if self.type_later and (self.is_raw() or time.monotonic() > begun + 1):
                self.type(self.type_later)
                self.type_later = b""
            check(time.monotonic() < deadline, f"hangs: said {self.written!r} {self.errors!r}")
            self.poll(0.02)
        while self.poll(0.05):
            pass
        if self.file:
            with open(self.file, "rb") as file:
                self.written = file.read()
        return self.process.returncode

    def is_raw(self):
        return self.master is not None and not termios.tcgetattr(self.slave)[3] & termios.ICANON

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        for descriptor in self.keep + ([self.reader] if self.reader is not None else []):
            with contextlib.suppress(OSError):
                os.close(descriptor)


class Bench:
    def __init__(self, program, engine, directory):
        self.program, self.directory = program, directory
        self.api = EngineApi(engine[len("unix://"):])
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory, "DOCKER_HOST": engine,
                            "TERM": "xterm"}
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FILE)

    def container(self, service, command, number=1, **body):
        labels = {LABEL + "project": PROJECT, LABEL + "service": service, LABEL + "container-number": str(number),
                  LABEL + "oneoff": "False", LABEL + "config-hash": "none"}
        status, answer = self.api.ask("POST", f"/containers/create?name={PROJECT}-{service}-{number}",
                                      {"Image": "busybox", "Cmd": command, "Labels": labels, "HostConfig": {"Init": True}, **body})
        check(status == 201, answer)
        self.api.ask("POST", f"/containers/{answer['Id']}/start")
        return answer["Id"]

    def one_offs(self):
        status, list_ = self.api.get('/containers/json?all=1&filters={"label":["' + LABEL + f'project={PROJECT}","{LABEL}oneoff=True"]}}')
        check(status == 200, list_)
        return [container["Names"][0] for container in list_]

    @contextlib.contextmanager
    def child(self, words, stdin, stdout, typed=b""):
        child = Child([self.program, "-p", PROJECT, *words], self.directory, self.environment, stdin, stdout, typed)
        try:
            yield child
            if child.master is not None:
                check(termios.tcgetattr(child.slave) == child.before, "the terminal is left in another mode")
        finally:
            child.close()

    def pipe(self, words, data=b""):
        return subprocess.run([self.program, "-p", PROJECT, *words], cwd=self.directory, env=self.environment, input=data,
                              capture_output=True, timeout=30 + WATCHDOG_S)


def expected_line(stdin, tty):
    line = "hello" if stdin != "closed" else ""
    return (f"hello\r\ngot [{line}]\r\n" if tty else f"got [{line}]\n").encode()


def combination(bench, words, stdin, stdout, tty, note):
    with bench.child(words + ECHO, stdin, stdout, b"hello\r" if tty else b"hello\n") as child:
        code = child.end()
        check(code == 3, f"{note}: exit code {code}, said {child.written!r} {child.errors!r}")
        if stdout == "closed":
            return
        wanted = expected_line(stdin, tty)
        if stdin == "tty" and stdout == "tty" and not tty:
            wanted = wanted.replace(b"\n", b"\r\n")  # the terminal's own line ends
        if stdout == "tty" and not tty:
            wanted = wanted if stdin == "tty" else wanted.replace(b"\n", b"\r\n")
        check(child.written.endswith(wanted), f"{note}: said {child.written!r}, not {wanted!r}")


def sixteen_exec(bench):
    for stdin in KINDS:
        for stdout in KINDS:
            note = f"exec, stdin {stdin}, stdout {stdout}"
            if stdout == "tty" and stdin != "tty":
                with bench.child(["exec", "web", *ECHO], stdin, stdout, b"hello\n") as child:
                    check(child.end() == 1 and NO_TERMINAL.encode() in child.errors, f"{note}: {child.errors!r}")
                combination(bench, ["exec", "-T", "web"], stdin, stdout, False, note + " with -T")
            else:
                combination(bench, ["exec", "web"], stdin, stdout, stdout == "tty", note)


def sixteen_run(bench):
    for stdin in KINDS:
        for stdout in KINDS:
            combination(bench, ["run", "--rm", "job"], stdin, stdout, stdin == stdout == "tty",
                        f"run, stdin {stdin}, stdout {stdout}")


def bytes_pass_unchanged(bench):
    data = os.urandom(20_000_000)
    answer = bench.pipe(["exec", "-T", "web", "cat"], data)
    check(answer.returncode == 0 and hashlib.sha256(answer.stdout).digest() == hashlib.sha256(data).digest(),
          f"{len(answer.stdout)} of {len(data)} bytes came back, code {answer.returncode}")
    answer = bench.pipe(["exec", "-T", "web", "sh", "-c", "echo out; echo err >&2"])
    check((answer.stdout, answer.stderr) == (b"out\n", b"err\n"), answer)


def end_of_input_passes(bench):
    answer = bench.pipe(["exec", "-T", "web", "sh", "-c", "cat >/dev/null; echo after the end"], b"x" * 100_000)
    check(answer.stdout == b"after the end\n", answer)


def input_that_nobody_reads_holds_nothing_up(bench):
    attached = bench.container("deaf", ["sh", "-c", "sleep 1; echo out; exit 3"], OpenStdin=True)
    script = ["sh", "-c", "echo out; exit 3"]
    for words in (["attach", "deaf"], ["exec", "-T", "web", *script], ["run", "--rm", "-T", "job", *script]):
        answer = bench.pipe(words, bytes(100_000_000))
        check(answer.returncode == 3, f"{words}: exit code {answer.returncode} {answer.stderr!r}")
        check(answer.stdout == b"out\n" or words[0] == "attach", f"{words}: {answer.stdout!r}")
    bench.api.ask("DELETE", f"/containers/{attached}?force=1")


def codes_pass(bench):
    for code in (0, 1, 42, 255):
        check(bench.pipe(["exec", "-T", "web", "sh", "-c", f"exit {code}"]).returncode == code, code)
    check(bench.pipe(["exec", "-T", "web", "no-such-program"]).returncode in (126, 127), "a missing program")
    answer = bench.pipe(["exec", "-T", "nobody", "true"])
    check(answer.returncode == 1 and answer.stderr == b'service "nobody" is not running\n', answer)


def slow_reader_stops_the_source(bench):
    with bench.child(["exec", "-T", "web", "yes", "0123456789abcdef" * 8], "closed", "pipe") as child:
        time.sleep(1.5)  # nobody reads: without back-pressure hundreds of megabytes come in this time
        with open(f"/proc/{child.process.pid}/status", encoding="ascii") as status:
            peak = int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))
        check(peak < 60 * 1024, f"{peak} KiB of memory")
        print(f"  peak memory with a reader that does not read: {peak} KiB")


def reader_that_leaves_ends_it(bench):
    with bench.child(["exec", "-T", "web", "yes"], "closed", "pipe") as child:
        os.read(child.reader, 10)
        os.close(child.reader)
        child.reader = None
        check(child.end() == -signal.SIGPIPE, child.process.returncode)


def descriptors_keep_their_flags(bench):
    read_end, write_end = os.pipe()
    try:
        with subprocess.Popen([bench.program, "-p", PROJECT, "exec", "-T", "web", "sh", "-c", "echo x; sleep 0.3"], stdin=subprocess.DEVNULL,
                              cwd=bench.directory, env=bench.environment, stdout=write_end) as process:
            os.read(read_end, 10)
            check(not fcntl.fcntl(write_end, fcntl.F_GETFL) & os.O_NONBLOCK, "stdout became non-blocking")
            process.wait(WATCHDOG_S)
    finally:
        os.close(read_end)
        os.close(write_end)


def terminal_size_follows(bench):
    with bench.child(["exec", "web", "sh", "-c", "trap 'stty size' WINCH; stty size; while :; do sleep 0.1; done"], "tty", "tty") as child:
        child.until(rb"31 97")
        fcntl.ioctl(child.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 61, 0, 0))
        child.until(rb"20 61")
        child.type(b"\x03")
        child.end()


def keys_reach_the_process(bench):
    with bench.child(["exec", "web", "sh", "-c", "trap 'echo interrupted; exit 9' INT; echo ready; while :; do sleep 0.1; done"],
                     "tty", "tty") as child:
        child.until(b"ready")
        child.type(b"\x03")
        check(child.end() == 9 and b"interrupted" in child.written, child.written)


def detach_keys_leave_the_process(bench):
    with bench.child(["exec", "web", "sh", "-c", "echo ready; until [ -e /go-on ]; do sleep 0.1; done; touch /went-on"],
                     "tty", "tty") as child:
        child.until(b"ready")
        child.type(b"\x10\x11")
        check(child.end() == 0, child.process.returncode)
    went_on = "touch /go-on; until [ -e /went-on ]; do sleep 0.1; done"
    check(bench.pipe(["exec", "-T", "web", "sh", "-c", went_on]).returncode == 0, "the process ended with us")


def signals_restore_the_terminal(bench):
    handled = (signal.SIGTERM, signal.SIGHUP)
    for number in (*handled, signal.SIGQUIT, signal.SIGUSR1, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO, signal.SIGRTMAX):
        with bench.child(["exec", "web", "sh", "-c", "echo ready; sleep 30"], "tty", "tty") as child:
            child.until(b"ready")
            check(child.is_raw(), "the terminal is not raw")
            child.process.send_signal(number)
            code = child.end()
            check(code == (130 if number in handled else -number), f"signal {number}: exit code {code}")


def stopped_and_continued(bench):
    for number in (signal.SIGSTOP, signal.SIGTSTP):
        with bench.child(["exec", "web", "sh", "-c", "echo ready; read x; echo got $x"], "tty", "tty") as child:
            child.until(b"ready")
            child.process.send_signal(number)
            child.until_state("T")
            if number == signal.SIGTSTP:
                check(termios.tcgetattr(child.slave) == child.before, "stopped with a raw terminal")
            termios.tcsetattr(child.slave, termios.TCSANOW, child.before)  # what a shell does
            child.process.send_signal(signal.SIGCONT)
            child.until_raw()
            child.type(b"again\r")
            check(child.end() == 0 and b"got again" in child.written, child.written)


def run_restores_the_terminal(bench):
    with bench.child(["run", "--rm", "job", "sh", "-c", "echo ready; sleep 1000"], "tty", "tty") as child:
        child.until(b"ready")
        check(child.is_raw(), "the terminal is not raw")
        child.process.send_signal(signal.SIGTERM)  # forwarded
        check(child.end() == 128 + signal.SIGTERM, child.process.returncode)
    with bench.child(["run", "--rm", "job", "sh", "-c", "echo ready; kill -9 $$"], "tty", "tty") as child:
        check(child.end() == 128 + signal.SIGKILL, child.process.returncode)
    with bench.child(["run", "--rm", "deaf", "no-such-program"], "tty", "tty") as child:
        check(child.end() == 1 and b"no-such-program" in child.errors, (child.process.returncode, child.errors))
    check(bench.one_offs() == [], bench.one_offs())


def run_forwards_signals(bench):
    traps = "trap 'echo hup' HUP; trap 'echo usr' USR1; trap 'exit 9' TERM; while :; do echo ready; sleep 0.1; done"
    with bench.child(["run", "--rm", "-T", "job", "sh", "-c", traps], "closed", "pipe") as child:
        child.until(b"ready")
        child.process.send_signal(signal.SIGHUP)
        child.until(b"hup")
        child.process.send_signal(signal.SIGUSR1)
        child.until(b"usr")
        child.process.send_signal(signal.SIGTERM)
        check(child.end() == 9, child.process.returncode)


def who_keeps_interrupting_run_is_heard(bench):
    """the first process of a container does not hear what it has no handler for"""
    with bench.child(["run", "--rm", "-T", "deaf", "sh", "-c", "echo ready; sleep 1000; sleep 1000"], "closed", "pipe") as child:
        child.until(b"ready")
        deadline = time.monotonic() + WATCHDOG_S
        while child.process.poll() is None and time.monotonic() < deadline:
            child.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(0.5)
        check(child.end() in (130, 137), child.process.returncode)
    deadline = time.monotonic() + WATCHDOG_S
    while bench.one_offs() and time.monotonic() < deadline:
        time.sleep(0.1)
    check(bench.one_offs() == [], bench.one_offs())


def a_terminal_that_goes_away_ends_it(bench):
    for words in (["run", "--rm", "job", "sh", "-c", "echo ready; sleep 1000"],
                  ["run", "--name", f"{PROJECT}-stays", "deaf", "sh", "-c", "trap '' HUP; echo ready; while :; do sleep 1; done"], ["exec", "web", "sh", "-c", "echo ready; sleep 1000"],
                  ["attach", "reader"], ["stats", "web"], ["events"]):
        child = Child([bench.program, "-p", PROJECT, *words], bench.directory, bench.environment, "tty", "tty")
        try:
            if words[0] in ("run", "exec"):
                child.until(b"ready")
            elif words[0] == "attach":
                child.until_raw()
            elif words[0] == "stats":
                child.until(b"CONTAINER")
            for descriptor in child.keep:
                os.close(descriptor)
            child.keep, child.master = [], None
            child.end()
        finally:
            child.close()
    check(bench.api.get(f"/containers/{PROJECT}-stays/json")[1]["State"]["Running"], "the hang-up ended who ignores it")
    bench.api.ask("DELETE", f"/containers/{PROJECT}-stays?force=1")


def detached_run_tells_the_id(bench):
    answer = bench.pipe(["run", "-d", "job", "sleep", "1000"])
    check(answer.returncode == 0 and re.fullmatch(rb"[0-9a-f]{64}\n", answer.stdout), answer)
    status, container = bench.api.get(f"/containers/{answer.stdout.decode().strip()}/json")
    check(status == 200 and container["State"]["Running"] and not container["HostConfig"]["AutoRemove"], container)
    bench.api.ask("DELETE", f"/containers/{container['Id']}?force=1")


def run_leaves_with_the_detach_keys(bench):
    with bench.child(["run", "--name", f"{PROJECT}-left", "job", "sh", "-c", "echo ready; sleep 1000"], "tty", "tty") as child:
        child.until(b"ready")
        child.type(b"\x10\x11")
        check(child.end() == 0, child.process.returncode)
    check(bench.api.get(f"/containers/{PROJECT}-left/json")[1]["State"]["Running"], "detaching ended the container")
    bench.api.ask("DELETE", f"/containers/{PROJECT}-left?force=1")


def a_full_device_is_told(bench):
    with open("/dev/full", "wb") as full:
        for words in (["exec", "-T", "web", "echo", "hi"], ["top"], ["run", "--rm", "-T", "job", "echo", "hi"]):
            answer = subprocess.run([bench.program, "-p", PROJECT, *words], cwd=bench.directory, env=bench.environment, stdout=full,
                                    stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=4 * WATCHDOG_S)
            check(answer.returncode == 1 and b"no space left on device" in answer.stderr, answer)


def attach_sees_the_end(bench):
    number = 2
    bench.container("web", ["sh", "-c", "read x; echo got $x; exit 6"], number, OpenStdin=True)
    answer = bench.pipe(["attach", "--index", "2", "web"], b"line\n")
    check((answer.returncode, answer.stdout) == (6, b"got line\n"), answer)


def attach_forwards_signals(bench):
    bench.container("web", ["sh", "-c", "trap 'echo terminated; exit 7' TERM; while :; do echo ready; sleep 0.1; done"], 3)
    with bench.child(["attach", "--index", "3", "web"], "closed", "pipe") as child:
        child.until(b"ready")
        child.process.send_signal(signal.SIGTERM)
        check(child.end() == 7 and b"terminated" in child.written, (child.process.returncode, child.written, child.errors))


def attach_detaches(bench):
    id_ = bench.container("web", ["sh"], 4, OpenStdin=True, Tty=True)
    with bench.child(["attach", "--index", "4", "--detach-keys", "ctrl-x,x", "web"], "tty", "tty") as child:
        child.until_raw()
        child.type(b"echo $((6*7))\r")
        child.until(b"\n42")
        child.type(b"\x18x")
        check(child.end() == 0, child.process.returncode)
    check(bench.api.get(f"/containers/{id_}/json")[1]["State"]["Running"], "detaching ended the container")
    answer = bench.pipe(["attach", "--index", "4", "web"])
    check(answer.returncode == 1 and NO_TERMINAL.encode() in answer.stderr and b"--no-stdin" in answer.stderr, answer)


def attach_lets_the_process_draw_again(bench):
    bench.container("web", ["sh", "-c", "trap 'stty size' WINCH; while :; do sleep 0.1; done"], 5, OpenStdin=True, Tty=True)
    for _ in range(2):      # the second time the size is the same
        with bench.child(["attach", "--index", "5", "--detach-keys", "ctrl-x,x", "web"], "tty", "tty") as child:
            child.until(b"31 97")
            child.type(b"\x18x")
            check(child.end() == 0, child.process.returncode)


SCENES = [sixteen_exec, sixteen_run, bytes_pass_unchanged, end_of_input_passes,
          input_that_nobody_reads_holds_nothing_up, codes_pass, slow_reader_stops_the_source,
          reader_that_leaves_ends_it, descriptors_keep_their_flags, terminal_size_follows, keys_reach_the_process,
          detach_keys_leave_the_process, signals_restore_the_terminal, stopped_and_continued, run_restores_the_terminal,
          run_forwards_signals, who_keeps_interrupting_run_is_heard, a_terminal_that_goes_away_ends_it, detached_run_tells_the_id,
          run_leaves_with_the_detach_keys, a_full_device_is_told, attach_sees_the_end, attach_forwards_signals, attach_detaches,
          attach_lets_the_process_draw_again]


def try_engine(program, engine, only):
    """how many scenes failed, or None where there is nothing to try them with"""
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(program, engine, directory)
        if bench.api.get("/images/busybox/json")[0] != 200:
            return None
        try:
            bench.container("web", ["sleep", "1000"])
            bench.container("reader", ["sh", "-c", "while :; do read x; done"], OpenStdin=True, Tty=True)
            for scene in SCENES:
                if only and scene.__name__ not in only:
                    continue
                begun = time.monotonic()
                try:
                    scene(bench)
                    print(f"ok    {scene.__name__} ({time.monotonic() - begun:.1f} s)", flush=True)
                except (Failure, subprocess.TimeoutExpired) as failure:
                    failures += 1
                    print(f"FAIL  {scene.__name__}: {failure}", flush=True)
        finally:
            bench.api.remove_project(PROJECT)
    return failures


def main():
    global WATCHDOG_S
    program = os.path.abspath(sys.argv[1])
    with open(program, "rb") as file:
        if b"__asan_init" in file.read():
            WATCHDOG_S = SANITIZED_WATCHDOG_S
    results = []
    for variable in ("COMPOSE_TEST_ENGINE", "COMPOSE_TEST_ENGINE_NEW"):
        engine = os.environ.get(variable, "")
        if engine.startswith("unix://"):
            print(f"== {variable}", flush=True)
            results.append(try_engine(program, engine, sys.argv[2:]))
    if all(result is None for result in results):
        print("no engine with an image busybox: COMPOSE_TEST_ENGINE is not set, or it has none")
        return 77
    return 1 if any(results) else 0


if __name__ == "__main__":
    sys.exit(main())
