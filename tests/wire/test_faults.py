#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever happens at whatever request, the program ends: soon, with the right exit code, without burning a processor.

usage: test_faults.py COMPOSE [--every] [COMMAND...]

Each command below is first run undisturbed and its requests are counted. Then, for each request, a fresh engine is prepared
and one thing happens as the request arrives: a signal, with an engine that answers or one that does not any more, stdout
that nobody reads any more, a connection that breaks. With stdout full or stderr closed it is run from the start. A command
that goes on, as it may where nothing is lost, is interrupted. With --every, all that can happen is tried at each request.

Then what no engine does: readers that do not read, questions that nobody answers, children that do not listen.
"""
import os
import select
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
  db:
    image: plain
    healthcheck: {test: ["CMD", "true"]}
    post_start: [{command: "true"}]
  web:
    image: plain
    depends_on: {db: {condition: service_healthy}}
    volumes: [data:/data]
    post_start: [{command: "true"}]
    develop: {watch: [{path: source, action: sync, target: /there}]}
volumes: {data: {}}
"""
BUILT = """
services:
  web: {image: built, build: source}
"""
PROJECT = "faults"
LABEL = "com.docker.compose."
ENDS_S = 60             # a program that has not ended by then hangs
PATIENCE_S = 1          # then the user presses Ctrl-C again
COMES_S = 2             # the request may not come: which ones are sent can depend on when things happen
GOES_ON_S = 0.3         # what has not ended by then may have no reason to
CPU_S = 5               # more than a start and an end take, with sanitizers on a slow machine; a loop that spins reaches it
MOST_SIGNALS = 4        # `run` passes two on, kills with the third and leaves with the fourth
AT_ONCE = 14
SAMPLE = 4              # at each request a quarter of what can happen, and at the next one another
SANITIZER_FOUND = 99

ABORT = "--abort-on-container-exit"
# words: (services that run at the beginning, images that are there, how containers behave, compose file)
RUNNING, FRESH, JOBS = ["db", "web"], [], {"exits": 3, "after": 0.05, "logs": "one\ntwo\n", "stop_code": 143}
COMMANDS = {
    ("up", "-d"): (FRESH, {}, FILE),
    ("up", "-d", "--wait"): (FRESH, {}, FILE),
    ("up",): (FRESH, {"logs": "one\ntwo\n"}, FILE),
    ("up", ABORT): (FRESH, {**JOBS, "after": 0.3}, FILE),
    ("run", "--rm", "-T", "web"): (FRESH, JOBS, FILE),
    ("run", "--rm", "--no-deps", "-T", "web"): (FRESH, {"logs": "one\ntwo\n"}, FILE),
    ("run", "-d", "web"): (FRESH, {}, FILE),
    ("exec", "-T", "web", "true"): (RUNNING, {}, FILE),
    ("exec", "-d", "web", "true"): (RUNNING, {}, FILE),
    ("logs",): (RUNNING, {"logs": "one\ntwo\n"}, FILE),
    ("logs", "-f"): (RUNNING, {"logs": "one\ntwo\n"}, FILE),
    ("attach", "web"): (RUNNING, {"logs": "one\ntwo\n"}, FILE),
    ("cp", "compose.yaml", "web:/there"): (RUNNING, {}, FILE),
    ("cp", "web:/there", "taken"): (RUNNING, {}, FILE),
    ("cp", "web:/there", "-"): (RUNNING, {}, FILE),
    ("build",): (FRESH, {}, BUILT),
    ("pull",): (FRESH, {}, FILE),
    ("push",): (FRESH, {}, BUILT),
    ("down", "-v"): (RUNNING, {}, FILE),
    ("stop",): (RUNNING, {}, FILE),
    ("restart",): (RUNNING, {}, FILE),
    ("wait", "web", "db"): (RUNNING, {"exits": 0, "after": 0.3}, FILE),
    ("watch", "--no-up"): (RUNNING, {}, FILE),
    ("events", "--json", "--since", "1"): (RUNNING, {}, FILE),
    ("stats",): (RUNNING, {}, FILE),
    ("stats", "--no-stream"): (RUNNING, {}, FILE),
    ("top",): (RUNNING, {}, FILE),
    ("ps", "-a"): (RUNNING, {}, FILE),
    ("export", "web"): (RUNNING, {}, FILE),
    ("config", "--resolve-image-digests"): (FRESH, {}, FILE),
}
# These hand signals to the container, and end as it does.
PASS_ON = {"run", "attach"}
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
KILLED = {0, 128 + signal.SIGKILL} | {128 + number for number in SIGNALS}
# After its last word, while its memory is checked for leaks, or before its first one.
AT_THE_EDGE = {-number for number in SIGNALS}
# Ctrl-C makes attached `up` stop its containers first.
CANCELED = 130


class Case:
    """one run of the program; `fault` takes place at the request of that number, 0: from the start"""

    def __init__(self, program, directory, words, fault=None, number=0):
        self.program, self.words, self.fault, self.number = program, words, fault, number
        self.directory = tempfile.TemporaryDirectory(prefix="faults-", dir=directory)
        self.path = self.directory.name
        self.running, self.behaviour, file = COMMANDS[words]
        os.mkdir(f"{self.path}/source")
        for name, text in {"compose.yaml": file, "source/Dockerfile": "FROM scratch\n"}.items():
            with open(f"{self.path}/{name}", "w", encoding="utf-8") as out:
                out.write(text)
        self.struck = threading.Event()
        self.at, self.said = None, 0

    def prepare(self, engine):
        model = engine.model
        for image in ("plain", "built"):
            model.add_image(image)
        model.behaviours.append(("web", self.behaviour))
        engine.exec_output = b"one\n"
        for service in self.running:
            labels = {LABEL + "project": PROJECT, LABEL + "service": service, LABEL + "container-number": "1",
                      LABEL + "oneoff": "False", LABEL + "config-hash": "none"}
            with model.lock:
                created = model.create_container({"name": f"{PROJECT}-{service}-1"}, {"Image": "plain", "Labels": labels})
                model.start(model.container(created["Id"]))

    def strike(self, engine, request):
        """runs in the engine, as the request arrives"""
        self.at = request
        if self.fault.get("signal"):
            os.kill(request.pid, self.fault["signal"])
        if self.fault.get("leave"):
            os.close(self.reader)
            self.reader = None
        self.struck.set()

    def give_stdout(self):
        self.reader = None
        if self.fault.get("stdout") == "full":
            return os.open("/dev/full", os.O_WRONLY)
        self.reader, given = os.pipe()
        threading.Thread(target=self.read_all, daemon=True).start()
        return given

    def read_all(self):
        """the reader; it has nothing to say about what it reads"""
        reader = os.dup(self.reader)
        if self.fault.get("leave"):
            os.close(reader)                    # the one that leaves does not read
            return
        while piece := os.read(reader, 65536):
            self.said += len(piece)
        os.close(reader)

    def run(self):
        self.fault = self.fault or {}
        with ScriptedEngine(f"{self.path}/engine.sock") as engine:
            self.prepare(engine)
            actions = {key: value for key, value in self.fault.items() if key in ("hang", "reset", "lost", "cut")}
            engine.rule("*", r"/(?!_ping).*", nth=self.number or 1, call=self.strike, **actions)
            environment = {"PATH": "/usr/bin:/bin", "HOME": self.path, "XDG_RUNTIME_DIR": self.path, "LANG": "C.UTF-8",
                           "DOCKER_HOST": f"unix://{engine.path}", "DOCKER_BUILDKIT": "0",
                           "ASAN_OPTIONS": f"{os.environ.get('ASAN_OPTIONS', '')}:exitcode={SANITIZER_FOUND}",
                           "UBSAN_OPTIONS": f"{os.environ.get('UBSAN_OPTIONS', '')}:exitcode={SANITIZER_FOUND}"}
            stdout = self.give_stdout()
            with open(f"{self.path}/errors", "wb") as errors:
                self.process = subprocess.Popen(
                    [self.program, "-p", PROJECT, *self.words], cwd=self.path, env=environment, stdin=subprocess.DEVNULL,
                    stdout=stdout, stderr=errors, preexec_fn=(lambda: os.close(2)) if self.fault.get("stderr") == "closed" else None)
            os.close(stdout)
            self.wait()
            self.counted = len(engine.counted())
            self.left = [one["Name"] for one in engine.model.containers.values()
                         if one["Config"]["Labels"].get(LABEL + "oneoff") == "True" and one["State"]["Status"] == "created"]
        with open(f"{self.path}/errors", encoding="utf-8", errors="replace") as errors:
            self.errors = errors.read()
        if self.reader is not None:
            os.close(self.reader)
        self.directory.cleanup()
        return self

    def has_ended(self, seconds):
        """whether it ended within that time; also takes its exit code and what it cost"""
        deadline = time.monotonic() + seconds
        while True:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
                self.cpu_s = usage.ru_utime + usage.ru_stime
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)

    def wait(self):
        """as a user would: a program that goes on is told to end, and told again"""
        self.signals = 1 if self.fault.get("signal") else 0
        self.hangs = self.interrupted = False
        deadline = time.monotonic() + COMES_S
        if not self.fault and self.has_ended(COMES_S):      # undisturbed: what time it needs
            return
        while not self.struck.is_set() and time.monotonic() < deadline:
            if self.has_ended(0.01):
                return
        if self.has_ended(PATIENCE_S if self.fault.get("signal") else GOES_ON_S):
            return
        while self.signals < MOST_SIGNALS:
            self.interrupted = True
            self.signals += 1
            # Not send_signal(): it polls, and a process that has just ended is then reaped before wait4().
            os.kill(self.process.pid, signal.SIGINT)
            if self.has_ended(PATIENCE_S):
                return
        if not self.has_ended(ENDS_S):
            self.hangs = True
            os.kill(self.process.pid, signal.SIGKILL)
            self.has_ended(ENDS_S)


def of_signal(case, usual):
    return {CANCELED, usual} | (KILLED if case.words[0] in PASS_ON else set())


def of_silence(case, usual):
    return {CANCELED} | (KILLED | {usual} if case.words[0] in PASS_ON else set()) | ({usual} if ABORT in case.words else set())


def of_leaving(case, usual):
    return {-signal.SIGPIPE, usual}


def of_full(case, usual):
    return {1} if case.writes else {usual}


def of_break(case, usual):
    return {0, 1, usual}            # 0: nothing was lost by it


def as_usual(case, usual):
    return {usual}


# name: (what happens, exit codes; of one that had to be interrupted also CANCELED)
FAULTS = {
    "SIGINT": ({"signal": signal.SIGINT}, of_signal),
    "SIGINT, and the engine is silent": ({"signal": signal.SIGINT, "hang": True}, of_silence),
    "nobody reads stdout": ({"leave": True}, of_leaving),
    "a reset": ({"reset": True}, of_break),
    "a cut answer": ({"cut": 5}, of_break),
    "SIGTERM": ({"signal": signal.SIGTERM}, of_signal),
    "SIGTERM, and the engine is silent": ({"signal": signal.SIGTERM, "hang": True}, of_silence),
    "nobody reads stdout, and the engine is silent": ({"leave": True, "hang": True}, of_leaving),
    "a lost answer": ({"lost": True}, of_break),
    "SIGHUP": ({"signal": signal.SIGHUP}, of_signal),
}
FROM_THE_START = {
    "stdout is full": ({"stdout": "full"}, of_full),
    "stderr is closed": ({"stderr": "closed"}, as_usual),
}


def judge(case, name, codes, usual):
    """what is wrong with how it ended, or None"""
    place = f"{' '.join(case.words)}: {name}" + (f" at request {case.number} ({case.at})" if case.number else "")
    allowed = codes(case, usual) | (of_silence(case, usual) if case.interrupted else set()) | (AT_THE_EDGE if case.signals else set())
    if case.hangs:
        return f"{place}: hangs, after {case.signals} signals\n{case.errors}"
    if "Sanitizer" in case.errors or "runtime error" in case.errors:
        return f"{place}: {case.errors}"
    if case.code not in allowed:
        return f"{place}: exit code {case.code}, not one of {sorted(allowed)}\n{case.errors}"
    if case.cpu_s > CPU_S:
        return f"{place}: {case.cpu_s:.1f} s of processor time"
    return None


def cases(program, directory, words, total, every):
    for name, (fault, codes) in FROM_THE_START.items():
        yield name, codes, Case(program, directory, words, fault)
    for number in range(1, total + 1):
        for turn, (name, (fault, codes)) in enumerate(FAULTS.items()):
            if every or (number + turn) % SAMPLE == 0:
                yield name, codes, Case(program, directory, words, fault, number)


def command(program, directory, words, pool, every):
    first = Case(program, directory, words).run()
    assert not first.hangs and first.code in (0, 3, CANCELED), f"{words}, undisturbed: {first.code}\n{first.errors}"

    def one(given):
        name, codes, case = given
        case.writes = first.said > 0
        return judge(case.run(), name, codes, first.code), case
    begun = time.monotonic()
    results = list(pool.map(one, cases(program, directory, words, first.counted, every)))
    failures = [failure for failure, _ in results if failure]
    more = sum(1 for _, case in results if case.signals > 1)
    print(f"{' '.join(words)}: {first.counted} requests, exit code {first.code}, {len(results)} faults, {more} had to be told twice, "
          f"{len(failures)} failures, {time.monotonic() - begun:.1f} s", flush=True)
    return failures


class Stuck:
    """the program with a pipe that nobody reads as its stdout, and another as its stderr where that is asked for"""

    def __init__(self, program, directory, words, file, prepare=None, stderr=False, stdin=subprocess.DEVNULL, **environment):
        self.directory = tempfile.TemporaryDirectory(prefix="faults-", dir=directory)
        path = self.directory.name
        with open(f"{path}/compose.yaml", "w", encoding="utf-8") as out:
            out.write(file)
        self.engine = ScriptedEngine(f"{path}/engine.sock").__enter__()
        self.engine.model.add_image("plain")
        if prepare:
            prepare(self.engine.model)
        self.reader, given = os.pipe()
        self.process = subprocess.Popen(
            [program, "-p", PROJECT, *words], cwd=path, stdin=stdin, stdout=given,
            stderr=given if stderr else subprocess.DEVNULL, start_new_session=True,
            env={"PATH": "/usr/bin:/bin", "HOME": path, "XDG_RUNTIME_DIR": path, "DOCKER_HOST": f"unix://{self.engine.path}",
                 **environment})
        os.close(given)

    def until_full(self):
        """nobody reads: what takes nothing more stays so"""
        writer, deadline = os.open(f"/proc/self/fd/{self.reader}", os.O_WRONLY | os.O_NONBLOCK), time.monotonic() + ENDS_S
        while select.select([], [writer], [], 0)[1]:
            assert time.monotonic() < deadline and self.process.poll() is None, "the pipe does not fill"
            time.sleep(0.02)
        os.close(writer)

    def until_said(self, text):
        said = b""
        while text not in said:
            piece = os.read(self.reader, 65536)
            assert piece, f"it ended before it said {text}: {said}"
            said += piece

    def code(self, number=signal.SIGINT):
        """tell it to end, until it has"""
        for turn in range(1, MOST_SIGNALS + 1):
            self.process.send_signal(number)
            try:
                return self.process.wait(PATIENCE_S if turn < MOST_SIGNALS else ENDS_S)
            except subprocess.TimeoutExpired:
                continue
        self.process.kill()
        self.process.wait()
        raise AssertionError(f"{' '.join(self.process.args)[:100]} hangs")

    def close(self):
        os.close(self.reader)
        self.engine.__exit__()
        self.directory.cleanup()


LARGE = "services: {web: {image: plain, environment: {LARGE: %s}}}\n" % ("x" * 300000)


def one_that_runs(model, **behaviour):
    model.behaviours.append(("", behaviour))
    labels = {LABEL + "project": PROJECT, LABEL + "service": "web", LABEL + "container-number": "1", LABEL + "oneoff": "False",
              LABEL + "config-hash": "none"}
    with model.lock:
        model.start(model.container(model.create_container({"name": f"{PROJECT}-web-1"}, {"Image": "plain", "Labels": labels})["Id"]))


def speaker(model):
    one_that_runs(model, logs="".join(f"{number} {'x' * 1000}\n" for number in range(1000)))


def one_that_ended(model):
    one_that_runs(model)
    with model.lock:
        model.stop(next(iter(model.containers.values())))


def reader_that_does_not_read(program, directory):
    """its answer does not fit into the pipe: whoever interrupts it gets it ended"""
    for words, prepare, stderr in ((["config"], None, False), (["config", "--format", "x" * 120000], None, True),
                                   (["logs"], speaker, False), (["logs", "-f"], speaker, False), (["attach", "web"], speaker, False)):
        for number in SIGNALS if words[0] not in PASS_ON else (signal.SIGTERM,):     # a hang-up is the container's affair
            stuck = Stuck(program, directory, words, LARGE, prepare, stderr)
            stuck.until_full()
            code = stuck.code(number)
            assert code in {CANCELED} | (KILLED if words[0] in PASS_ON else set()) | ({1} if stderr else set()), f"{words[0]}, {number}: exit code {code}"
            stuck.close()


def question_that_nobody_answers(program, directory):
    for number in SIGNALS:
        asked, answers = os.pipe()
        stuck = Stuck(program, directory, ["rm"], FILE, one_that_ended, stdin=asked)
        stuck.until_said(b"Going to remove faults-web-1")
        code = stuck.code(number)
        assert code == CANCELED, f"signal {number}: exit code {code}"
        assert stuck.engine.model.containers, "it was removed without an answer"
        stuck.close()
        os.close(asked)
        os.close(answers)


DEAF = """#!/bin/sh
case "$2" in metadata) exit 0;; esac
trap '' INT TERM HUP
echo '{"type": "info", "message": "begun"}'
sleep 300 &
for attempt in 1 2 3 4; do wait; done
"""


def child_that_does_not_listen(program, directory):
    """a provider that ignores signals, and has a child of its own that holds its output: both are let go of"""
    path = tempfile.mkdtemp(dir=directory)
    with open(f"{path}/deaf", "w", encoding="utf-8") as file:
        file.write(DEAF)
    os.chmod(f"{path}/deaf", 0o755)
    stuck = Stuck(program, directory, ["up", "-d"], "services: {web: {provider: {type: deaf}}}\n", stderr=True,
                  PATH=f"{path}:/usr/bin:/bin")
    try:
        stuck.until_said(b"begun")
        code = stuck.code()
        assert code == CANCELED, f"exit code {code}"
    finally:
        os.killpg(stuck.process.pid, signal.SIGKILL)
        stuck.close()


SCENES = [reader_that_does_not_read, question_that_nobody_answers, child_that_does_not_listen]


def main():
    program, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:]
    every = "--every" in chosen
    chosen = [one for one in chosen if one != "--every"]
    with tempfile.TemporaryDirectory(prefix="faults-") as directory, ThreadPoolExecutor(AT_ONCE) as pool:
        scenes = [(scene, pool.submit(scene, program, directory)) for scene in SCENES if not chosen or scene.__name__ in chosen]
        failures = [failure for words in COMMANDS if not chosen or " ".join(words) in chosen or words[0] in chosen
                    for failure in command(program, directory, words, pool, every)]
        for scene, future in scenes:
            future.result()
            print(scene.__name__, flush=True)
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
