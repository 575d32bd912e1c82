#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random pairs of files, the second planned where the first runs: no container starts before a stop or removal of the
same plan that releases what it claims, or that belongs to a service that depends on it; what claims nothing waits for
no other service; and the order has no cycle.

usage: test_release_order.py COMPOSE [--pairs N] [--seed N]
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

from scripted_engine import ScriptedEngine

NAMES = ["a", "b", "c", "d", "e", "f"]
PROJECT = "release"


def random_service(pick, name, others):
    """what a service may claim; half of them claim nothing"""
    service = {"image": "one", "environment": {"V": pick.choice("12")}}
    if pick.random() < 0.5:
        return service
    if pick.random() < 0.4:
        service["ports"] = [{"target": 80, "published": pick.choice(["7001", "7002", "7001-7003"]), "protocol": pick.choice(["tcp", "udp"]),
                             "host_ip": pick.choice(["127.0.0.1", "127.0.0.2", "0.0.0.0"])}]
    if pick.random() < 0.4:
        service["volumes"] = [{"type": "volume", "source": pick.choice(["v", "w"]), "target": "/v", "read_only": pick.random() < 0.4}]
    if pick.random() < 0.3:
        service["networks"] = {"net": {"ipv4_address": f"10.8.0.{pick.choice([5, 6])}"}}
    if pick.random() < 0.1:
        service["devices"] = ["/dev/ttyUSB0:/dev/tty"]
    if others and pick.random() < 0.4:
        service["depends_on"] = [pick.choice(others)]
    return service


def random_file(pick):
    chosen = sorted(pick.sample(NAMES, pick.randint(2, len(NAMES))))
    services = {name: random_service(pick, name, chosen[:at]) for at, name in enumerate(chosen)}
    return {"name": PROJECT, "services": services, "volumes": {"v": {}, "w": {}},
            "networks": {"net": {"ipam": {"config": [{"subnet": "10.8.0.0/24"}]}}}}


def any_address(address):
    return address in ("", "0.0.0.0")


def ports_meet(old, new):
    """of a range the scripted engine gives the first port"""
    for a in old.get("ports", []):
        for b in new.get("ports", []):
            held, claimed = int(a["published"].split("-")[0]), [int(end) for end in b["published"].split("-")]
            if (a["protocol"] == b["protocol"] and claimed[0] <= held <= claimed[-1]
                    and (any_address(a["host_ip"]) or any_address(b["host_ip"]) or a["host_ip"] == b["host_ip"])):
                return True
    return False


def meet(old, new):
    """does the new service claim what the old one's container holds?"""
    volumes = any(a["source"] == b["source"] and not (a["read_only"] and b["read_only"])
                  for a in old.get("volumes", []) for b in new.get("volumes", []))
    addresses = [service.get("networks", {}).get("net", {}).get("ipv4_address") for service in (old, new)]
    return volumes or ports_meet(old, new) or "devices" in new or (addresses[0] is not None and addresses[0] == addresses[1])


def dependencies(services, name, extra=()):
    """all that `name` depends on, directly or not"""
    found, queue = set(), [*services.get(name, {}).get("depends_on", []), *extra]
    while queue:
        one = queue.pop()
        if one not in found:
            found.add(one)
            queue.extend(services.get(one, {}).get("depends_on", []))
    return found


def all_before(steps):
    """for each step the numbers of all that come before it; fails on a cycle"""
    result, open_steps = {}, set()

    def visit(number):
        if number in result:
            return result[number]
        assert number not in open_steps, f"a cycle through step {number}"
        open_steps.add(number)
        found = set()
        for earlier in steps[number]["after"]:
            found |= {earlier} | visit(earlier)
        result[number] = found
        return found
    for number in steps:
        visit(number)
    return result


def service_of(name):
    return name.removeprefix(PROJECT + "-").split("-")[0]


def check(old, new, plan):
    steps = {step["number"]: step for step in plan["steps"]}
    before = all_before(steps)
    checked = 0
    for number, step in steps.items():
        if step["kind"] != "container" or step["action"] != "start":
            continue
        name = service_of(step["name"])
        claimant, released = new["services"][name], set()
        for other in steps.values():
            if other["kind"] != "container" or other["action"] not in ("stop", "remove"):
                continue
            holder = service_of(other["name"])
            held = old["services"][holder]
            depends = name in dependencies(new["services"], holder, held.get("depends_on", []))
            if meet(held, claimant) or depends:
                assert other["number"] in before[number], f"start of {name} does not wait for step {other['number']}, {other['action']} of {holder}"
                checked += 1
            elif holder != name:
                released.add(other["number"])
        free = set(claimant) == {"image", "environment"} and not any(
            name in dependencies(new["services"], other, old["services"].get(other, {}).get("depends_on", [])) for other in [*new["services"], *old["services"]])
        if free:
            assert not released & before[number], f"start of {name}, which claims nothing, waits for {released & before[number]}"
    return checked


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("compose")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    program, checked = os.path.abspath(options.compose), 0
    print(f"seed {options.seed}")
    for number in range(options.pairs):
        pick = random.Random(options.seed + number)
        old, new = random_file(pick), random_file(pick)
        with tempfile.TemporaryDirectory(prefix="release-") as directory, ScriptedEngine(os.path.join(directory, "e.sock")) as engine:
            def run(file, *arguments):
                with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as out:
                    json.dump(file, out)
                return subprocess.run([program, *arguments], cwd=directory, capture_output=True, text=True, timeout=60, check=False,
                                      env={"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory,
                                           "DOCKER_HOST": f"unix://{engine.path}"})

            engine.model.add_image("one")
            first = run(old, "up", "-d")
            assert first.returncode == 0, first.stderr
            second = run(new, "plan", "--remove-orphans", "--json")
            assert second.returncode in (0, 2), second.stderr
            try:
                checked += check(old, new, json.loads(second.stdout))
            except AssertionError:
                print(f"pair {number}: --seed {options.seed + number} --pairs 1\n{json.dumps(old)}\n{json.dumps(new)}\n{second.stdout}")
                raise
    print(f"{options.pairs} pairs: {checked} starts behind what they wait for")
    return 0


if __name__ == "__main__":
    sys.exit(main())
