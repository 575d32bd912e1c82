#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On a real engine: kill the program after a request and run it again; kill the engine at a request, start it and run again.

usage: test_interrupt.py COMPOSE        COMPOSE_TEST_ENGINE names the engine; a second one is started for the second part

The wire test of the same name tries every request of ten situations; this is a sample that shows that the model of the
scripted engine does not flatter.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

from engine_api import EngineApi
from proxy import Proxy

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = f"interrupt-{os.getpid()}"
FILE = """
services:
  db:
    image: busybox
    command: sleep 1000
    init: true
    volumes: [kept:/kept, /anonymous]
    environment: {VERSION: "%(version)s"}
    healthcheck: {test: ["CMD", "true"], interval: 100ms}
    stop_grace_period: 0s
  web:
    image: busybox
    command: sleep 1000
    init: true
    scale: %(scale)s
    depends_on: {db: {condition: service_healthy}}
    stop_grace_period: 0s
volumes:
  kept:
networks:
  default:
    labels: {VERSION: "%(network)s"}
"""
SITUATIONS = {"create": ([], ({}, ["up", "-d"])),
              "recreate": ([({}, ["up", "-d"])], ({"version": "2"}, ["up", "-d"])),
              "scale up": ([({}, ["up", "-d"])], ({"scale": "3"}, ["up", "-d"])),
              "scale down": ([({"scale": "3"}, ["up", "-d"])], ({}, ["up", "-d"])),
              "network change": ([({}, ["up", "-d"])], ({"network": "2"}, ["up", "-d"])),
              "down": ([({}, ["up", "-d"])], ({}, ["down", "-v"]))}


def run(program, directory, socket_path, settings, command):
    with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
        file.write(FILE % {"version": "1", "scale": "1", "network": "1", **settings})
    return subprocess.run([program, "-p", PROJECT, *command], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120,
                          env={"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                               "DOCKER_HOST": f"unix://{socket_path}"})


def state(api):
    only = quote(json.dumps({"label": [f"com.docker.compose.project={PROJECT}"]}))
    containers = {}
    for row in api.get(f"/containers/json?all=1&filters={only}")[1]:
        labels = {key: value for key, value in row["Labels"].items() if not key.endswith((".replace", ".working_dir", ".config_files", "io.compose.anonymous"))}
        mounts = sorted((mount["Destination"], mount["Name"] if mount.get("Name", "").startswith(PROJECT) else "anonymous")
                        for mount in row["Mounts"])
        containers[row["Names"][0]] = (row["State"], mounts, sorted(row["NetworkSettings"]["Networks"]), sorted(labels.items()))
    networks = sorted(row["Name"] for row in api.get(f"/networks?filters={only}")[1])
    volumes = [row["Name"] for row in api.get("/volumes")[1]["Volumes"] or []]
    return containers, networks, sorted(name for name in volumes if name.startswith(PROJECT))


def situations(program, engine_path, act, choose):
    """interrupt each situation at the chosen requests; returns the number of interruptions that took place"""
    api = EngineApi(engine_path)
    struck = 0
    for name, (before, (settings, command)) in SITUATIONS.items():
        wanted = total = None
        numbers = [0]
        while numbers:
            number = numbers.pop(0)
            with tempfile.TemporaryDirectory(prefix="interrupt-") as directory:
                for step in before:
                    done = run(program, directory, engine_path, *step)
                    assert done.returncode == 0, done.stderr
                listen = os.path.join(directory, "proxy.sock")
                with Proxy(listen, engine_path, number, act) as proxy:
                    first = run(program, directory, listen, settings, command)
                if number == 0:
                    assert first.returncode == 0, first.stderr
                    wanted, total = state(api), proxy.counted
                    numbers = list(choose(total))
                else:
                    struck += first.returncode != 0
                    second = run(program, directory, engine_path, settings, command)
                    if "--force-recreate" in second.stderr:
                        # Engine 20.10 for ever refuses to start a container that it had begun to start when it was killed.
                        second = run(program, directory, engine_path, settings, [*command, "--force-recreate"])
                    assert second.returncode == 0, f"{name}, request {number} of {total}: {second.stderr}"
                    found = state(api)
                    assert found == wanted, f"{name}, after request {number} of {total} ({proxy.lines[number - 1]}):\n{found}\ninstead of\n{wanted}"
                api.remove_project(PROJECT)
        print(f"{name}: {total} requests, the end is the same", flush=True)
    return struck


def kill_client(proxy, pid):
    os.kill(pid, signal.SIGKILL)


class PrivateEngine:
    """an engine that may be killed, with busybox copied from the one that is there"""

    def __init__(self, directory, source):
        self.directory = directory
        self.path = os.path.join(directory, "docker.sock")
        subprocess.run([os.path.join(HERE, "start"), directory], check=True, stdout=subprocess.DEVNULL)
        saved = subprocess.run(["docker", "-H", f"unix://{source}", "save", "busybox"], check=True, capture_output=True).stdout
        subprocess.run(["docker", "-H", f"unix://{self.path}", "load", "-q"], input=saved, check=True, capture_output=True)

    def kill_and_start(self, proxy, pid):
        self.restart(signal.SIGKILL)

    def restart(self, how):
        daemon = int(open(os.path.join(self.directory, "pid"), encoding="utf-8").read())
        arguments = open(f"/proc/{daemon}/cmdline", "rb").read().decode().rstrip("\0").split("\0")
        namespace = open(os.path.join(self.directory, "name"), encoding="utf-8").read().strip()
        os.kill(daemon, how)
        while os.path.exists(f"/proc/{daemon}") and "State:\tZ" not in open(f"/proc/{daemon}/status", encoding="utf-8").read():
            time.sleep(0.02)
        time.sleep(0.3)                             # its containerd follows it by itself
        # A pid file blocks the next start for as long as the pid exists, as a zombie too.
        for name in ("pid", "exec/containerd/containerd.pid"):
            pathlib.Path(self.directory, name).unlink(missing_ok=True)
        with open(os.path.join(self.directory, "log"), "ab") as log:
            subprocess.Popen(["nsenter", f"--net=/run/netns/{namespace}", "setsid", *arguments],
                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            try:
                if EngineApi(self.path).get("/_ping")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the engine did not come back")

    def stop(self):
        subprocess.run([os.path.join(HERE, "stop"), self.directory], check=True)


def main():
    program = os.path.abspath(sys.argv[1])
    host = os.environ.get("COMPOSE_TEST_ENGINE", "")
    if not host or os.getuid() != 0:
        print("skipped: COMPOSE_TEST_ENGINE names no engine, or this is not root")
        return 77
    path = host.removeprefix("unix://")
    struck = situations(program, path, kill_client, lambda total: range(1, total + 1, 3))
    assert struck, "the program was never interrupted"
    print(f"killed {struck} times")
    with tempfile.TemporaryDirectory(prefix="e-") as directory:
        engine = PrivateEngine(directory, path)
        try:
            struck = situations(program, engine.path, engine.kill_and_start, lambda total: [total // 2, total - 1])
            print(f"the engine was killed and started at {2 * len(SITUATIONS)} requests, {struck} runs failed by it")
        finally:
            engine.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
