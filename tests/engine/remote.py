# SPDX-License-Identifier: Apache-2.0
"""What the tests of far engines share: a project, a program whose environment is nothing but what is said, and a whole
life of the project, which carries something of every kind over the connection in both directions."""
import os
import shutil
import subprocess
import sys
import tempfile

from engine_api import EngineApi

FILE = """
services:
  web:
    image: busybox
    command: sh -c 'echo hello; exec sleep 1000'
    init: true
    stop_grace_period: 0s
"""


def write(path, text, mode=0o600):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


class Program:
    def __init__(self, program, directory, project, settings):
        self.program, self.directory, self.project = program, directory, project
        self.settings = {"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory, **settings}

    def run(self, *command, given=""):
        return subprocess.run([self.program, "-p", self.project, *command], cwd=self.directory, capture_output=True, text=True,
                              timeout=120, env=self.settings, input=given, check=False)

    def must(self, *command, given=""):
        done = self.run(*command, given=given)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def fails(self, *command, saying):
        done = self.run(*command)
        assert done.returncode == 1 and saying in done.stderr, f"{command}: {done.returncode}, {done.stderr}"
        return done.stderr


def whole_life(far):
    """lists, a stream of events, logs, and talks whose input ends"""
    far.must("up", "-d")
    assert "web-1" in far.must("ps")
    assert "hello" in far.must("logs", "web")
    much = "0123456789abcde\n" * 8192
    assert far.must("exec", "-T", "web", "cat", given=much) == much
    assert far.run("exec", "-T", "web", "sh", "-c", "exit 7").returncode == 7
    far.must("down")


def main(kind, tools, test):
    """run test(program, directory, project, engine_path) in a directory with the project; exit 77 where it cannot be"""
    host = os.environ.get("COMPOSE_TEST_ENGINE", "")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [tool for tool in tools if not shutil.which(tool)]
    if not host or os.getuid() != 0 or missing:
        print("skipped:", f"no {' nor '.join(missing)} is installed" if missing else "COMPOSE_TEST_ENGINE names no engine, or this is not root")
        sys.exit(77)
    project = f"{kind}-{os.getpid()}"
    engine_path = host.removeprefix("unix://")
    try:
        with tempfile.TemporaryDirectory(prefix=f"{kind}-") as directory:
            write(f"{directory}/compose.yaml", FILE)
            test(os.path.abspath(sys.argv[1]), directory, project, engine_path)
    finally:
        EngineApi(engine_path).remove_project(project)
