#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An error that the engine writes into the output of one container ends that output with the engine's text, and nothing else.

usage: test_log_errors.py COMPOSE

Docker reports it in a frame of stream 3, Podman as JSON in place of a frame.
"""
import os
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from scripted_engine import ScriptedEngine

FILE = "services: {broken: {image: plain}, web: {image: plain}}\n"
TEXT = "Error grabbing logs: unexpected EOF"
REMOVED = "no container with this name"


def frame(stream, data):
    return struct.pack(">BxxxI", stream, len(data)) + data


BEFORE = frame(1, b"2026-01-01T00:00:00.000000000Z before\n")
DOCKER = BEFORE + frame(3, TEXT.encode())
PODMAN = BEFORE + b'{"cause":"EOF","message":"%s","response":500}\n' % TEXT.encode()
GONE = BEFORE + b'{"cause":"%s","message":"%s","response":404}\n' % (REMOVED.encode(), REMOVED.encode())
# name, bytes, the text that stderr has
ANSWERS = [("docker", DOCKER, TEXT), ("podman", PODMAN, TEXT), ("removed", GONE, None)]
FOLLOWED = {"logs": "of web\n", "exits": 0, "after": 1.0}


def play(program, directory, case):
    words, (name, answer, text) = case
    path = tempfile.mkdtemp(dir=directory)
    with open(f"{path}/compose.yaml", "w", encoding="utf-8") as file:
        file.write(FILE)
    environment = {"PATH": "/usr/bin:/bin", "HOME": path, "XDG_RUNTIME_DIR": path, "DOCKER_HOST": f"unix://{path}/engine.sock"}

    def compose(*arguments):
        return subprocess.run([program, "-p", "errors", *arguments], cwd=path, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
    with ScriptedEngine(f"{path}/engine.sock") as engine:
        engine.model.add_image("plain")
        engine.model.behaviours.append(("", FOLLOWED if words[0] != "exec" else {}))
        if words[0] != "up":
            started = compose("up", "-d")
            assert started.returncode == 0, started.stderr
        broken = next((one["Id"] for one in engine.model.containers.values() if "broken" in one["Name"]), "[^/]*broken[^/]*")
        if words[0] == "up":
            engine.rule("GET", "/containers/.*/logs", nth=1, body=answer)
        else:
            engine.rule("GET", f"/containers/{broken}/logs", body=answer)
        engine.rule("POST", "/exec/.*/start", body=answer)
        ran = compose(*words)
    note = f"{words} {name}: exit code {ran.returncode}\n{ran.stdout}{ran.stderr}"
    assert "before" in ran.stdout and "framed" not in ran.stderr, note
    if words[0] == "exec":
        assert ran.returncode == 1 and (text or REMOVED) in ran.stderr, note
        return
    assert ran.returncode == 0 and "of web" in ran.stdout, note
    if words[0] != "up":        # up then attaches to the container, and loses nothing more
        assert text in ran.stderr if text else "retrieve" not in ran.stderr, note


def main():
    program = os.path.abspath(sys.argv[1])
    cases = [(words, answer) for words in (["logs"], ["logs", "-f"], ["up"], ["exec", "-T", "web", "x"]) for answer in ANSWERS]
    with tempfile.TemporaryDirectory(prefix="errors-") as directory, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda case: play(program, directory, case), cases))
    print(f"{len(cases)} errors in the output of one container end it alone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
