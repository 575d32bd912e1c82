#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A run that waits for another run's lock says so, ends at Ctrl-C without a request that changes, and goes on once it is free."""

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from scripted_engine import ScriptedEngine  # noqa: E402

FILE = "services:\n  web: {image: plain}\n"
WAITING = "Waiting for process"


def start(program, directory, engine, *command):
    environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory, "LANG": "C.UTF-8",
                   "DOCKER_HOST": f"unix://{engine.path}",
                   **{name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}}
    return subprocess.Popen([program, "-p", "project", *command], cwd=directory, env=environment,
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def until_waiting(process):
    for line in process.stderr:
        if line.startswith(WAITING):
            return
    raise AssertionError(f"ended with {process.wait()} instead of waiting")


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="lock-") as directory:
        with ScriptedEngine(os.path.join(directory, "engine.sock")) as engine:
            engine.model.add_image("plain")
            with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
                file.write(FILE)
            first = start(program, directory, engine, "up", "-d")
            assert (first.communicate(timeout=120), first.returncode)[1] == 0, "the first up failed"
            folder = os.path.join(directory, "docker-compose")
            assert not os.listdir(folder), f"a lock file without notes was left: {os.listdir(folder)}"
            url = hashlib.sha256(f"unix://{engine.path}".encode()).hexdigest()
            path = os.path.join(folder, f"{url[:16]}-project.lock")
            for number in (signal.SIGINT, signal.SIGTERM):
                with open(path, "wb") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    engine.forget_requests()
                    waiting = start(program, directory, engine, "down")
                    until_waiting(waiting)
                    # The line is written before the wait begins: a signal in between is not heard by it.
                    while waiting.poll() is None:
                        waiting.send_signal(number)
                        try:
                            waiting.wait(timeout=1)
                        except subprocess.TimeoutExpired:
                            pass
                    assert waiting.returncode == 130, f"{number}: exit code {waiting.returncode}"
                    changing = [one for one in engine.requests if one.method != "GET"]
                    assert not changing, f"{number}: sent {changing}"
            with open(path, "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                waiting = start(program, directory, engine, "down")
                until_waiting(waiting)
            rest = waiting.communicate(timeout=120)[1]
            assert waiting.returncode == 0, rest
            assert not engine.model.containers, "down has left a container"
    print("passed")


if __name__ == "__main__":
    main()
