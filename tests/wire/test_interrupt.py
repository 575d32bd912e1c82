#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kill the program at every request, run it again, and find the state that an uninterrupted run reaches.

usage: test_interrupt.py COMPOSE [SITUATION...]

For each situation the command is first run undisturbed and its requests are counted. Then, for each k, a fresh engine is
prepared in the same way, the program is killed as its kth request arrives or has been carried out, and run once more.
Equal afterwards are names, labels, mounts, networks and running state; ids and times may differ.
"""
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from scripted_engine import ScriptedEngine

BASE = """
services:
  db:
    image: data
    volumes: [kept:/kept, outside:/outside]
    environment: {VERSION: "%(version)s"}
    healthcheck: {test: ["CMD", "true"]}
  web:
    image: plain
    scale: %(scale)d
    depends_on: {db: {condition: service_healthy}}
    networks: [default, back]
%(more)snetworks:
  back:
    name: %(back)s
    labels: {version: "%(network)s"}
volumes:
  kept:
    labels: {version: "%(volume)s"}
  outside: {external: true, name: %(outside)s}
"""
# A volume of the user's that nobody gave a name: it looks like an anonymous one.
OUTSIDE = "0123456789abcdef" * 4
USUAL = {"version": "1", "scale": 1, "network": "1", "volume": "1", "back": "project_back", "more": "", "outside": OUTSIDE}
FOLLOWER = {"more": "  follower:\n    image: plain\n    depends_on: {db: {condition: service_started, restart: true}}\n"}
SHARING = {"more": "  sharing:\n    image: plain\n    network_mode: service:db\n"}
ON_BACK = {"more": "  more:\n    image: plain\n    networks: [back]\n"}
OWN_MAC = {"more": "  more:\n    image: plain\n    networks: {back: {mac_address: 02:aa:bb:cc:dd:01}}\n"}
UP = ["up", "-d"]
AT_ONCE = 6
WAITS = 7                                                       # of so many requests that were dropped, one is waited for

# name: (settings and commands before, settings and the command that is interrupted)
SITUATIONS = {
    "create": ([], ({}, UP)),
    "recreate with an anonymous volume": ([({}, UP)], ({"version": "2"}, UP)),
    "scale up": ([({}, UP)], ({"scale": 3}, UP)),
    "scale down": ([({"scale": 3}, UP)], ({}, UP)),
    "network change": ([({}, UP)], ({"network": "2"}, UP)),
    "network change with a recreation": ([({}, UP)], ({"network": "2"}, UP + ["--force-recreate"])),
    "network change with a scale down": ([({"scale": 2}, UP)], ({"network": "2"}, UP)),
    "network change with an orphan": ([(ON_BACK, UP)], ({"network": "2"}, UP + ["--remove-orphans"])),
    "network and volume change": ([({}, UP)], ({"network": "2", "volume": "2"}, UP + ["-y"])),
    "network change with a MAC address": ([(OWN_MAC, UP)], ({"network": "2", **OWN_MAC}, UP)),
    "network rename": ([({}, UP)], ({"back": "project_other"}, UP)),
    "volume change": ([({}, UP)], ({"volume": "2"}, UP + ["-y"])),
    "renewed anonymous volumes": ([({}, UP)], ({}, UP + ["-V"])),
    "a second recreate": ([({}, UP), ({"version": "2"}, UP)], ({"version": "3"}, UP)),
    "recreate with who restarts with it": ([(FOLLOWER, UP)], ({"version": "2", **FOLLOWER}, UP)),
    "recreate with who shares its network": ([(SHARING, UP)], ({"version": "2", **SHARING}, UP)),
    "orphan": ([(FOLLOWER, UP)], ({}, UP + ["--remove-orphans"])),
    "down": ([({}, UP)], ({}, ["down"])),
    "down with volumes": ([({}, UP)], ({}, ["down", "-v"])),
    "down with volumes after a recreate": ([({}, UP), ({"version": "2"}, UP)], ({"version": "2"}, ["down", "-v"])),
    "rm with volumes after a recreate": ([({}, UP), ({"version": "2"}, UP)], ({"version": "2"}, ["rm", "-fsv"])),
    "stop": ([({}, UP)], ({}, ["stop"])),
    "start": ([({}, UP), ({}, ["stop"])], ({}, ["start"])),
    "restart": ([({}, UP)], ({}, ["restart"])),
}

# An anonymous volume that nobody mounts may be left: -V deletes none, and once a container is gone nobody knows its volumes.
MAY_LEAVE_VOLUMES = {"volume change", "network and volume change", "renewed anonymous volumes",
                     "down with volumes after a recreate", "rm with volumes after a recreate"}


class Stage:
    """a fresh engine and a project directory"""

    def __init__(self, program, directory):
        self.program, self.directory = program, directory
        self.engine = ScriptedEngine(os.path.join(directory, "engine.sock")).__enter__()
        self.engine.model.add_image("data", {"Volumes": {"/anonymous": {}}})
        self.engine.model.add_image("plain")
        with self.engine.model.lock:
            self.engine.model.create_volume({"Name": OUTSIDE})
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                            "DOCKER_HOST": f"unix://{self.engine.path}", "LANG": "C.UTF-8",
                            **{name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}}

    def run(self, settings, command):
        with open(os.path.join(self.directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(BASE % {**USUAL, **settings})
        self.engine.forget_requests()
        return subprocess.run([self.program, "-p", "project", *command], cwd=self.directory, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)

    def kill_at(self, number, when):
        """SIGKILL to the client at its number-th request, pings apart"""
        seen = [0]

        def count(engine, request):
            seen[0] += 1
        self.engine.rules[:] = []
        self.engine.rule("*", r"/(?!_ping).*", nth=number, kill=when, call=count)
        return seen

    def forget_notes(self):
        """as if more time had passed than a request takes that was sent: a real engine works on what has reached it"""
        for name in os.listdir(os.path.join(self.directory, "docker-compose")):
            os.unlink(os.path.join(self.directory, "docker-compose", name))

    def state(self, situation):
        model = self.engine.model
        with model.lock:
            # Which volumes are anonymous is known here, since all others have a name of this file.
            anonymous = {name for name in model.volumes if not name.startswith("project_") and name != OUTSIDE}
            mounted = {mount.get("Name") for one in model.containers.values() for mount in one["Mounts"]}
            counted = anonymous & mounted if situation in MAY_LEAVE_VOLUMES else anonymous
            containers = {}
            for one in model.containers.values():
                mounts = sorted((mount["Destination"], mount["Type"],
                                 "anonymous" if mount.get("Name") in anonymous else mount.get("Name"))
                                for mount in one["Mounts"])
                labels = {key: value.replace(self.directory, "DIR") for key, value in one["Config"]["Labels"].items()
                          if key not in ("com.docker.compose.replace", "io.compose.anonymous")}
                containers[one["Name"]] = {"state": one["State"]["Status"], "mounts": mounts, **labels,
                                           "networks": sorted(one["NetworkSettings"]["Networks"])}
            networks = {one["Name"]: one["Labels"] for one in model.networks.values()}
            return {"container": containers, "network": networks,
                    "volume": {name: "kept" for name in model.volumes.keys() - anonymous},
                    "anonymous volumes": {"count": len(counted)}}

    def close(self):
        self.engine.__exit__()


def staged(program, before):
    directory = tempfile.TemporaryDirectory(prefix="interrupt-")
    stage = Stage(program, directory.name)
    stage.keep = directory
    for settings, command in before:
        done = stage.run(settings, command)
        assert done.returncode == 0, f"preparing with {command}: {done.stderr}"
    return stage


def differences(wanted, found):
    lines = []
    for kind in wanted:
        for name in sorted(wanted[kind].keys() | found[kind].keys()):
            before, after = wanted[kind].get(name), found[kind].get(name)
            if isinstance(before, dict) and isinstance(after, dict):
                lines += [f"    {kind} {name}, {key}: {before.get(key)} became {after.get(key)}"
                          for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
            elif before != after:
                lines.append(f"    {kind} {name}: {before} became {after}")
    return "\n".join(lines)


def interrupted(program, name, number, when, wanted):
    """(was the program killed, what differs afterwards)"""
    before, (settings, command) = SITUATIONS[name]
    stage = staged(program, before)
    stage.kill_at(number, when)
    first = stage.run(settings, command)
    at = stage.engine.counted()[-1] if first.returncode == -9 else None
    stage.engine.rules.clear()
    if when == "before" and number % WAITS:
        stage.forget_notes()
    second = stage.run(settings, command)
    found = stage.state(name)
    stage.close()
    place = f"{name}: killed {when} request {number} ({at})"
    if second.returncode != 0:
        return at, f"{place}: the second run ended with {second.returncode}\n{second.stderr}"
    return at, f"{place}\n{differences(wanted, found)}" if found != wanted else None


def situation(program, name, pool):
    before, (settings, command) = SITUATIONS[name]
    stage = staged(program, before)
    done = stage.run(settings, command)
    assert done.returncode == 0, f"{name}, undisturbed: {done.stderr}"
    total, wanted = len(stage.engine.counted()), stage.state(name)
    stage.close()
    ends = list(pool.map(lambda place: interrupted(program, name, *place, wanted),
                         [(number, when) for number in range(1, total + 1) for when in ("before", "after")]))
    killed = sum(1 for at, _ in ends if at)
    failures = [failure for _, failure in ends if failure]
    assert killed, f"{name}: the program was never killed"
    print(f"{name}: {total} requests, killed {killed} times, {len(failures)} states differ", flush=True)
    return failures


def main():
    program, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:] or list(SITUATIONS)
    with ThreadPoolExecutor(AT_ONCE) as pool:                   # most of their time is waiting
        failures = [failure for name in chosen for failure in situation(program, name, pool)]
    print("\n".join(failures[:20]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
