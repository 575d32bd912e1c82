#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The end of the process ends run, exec and attach with its exit code and all of its output, whatever stdin still holds;
and an upload ends with the engine's refusal, however much of it has not been read.

usage: test_unread_input.py COMPOSE

The engine reads nothing of the input. As some do, it closes the connection at the end; or, as others do, its sending side only,
and waits for us to close. Stdin is a large file, a pipe that goes on for ever, or one in which nothing comes.
"""
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from scripted_engine import ScriptedEngine

FILE = """
services:
  web: {image: plain, stdin_open: true}
  built: {image: built, build: source}
"""
LABEL = "com.docker.compose."
PROJECT = "unread"
INPUT_BYTES = 20_000_000
OUTPUT = b"0123456789abcde\n" * 10_000   # more than the reader takes at once
ENDS_S = 60
CODE = 3
REFUSAL = "refused before the body was read"

RUN = (["run", "--rm", "-T", "web"], {"logs": OUTPUT.decode(), "exits": CODE, "after": 0.1})
EXEC = (["exec", "-T", "web", "x"], {})
NOTED_LATER = (["exec", "-T", "web", "x"], {"exec_exits": CODE, "exec_noted": 0.3})
ATTACH = (["attach", "web"], {"logs": OUTPUT.decode()})
STDINS = ["file", "endless", "silent"]
REFUSED = [["cp", "large", "web:/nowhere"], ["build", "built"]]


class Bench:
    def __init__(self, program, directory, holds):
        self.program = program
        self.path = tempfile.mkdtemp(dir=directory)
        os.mkdir(f"{self.path}/source")
        for name in ("large", "source/large"):
            with open(f"{self.path}/{name}", "wb") as out:
                out.truncate(INPUT_BYTES)
        for name, text in (("compose.yaml", FILE), ("source/Dockerfile", "FROM scratch\nCOPY large /\n")):
            with open(f"{self.path}/{name}", "w", encoding="utf-8") as out:
                out.write(text)
        self.engine = ScriptedEngine(f"{self.path}/engine.sock")
        self.engine.holds_connections = holds

    def start(self, behaviour):
        model = self.engine.model
        model.add_image("plain")
        model.behaviours.append(("web", behaviour))
        self.engine.exec_code, self.engine.exec_output = CODE, OUTPUT
        labels = {LABEL + "project": PROJECT, LABEL + "service": "web", LABEL + "container-number": "1",
                  LABEL + "oneoff": "False", LABEL + "config-hash": "none"}
        with model.lock:
            created = model.create_container({"name": f"{PROJECT}-web-1"}, {"Image": "plain", "Labels": labels, "OpenStdin": True})
            model.start(model.container(created["Id"]))
        return created["Id"]

    def run(self, words, stdin):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.path, "XDG_RUNTIME_DIR": self.path, "DOCKER_BUILDKIT": "0",
                       "DOCKER_HOST": f"unix://{self.engine.path}"}
        return subprocess.run([self.program, "-p", PROJECT, *words], cwd=self.path, env=environment, stdin=stdin,
                              capture_output=True, timeout=ENDS_S)


def ends_with_its_process(program, directory, case):
    (words, behaviour), stdin, holds = case
    bench = Bench(program, directory, holds)
    with bench.engine as engine, open(f"{bench.path}/large", "rb") as large:
        identity = bench.start({} if words[0] == "run" else behaviour)
        engine.model.behaviours[:] = [("web", behaviour)]
        if words[0] == "attach":        # it ends once it is attached
            engine.rule("POST", "/containers/.*/wait", call=lambda engine, _: engine.model.later(
                0.1, engine.model.containers[identity], 1, lambda: engine.model.die(engine.model.containers[identity], CODE)))
        feeder = subprocess.Popen(["yes"], stdout=subprocess.PIPE) if stdin == "endless" else None
        reader, writer = os.pipe()
        answer = bench.run(words, {"file": large, "silent": reader, "endless": feeder and feeder.stdout}[stdin])
        os.close(reader)
        os.close(writer)
        if feeder:
            feeder.stdout.close()
            feeder.kill()
            feeder.wait()
    assert answer.returncode == CODE, f"{case}: exit code {answer.returncode} {answer.stderr!r}"
    assert answer.stdout == OUTPUT, f"{case}: {len(answer.stdout)} of {len(OUTPUT)} bytes of output"


def ends_with_the_refusal(program, directory, case):
    words, holds = case
    bench = Bench(program, directory, holds)
    with bench.engine as engine:
        bench.start({})
        engine.early["(PUT /containers/[^/]+/archive|POST /build)"] = (500, REFUSAL)
        answer = bench.run(words, subprocess.DEVNULL)
    assert answer.returncode == 1 and REFUSAL.encode() in answer.stderr, f"{case}: {answer.returncode} {answer.stderr!r}"


def main():
    program = os.path.abspath(sys.argv[1])
    ends = [(command, stdin, holds) for command in (RUN, EXEC, NOTED_LATER, ATTACH) for stdin in STDINS for holds in (False, True)]
    refusals = [(words, True) for words in REFUSED]     # every engine gives its client time to read the answer
    with tempfile.TemporaryDirectory(prefix="unread-") as directory, ThreadPoolExecutor(4) as pool:
        for function, cases in ((ends_with_its_process, ends), (ends_with_the_refusal, refusals)):
            list(pool.map(lambda case: function(program, directory, case), cases))
            print(f"{function.__name__.replace('_', ' ')}: {len(cases)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
