#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""More containers than descriptors: requests wait for each other under a hard limit, and a soft limit is raised, but not for children.

usage: test_descriptors.py COMPOSE
"""
import copy
import os
import resource
import subprocess
import sys
import tempfile

from scripted_engine import ScriptedEngine

FILE = "services: {web: {image: one, stop_grace_period: 0s}}\n"
CONTAINERS, SOFT = 1300, 1024
FEW = 40


def copies(model, count):
    """further containers like the one that exists"""
    first = next(iter(model.containers.values()))
    for number in range(2, count + 1):
        one = copy.deepcopy(first)
        one["Id"], one["Name"] = f"{number:064x}", first["Name"].removesuffix("1") + str(number)
        one["Config"]["Labels"]["com.docker.compose.container-number"] = str(number)
        model.containers[one["Id"]] = one


def test(program, directory):
    def run(path, *command, limits=(SOFT, SOFT), **settings):
        return subprocess.run([program, "-p", "many", *command], cwd=directory, capture_output=True, text=True, timeout=240, check=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits),
                              env={"PATH": f"{directory}:/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory, "DOCKER_HOST": f"unix://{path}",
                                   **settings})
    path = f"{directory}/engine.sock"
    with ScriptedEngine(path) as engine:
        engine.model.add_image("one")
        assert run(path, "up", "-d").returncode == 0
        copies(engine.model, CONTAINERS)
        for command, end in (("logs", "/logs"), ("stop", "/stop"), ("down", "")):
            del engine.requests[:]
            done = run(path, command)
            seen = [request for request in engine.requests if request.path.startswith("/containers/") and request.path.endswith(end)]
            assert len(seen) >= CONTAINERS, f"{command}: {len(seen)} requests"
            assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stderr[-2000:]}"
        assert not engine.model.containers

        # What may last for ever does not wait; when no descriptor is left, that is said.
        assert run(path, "up", "-d").returncode == 0
        copies(engine.model, FEW * 2)
        done = run(path, "logs", "-f", limits=(FEW, FEW))
        assert done.returncode == 1 and "can be opened: Too many open files" in done.stderr and "ulimit -Hn" in done.stderr, done.stderr[-2000:]
        done = run(path, "logs", limits=(FEW, FEW))
        assert done.returncode == 0, done.stderr[-2000:]

        # Children get the limit that was inherited.
        os.makedirs(f"{directory}/.docker")
        with open(f"{directory}/.docker/config.json", "w", encoding="utf-8") as file:
            file.write('{"credsStore": "limit"}')
        with open(f"{directory}/docker-credential-limit", "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nulimit -Sn >{directory}/seen\nulimit -Hn >>{directory}/seen\necho credentials not found in native keychain; exit 1\n')
        os.chmod(f"{directory}/docker-credential-limit", 0o700)
        run(path, "pull", limits=(FEW, SOFT))
        with open(f"{directory}/seen", encoding="utf-8") as file:
            assert file.read().split() == [str(FEW), str(SOFT)]


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4 * CONTAINERS:
        print("skipped: the scripted engine itself needs more descriptors")
        return 77
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4 * CONTAINERS), hard))
    with tempfile.TemporaryDirectory(prefix="descriptors-") as directory:
        with open(f"{directory}/compose.yaml", "w", encoding="utf-8") as file:
            file.write(FILE)
        test(os.path.abspath(sys.argv[1]), directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
