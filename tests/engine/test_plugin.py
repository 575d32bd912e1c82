#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On a real engine: as `docker compose`, the plugin of the docker CLI, which passes its own flags and ends us when it is ended.

usage: test_plugin.py COMPOSE        COMPOSE_TEST_ENGINE names the engine
"""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from engine_api import EngineApi

PROJECT = f"plugin-{os.getpid()}"
FILE = """
services:
  web:
    image: busybox
    command: sh -c "trap 'exit 0' TERM; echo hello; while :; do sleep 0.05; done"
  job:
    image: busybox
    command: "true"
    profiles: [extra]
"""


class Docker:
    def __init__(self, docker, program, socket_path):
        self.docker, self.path = docker, socket_path
        self.directory = tempfile.TemporaryDirectory(prefix="plugin-")
        top = self.directory.name
        self.config, self.project = os.path.join(top, "config"), os.path.join(top, PROJECT)
        os.makedirs(os.path.join(self.config, "cli-plugins"))
        os.mkdir(self.project)
        os.symlink(program, os.path.join(self.config, "cli-plugins", "docker-compose"))
        with open(os.path.join(self.project, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FILE)
        self.add_context("here", f"unix://{socket_path}")
        self.add_context("nowhere", "unix:///nowhere/docker.sock")
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": top, "DOCKER_CONFIG": self.config, "XDG_RUNTIME_DIR": top}

    def add_context(self, name, host):
        directory = os.path.join(self.config, "contexts", "meta", hashlib.sha256(name.encode()).hexdigest())
        os.makedirs(directory)
        with open(os.path.join(directory, "meta.json"), "w", encoding="utf-8") as file:
            json.dump({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}, file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        EngineApi(self.path).remove_project(PROJECT)
        self.directory.cleanup()

    def start(self, *arguments, variables=None, **more):
        return subprocess.Popen([self.docker, *arguments], cwd=self.project, env={**self.environment, **(variables or {})},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)

    def run(self, *arguments, code=0, variables=None):
        with self.start(*arguments, variables=variables) as process:
            out, err = process.communicate(timeout=120)
        assert process.returncode == code, f"docker {arguments}: {process.returncode}\n{out}\n{err}"
        return out, err


def is_known(docker):
    """docker lists it, and shows its help"""
    plugins = json.loads(docker.run("info", "--format", "{{json .ClientInfo.Plugins}}")[0])
    mine = [plugin for plugin in plugins if plugin["Name"] == "compose"]
    assert mine and not mine[0].get("Err"), plugins
    assert mine[0]["SchemaVersion"] == "0.1.0" and mine[0]["ShortDescription"] == "Docker Compose", mine
    assert docker.run("compose", "version", "--short")[0] == "5.5.0\n"
    for arguments in (["compose", "--help"], ["help", "compose"], ["compose"]):
        assert docker.run(*arguments)[0].lstrip().startswith("Usage:  docker compose [OPTIONS] COMMAND"), arguments
    assert docker.run("help", "compose", "up")[0].lstrip().startswith("Usage:  docker compose up [OPTIONS] [SERVICE...]")
    out, err = docker.run("compose", "upp", code=1)
    assert "unknown docker command: \"compose upp\"" in err and "Did you mean up?" in err, err


def completes(docker):
    """docker asks it for completions"""
    assert "up\t" in docker.run("__complete", "compose", "u")[0]
    assert docker.run("__complete", "compose", "logs", "w")[0].splitlines() == ["web", ":4"]


def finds_the_engine(docker):
    """by --host, DOCKER_HOST, --context, DOCKER_CONTEXT and the current context; flags win"""
    host, elsewhere = f"unix://{docker.path}", "unix:///nowhere/docker.sock"
    ps = ["compose", "ps", "--services"]
    docker.run("--host", host, "compose", "up", "-d")
    for flags, variables in ((["--host", host], {}), (["-H", host], {"DOCKER_HOST": elsewhere}), ([], {"DOCKER_HOST": host}),
                             (["--context", "here"], {}), (["-c", "here"], {"DOCKER_CONTEXT": "nowhere"}),
                             ([], {"DOCKER_CONTEXT": "here"}), ([f"--host={host}", "--log-level", "error"], {})):
        assert docker.run(*flags, *ps, variables=variables)[0] == "web\n", (flags, variables)
    for flags, variables in ((["--context", "nowhere"], {}), ([], {"DOCKER_CONTEXT": "nowhere"}), (["-H", elsewhere], {})):
        assert "Cannot connect to the Docker daemon at unix:///nowhere/docker.sock" in docker.run(*flags, *ps, code=1, variables=variables)[1]
    with open(os.path.join(docker.config, "config.json"), "w", encoding="utf-8") as file:
        json.dump({"currentContext": "here"}, file)
    assert docker.run(*ps)[0] == "web\n"
    assert "GET " in docker.run("-D", *ps)[1], "--debug of docker does not reach us"


def heeds_variables(docker):
    """COMPOSE_* as on its own"""
    ps = ["compose", "ps", "-a", "--services"]
    assert docker.run(*ps, variables={"COMPOSE_PROJECT_NAME": "another"})[0] == "\n"
    shutil.copy(os.path.join(docker.project, "compose.yaml"), os.path.join(docker.project, "second.yaml"))
    services = docker.run("compose", "config", "--services", variables={"COMPOSE_FILE": "second.yaml", "COMPOSE_PROFILES": "extra"})[0]
    assert sorted(services.split()) == ["job", "web"], services
    assert '"status":' in docker.run("compose", "stop", variables={"COMPOSE_PROGRESS": "json"})[1]
    assert docker.run("compose", "-p", PROJECT, "down")[1].count("Removed") == 2


def ends_with_docker(docker):
    """a signal to docker alone, which no terminal sends on, stops the services gracefully"""
    with docker.start("compose", "up") as process:
        while "hello" not in (line := process.stdout.readline()):
            assert line, process.stderr.read()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
        ends = time.monotonic() + 60
        while True:                                  # an older docker does not wait for its plugin
            state = EngineApi(docker.path).get(f"/containers/{PROJECT}-web-1/json")[1]["State"]
            if not state["Running"]:
                break
            assert time.monotonic() < ends, f"web is not stopped: {out}\n{err}"
            time.sleep(0.1)
        assert state["ExitCode"] == 0, state


def main():
    program = os.path.abspath(sys.argv[1])
    host = os.environ.get("COMPOSE_TEST_ENGINE", "")
    dockers = [path for path in dict.fromkeys(("/usr/bin/docker", shutil.which("docker"))) if path and os.path.exists(path)]
    if not host or not dockers:
        print("skipped: COMPOSE_TEST_ENGINE names no engine, or there is no docker CLI")
        return 77
    for path in dockers:
        version = subprocess.run([path, "--version"], check=True, capture_output=True, text=True).stdout.strip()
        # An older docker asks its plugin for nothing, and tells it nothing: only what a terminal sends arrives.
        asks = int(version.split()[2].split(".")[0]) >= 25
        with Docker(path, program, host.removeprefix("unix://")) as docker:
            for part in (is_known, finds_the_engine, heeds_variables) + ((completes, ends_with_docker) if asks else ()):
                part(docker)
                print(f"{version}: {part.__name__}: {part.__doc__}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
