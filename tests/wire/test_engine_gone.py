#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands that only look end when the engine goes away, with a message, and do not wait for it to come back.

usage: test_engine_gone.py COMPOSE

The engine is a process that is killed: the kernel closes its connections, and nobody answers at its socket any more. Where
it ends its streams in good order before, that is no end of the events either; and a stream that breaks off while the engine
lives is no reason to end.
"""
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time

from scripted_engine import ScriptedEngine

# Far from the minute that is waited for an engine where something is left to do.
LIMIT_S = 40


def serve(path, ready, orderly, cut):
    with ScriptedEngine(path) as engine:
        engine.model.add_image("one")
        if cut:
            engine.rule("GET", "/events", nth=1, cut=100)
        ready.set()
        orderly.wait()
        engine.ending.set()
        time.sleep(1000)


class Case:
    def __init__(self, program, directory):
        self.program, self.directory, self.path = program, directory, os.path.join(directory, "engine.sock")
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write("name: gone\nservices: {web: {image: one}}\n")

    def start_engine(self, cut):
        ready, self.orderly = multiprocessing.Event(), multiprocessing.Event()
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.engine = multiprocessing.Process(target=serve, args=(self.path, ready, self.orderly, cut), daemon=True)
        self.engine.start()
        ready.wait()
        self.start(["up", "-d"]).communicate()

    def kill_engine(self):
        self.engine.kill()
        self.engine.join()

    def start(self, command):
        return subprocess.Popen([self.program, *command], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True,
                                env={"PATH": "/usr/bin:/bin", "HOME": self.directory, "XDG_RUNTIME_DIR": self.directory,
                                     "DOCKER_HOST": f"unix://{self.path}"})

    def check(self, command, process, words):
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{command} did not end: {out}{err}") from None
        assert process.returncode == 1 and words in err, f"{command}: exit code {process.returncode}\n{out}{err}"
        print(f"{' '.join(command):24} {err.splitlines()[0]}")

    def watch(self, command, words, orderly=False):
        """begin it, let it show something, take the engine away"""
        self.start_engine(cut=command[0] == "stats")
        process = self.start(command)
        line = process.stdout.readline()
        assert line, f"{command}: {process.communicate()}"
        if command[0] == "stats":
            # Its stream of events is cut at the first one: it goes on, and shows the new container all the same.
            self.start(["up", "-d", "--scale", "web=2"]).communicate()
            while "gone-web-2" not in line:
                line = process.stdout.readline()
                assert line, f"{command}: {process.communicate()}"
        if orderly:
            self.orderly.set()
        else:
            self.kill_engine()
        self.check(command, process, words)
        self.kill_engine()

    def wait_for_health(self):
        """where something is left to do the engine is waited for, and that is said at once"""
        self.start_engine(cut=False)
        with open(os.path.join(self.directory, "wait.yaml"), "w", encoding="utf-8") as file:
            file.write("name: gone\nservices:\n"
                       "  web: {image: one, healthcheck: {test: ['CMD', 'true']}}\n"
                       "  next: {image: one, depends_on: {web: {condition: service_healthy}}}\n")
        process = self.start(["-f", "wait.yaml", "up", "-d"])
        while "Waiting" not in (line := process.stderr.readline()):
            assert line, "up did not wait"
        self.kill_engine()
        while "trying again for 60 seconds" not in (line := process.stderr.readline()):
            assert line, "up ended without a word"
        process.kill()
        process.communicate()


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        case = Case(program, directory)
        case.watch(["stats", "--format", "{{.Name}}"], "Cannot connect to the Docker daemon")
        case.watch(["events", "--since", "5m"], "broke off")
        case.watch(["events", "--since", "5m"], "the engine ended the event stream", orderly=True)
        case.watch(["events", "--since", "5m", "--until", "2100-01-01T00:00:00Z"], "the engine ended the event stream", orderly=True)
        case.wait_for_health()
        for command in (["stats", "--no-stream"], ["top"], ["events"], ["ps"]):
            case.check(command, case.start(command), "Cannot connect to the Docker daemon")


if __name__ == "__main__":
    main()
