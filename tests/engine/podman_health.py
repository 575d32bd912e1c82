#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the health checks of a Podman that has no systemd, whose timers would do it: each one as often as it says.

usage: podman_health.py SOCKET        tests/engine/stop ends it
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
from engine_api import EngineApi                                       # noqa: E402


def interval_of(api, identity):
    """seconds; None when it has no check"""
    check = api.get(f"/containers/{identity}/json")[1]["Config"].get("Healthcheck") or {}
    if not check.get("Test") or check["Test"] == ["NONE"]:
        return None
    return (check.get("Interval") or 30 * 10**9) / 10**9


def main():
    api = EngineApi(sys.argv[1])
    intervals, due = {}, {}
    while True:
        try:
            for row in api.get("/containers/json")[1]:
                identity = row["Id"]
                if identity not in intervals:
                    intervals[identity] = interval_of(api, identity)
                if intervals[identity] and due.get(identity, 0) <= time.monotonic():
                    api.get(f"/v4.0.0/libpod/containers/{identity}/healthcheck")
                    due[identity] = time.monotonic() + intervals[identity]
        except (OSError, KeyError, TypeError):
            pass                                # it is being removed, or the service does not listen yet
        time.sleep(0.1)


main()
