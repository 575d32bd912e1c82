#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On a real engine: exec whose connection is cut. It never ends with 0 for a process whose end nobody has seen.

usage: test_exec_cut.py COMPOSE        COMPOSE_TEST_ENGINE names the engine
"""
import os
import subprocess
import sys
import tempfile

from engine_api import EngineApi
from proxy import Proxy

PROJECT = f"exec-cut-{os.getpid()}"
FILE = "services: {web: {image: busybox, command: sleep 1000, init: true, stop_grace_period: 0s}}\n"
START = 3       # the list, the creation, the start


def main():
    engine_path = os.environ.get("COMPOSE_TEST_ENGINE", "").removeprefix("unix://")
    if not engine_path or EngineApi(engine_path).get("/images/busybox/json")[0] != 200:
        print("skipped: COMPOSE_TEST_ENGINE names no engine, or it has no image busybox")
        return 77
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FILE)
        listen = os.path.join(directory, "proxy.sock")

        def compose(path, *words):
            return subprocess.run([program, "-p", PROJECT, *words], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=120,
                                  env={"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                                       "DOCKER_HOST": f"unix://{path}"})

        def cut(script):
            with Proxy(listen, engine_path, START, lambda proxy, pid: None, passes=True) as proxy:
                ran = compose(listen, "exec", "-T", "web", "sh", "-c", script)
            assert "/start" in proxy.lines[START - 1], proxy.lines
            print(f"{script:24} exit code {ran.returncode} {ran.stderr.splitlines()[:1]}")
            return ran
        try:
            ran = compose(engine_path, "up", "-d")
            assert ran.returncode == 0, ran.stderr
            ran = cut("sleep 1000")
            assert ran.returncode == 1 and "its exit code is not known" in ran.stderr, ran.stderr
            ran = cut("sleep 1; exit 7")
            assert ran.returncode == 7, ran.stderr
        finally:
            compose(engine_path, "down")
    return 0


if __name__ == "__main__":
    sys.exit(main())
