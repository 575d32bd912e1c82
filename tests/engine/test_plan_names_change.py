#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On real engines: a service with every attribute that an engine stores; of each, change and removal are named alone.

usage: test_plan_names_change.py COMPOSE
       COMPOSE_TEST_ENGINE and COMPOSE_TEST_ENGINE_NEW name the engines

An engine tells attributes back in its own words and fills in what was left open. None of that may show up as a change.
"""
import copy
import json
import os
import subprocess
import sys
import tempfile

from engine_api import EngineApi

# attribute: (value, another value, what plan calls the change)
ATTRIBUTES = {
    "blkio_config": ({"weight": 300}, {"weight": 400}, "blkio_config.weight"),
    "cap_add": (["NET_ADMIN"], ["NET_ADMIN", "SYS_TIME"], "cap_add"),
    "cap_drop": (["MKNOD"], ["CHOWN"], "cap_drop"),
    "command": ("sleep 1000", ["sleep", "1001"], "command"),
    "cpu_shares": (512, 256, "cpu_shares"),
    "cpus": (0.5, 1.5, "cpus"),
    "cpuset": ("0", "0-1", "cpuset"),
    "devices": (["/dev/null:/dev/a"], ["/dev/null:/dev/b:r"], "devices"),
    "dns": (["192.0.2.1"], ["192.0.2.2"], "dns"),
    "dns_opt": (["ndots:1"], ["ndots:2"], "dns_opt"),
    "dns_search": (["a.example"], ["b.example"], "dns_search"),
    "domainname": ("a.example", "b.example", "domainname"),
    "entrypoint": (["env"], ["/bin/busybox"], "entrypoint"),
    "environment": ({"SAME": "1", "ONE": "1", "EMPTY": ""}, {"SAME": "1", "ONE": "2", "EMPTY": ""}, "environment.ONE"),
    "expose": (["81"], ["82"], "expose"),
    "extra_hosts": (["a=192.0.2.1"], ["a=192.0.2.2"], "extra_hosts"),
    "group_add": (["4"], ["5"], "group_add"),
    "healthcheck": ({"test": ["CMD", "true"], "interval": "90s", "retries": 4}, {"test": ["CMD", "true"], "interval": "45s", "retries": 4},
                    "healthcheck.interval"),
    "hostname": ("one", "two", "hostname"),
    "init": (True, False, "init"),
    "ipc": ("private", "shareable", "ipc"),
    "labels": ({"a.b": "1", "c": "same"}, {"a.b": "2", "c": "same"}, "labels.a.b"),
    "logging": ({"driver": "json-file", "options": {"max-size": "10m"}}, {"driver": "json-file", "options": {"max-size": "20m"}},
                "logging.options"),
    "mem_limit": ("64m", "128m", "mem_limit"),
    "mem_reservation": ("32m", "16m", "mem_reservation"),
    "networks": ({"default": {"aliases": ["x"]}, "back": {"ipv4_address": "198.51.100.9"}},
                 {"default": {"aliases": ["x"]}, "back": {"ipv4_address": "198.51.100.10"}}, "networks.back.ipv4_address"),
    "oom_score_adj": (100, 200, "oom_score_adj"),
    "pid": ("host", "", "pid"),
    "pids_limit": (100, 200, "pids_limit"),
    "ports": (["127.0.0.1::80", "8090:90/udp"], ["127.0.0.1::80", "8091:90/udp"], "ports"),
    "privileged": (True, False, "privileged"),
    "read_only": (True, False, "read_only"),
    "restart": ("always", "on-failure:3", "restart"),
    "security_opt": (["label=disable", "no-new-privileges:true"], ["label=disable"], "security_opt"),
    "shm_size": ("32m", "16m", "shm_size"),
    "stdin_open": (True, False, "stdin_open"),
    "stop_grace_period": ("1m30s", "2s", "stop_grace_period"),
    "stop_signal": ("SIGUSR1", "SIGHUP", "stop_signal"),
    "sysctls": ({"net.core.somaxconn": "1024"}, {"net.core.somaxconn": "2048"}, "sysctls.net.core.somaxconn"),
    "tmpfs": (["/run:size=1m"], ["/run:size=2m"], "tmpfs"),
    "tty": (True, False, "tty"),
    "ulimits": ({"nofile": {"soft": 1000, "hard": 2000}, "nproc": 50}, {"nofile": {"soft": 1000, "hard": 3000}, "nproc": 50}, "ulimits"),
    "user": ("1:1", "2", "user"),
    "userns_mode": ("host", "", "userns_mode"),
    "volumes": (["data:/data", "/anonymous", "./here:/here:ro", {"type": "tmpfs", "target": "/t", "tmpfs": {"size": 1000000}}],
                ["data:/data", "/anonymous", "./there:/here:ro", {"type": "tmpfs", "target": "/t", "tmpfs": {"size": 1000000}}], "volumes"),
    "working_dir": ("/tmp", "/var", "working_dir"),
}
# These exclude each other, so that not all can stand in one service.
ALONE = {
    "deploy": ({"resources": {"limits": {"memory": "64m", "cpus": "0.5", "pids": 5}}},
               {"resources": {"limits": {"memory": "65m", "cpus": "0.5", "pids": 5}}}, "deploy.resources.limits.memory"),
    "network_mode": ("none", "host", "network_mode"),
    "restart": ("always", "unless-stopped", "restart"),
    "environment": ({"API_KEY": "one", "PASSWORD": "two"}, {"API_KEY": "other", "PASSWORD": "two"}, "environment.API_KEY"),
    "image": ("busybox", "busybox:latest", "image"),
    "attach": (True, False, None),
    "post_start": ([{"command": ["true"]}], [{"command": ["false"]}], None),
}
# A kernel may lack these, and the engine then drops them.
MAY_BE_DROPPED = {"blkio_config", "mem_reservation", "pids_limit", "cpuset", "cpu_shares", "cpus"}
# Absent, these mean the same to an engine as the value that is there; nothing is stored that could tell.
SAME_WHEN_ABSENT = {"ipc", "attach", "image", "networks", "deploy", "post_start", "network_mode"}


# The same for a network: all of it but one attribute stays.
NETWORK = {"labels": {"a": "1", "b": "same"}, "driver_opts": {"com.docker.network.bridge.enable_icc": "true"}, "internal": True,
           "attachable": True, "ipam": {"config": [{"subnet": "203.0.113.0/24"}]}}
NETWORK_CHANGES = [({"labels": {"a": "2", "b": "same"}}, "labels.a"), ({"labels": {"b": "same"}}, "labels.a"),
                   ({"internal": False}, "internal"), ({"attachable": False}, "attachable"),
                   ({"driver_opts": {"com.docker.network.bridge.enable_icc": "false"}},
                    "driver_opts.com.docker.network.bridge.enable_icc"),
                   ({"ipam": {"config": [{"subnet": "203.0.113.0/25"}]}}, "ipam.config")]


def document(service, network):
    return {"services": {"one": {"image": "busybox", **service}}, "volumes": {"data": {}},
            "networks": {"default": network, "back": {"ipam": {"config": [{"subnet": "198.51.100.0/24"}]}}}}


class Stage:
    def __init__(self, program, directory, socket_path):
        self.program, self.directory, self.socket_path = program, directory, socket_path
        self.project = f"names-{os.getpid()}"

    def run(self, service, *command, name="one.yaml", network={}):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            json.dump(document(service, network), file, indent=1)
        return subprocess.run([self.program, "-p", self.project, "-f", name, *command], cwd=self.directory, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120,
                              env={"PATH": "/usr/bin:/bin", "HOME": self.directory, "XDG_RUNTIME_DIR": self.directory,
                                   "DOCKER_HOST": f"unix://{self.socket_path}", **{name: os.environ[name] for name in
                                                                                   ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}})

    def differences(self, service, network={}):
        """what plan says is different"""
        done = self.run(service, "plan", "--no-start", "--json", network=network)
        assert done.returncode in (0, 2), done.stderr
        steps = json.loads(done.stdout)["steps"]
        return [(reason.get("attribute"), reason.get("old"), reason.get("new")) for step in steps for reason in step["reasons"]
                if reason["text"] not in ("configuration changed", "its definition changed", "replaced")]

    def try_all(self, base, table):
        """create with `base`, then change and drop each attribute of the table; returns what was wrong"""
        made = self.run(base, "create")
        assert made.returncode == 0, made.stderr
        assert self.run(base, "plan", "--no-start").returncode == 0, self.run(base, "plan", "--no-start").stdout
        wrong = []
        for name, (_, other, expected) in table.items():
            changed = copy.deepcopy(base)
            changed[name] = other
            found = self.differences(changed)
            if [one[0] for one in found] != [expected]:
                wrong.append(f"{name} changed: {found}")
            del changed[name]
            found = {one[0] for one in self.differences(changed)}
            if found == {None} and name in MAY_BE_DROPPED:
                continue
            if name not in SAME_WHEN_ABSENT and (not found or any(one is None or one.split(".")[0] != name for one in found)):
                wrong.append(f"{name} dropped: {found}")
        return wrong


def try_engine(program, socket_path):
    wrong = []
    with tempfile.TemporaryDirectory(prefix="names-") as directory:
        stage = Stage(program, directory, socket_path)
        try:
            wrong += stage.try_all({name: value for name, (value, _, _) in ATTRIBUTES.items()}, ATTRIBUTES)
            for name, row in ALONE.items():
                wrong += stage.try_all({name: row[0]}, {name: row})
            made = stage.run({}, "create", network=NETWORK)
            assert made.returncode == 0, made.stderr
            for change, expected in NETWORK_CHANGES:
                found = stage.differences({}, {**NETWORK, **change})
                if [one[0] for one in found] != [expected]:
                    wrong.append(f"network, {change}: {found}")
            # What looks secret is masked, unless asked for.
            secret = stage.run({"environment": {"API_KEY": "one"}}, "create")
            assert secret.returncode == 0, secret.stderr
            shown = stage.run({"environment": {"API_KEY": "zwei"}}, "plan", "--no-start").stdout
            assert "zwei" not in shown and "(changed)" in shown, shown
            shown = stage.run({"environment": {"API_KEY": "zwei"}}, "plan", "--no-start", "--show-values").stdout
            assert "environment.API_KEY one -> zwei (" in shown, shown
        finally:
            EngineApi(socket_path).remove_project(stage.project)
    return wrong


def main():
    program = os.path.abspath(sys.argv[1])
    engines = [os.environ[name].removeprefix("unix://") for name in ("COMPOSE_TEST_ENGINE", "COMPOSE_TEST_ENGINE_NEW")
               if os.environ.get(name)]
    if not engines:
        print("skipped: COMPOSE_TEST_ENGINE names no engine")
        return 77
    wrong = []
    for engine in engines:
        wrong += [f"{engine}: {line}" for line in try_engine(program, engine)]
        print(f"{engine}: {len(ATTRIBUTES) + len(ALONE)} attributes changed and dropped", flush=True)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
