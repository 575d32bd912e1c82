#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and memory of `config` on projects of 100, 1,000 and 10,000 services, and how they grow.

usage: config.py BINARY [OTHER...] [--counts 100,1000] [--runs 5]

OTHER are further programs that know `config` (a docker-compose, say), measured in the same run on the same files; the
ratio to BINARY is printed. The program that the variable REFERENCE_COMPOSE names is one of them. MiB below some 15 are
those of Python, which the child starts with. Nothing is asserted: figures of one machine at one moment are compared
with each other only.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

SERVICE = """\
  s{n}:
    <<: *base
    image: team/app-{n}:1.{n}
    command: ["serve", "--port", "{port}"]
    environment:
      NAME: service-{n}
      REGION: ${{REGION:-eu}}
    ports:
      - "{port}:80"
      - "127.0.0.1:{other}:8443/tcp"
    volumes:
      - data:/var/lib/app
      - ./conf/{n}:/etc/app:ro
    depends_on:
{dependencies}
"""
HEAD = """\
name: bench
x-base: &base
  restart: unless-stopped
  labels: {team: core, tier: backend}
  logging: {driver: json-file, options: {max-size: 10m}}
  healthcheck: {test: ["CMD", "true"], interval: 10s, timeout: 2s, retries: 3}
volumes:
  data: {}
services:
"""


def write_project(folder, count):
    """a Compose file of `count` services that use anchors, ports, volumes and depends_on"""
    path = os.path.join(folder, "compose.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD)
        for n in range(count):
            needed = [n // 2] if n else []
            dependencies = "".join(f"      s{d}: {{condition: service_started}}\n" for d in needed).rstrip("\n")
            file.write(SERVICE.format(n=n, port=10000 + n, other=30000 + n, dependencies=dependencies or "      {}"))
    return path


def measure(program, path, runs):
    """best wall seconds and largest resident MiB of some runs"""
    best, largest = float("inf"), 0
    for _ in range(runs):
        started = time.monotonic()
        process = subprocess.Popen([program, "-f", path, "config"], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        best = min(best, time.monotonic() - started)
        largest = max(largest, usage.ru_maxrss / 1024)
        if status != 0:
            sys.exit(f"{program} failed with status {status}")
    return best, largest


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--counts", default="100,1000,10000")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if os.environ.get("REFERENCE_COMPOSE"):
        options.programs.append(os.environ["REFERENCE_COMPOSE"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(f"{'services':>8} {'program':30} {'ms':>9} {'MiB':>8} {'us/service':>11} {'ratio':>7}")
    for count in (int(text) for text in options.counts.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            path = write_project(folder, count)
            first = None
            for program in options.programs:
                seconds, mib = measure(program, path, options.runs)
                first = first or seconds
                print(f"{count:8} {os.path.basename(program):30} {seconds * 1e3:9.1f} {mib:8.1f} "
                      f"{seconds * 1e6 / count:11.1f} {seconds / first:7.1f}")


main()
