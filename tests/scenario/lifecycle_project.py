# SPDX-License-Identifier: Apache-2.0
"""Random small projects, random edits of them, and random operations: a sequence as data.

A sequence is {"seed", "buildx", "project", "operations"}; an operation is one of
    {"verb": "up", "profiles": [...], "flags": [...], "services": [...], "tail": [...]}     a command
    {"edit": project}                                                                       the whole file from now on
    {"outside": NAME, "pick": 0..1, "more": ...}                                            somebody else's request to the engine
Texts hold @project, @net (the first two parts of a subnet) and @port0@, @port1@ ..., which render() fills in, so that a sequence
can be replayed beside other runs.
"""
import copy
import json
import random
import re

IMAGES = ["busybox", "busybox:1.36", "alpine", "alpine:3.20"]
LONG = ["sh", "-c", "trap 'exit 0' TERM INT; sleep 9999 & wait"]
SLOW_STOP = ["sh", "-c", "trap 'sleep 1; exit 0' TERM INT; sleep 9999 & wait"]
JOB = ["sh", "-c", "exit 0"]
NAMES = ["a", "b", "c", "web", "db-x", "e_f"]
REFERENCES = ("network_mode", "ipc", "pid")


def render(value, project, net, port):
    text = json.dumps(value).replace("@project", project).replace("@net", net)
    return json.loads(re.sub(r"@port(\d+)@", lambda match: str(port + int(match[1])), text))


def is_job(service):
    return service["command"][-1].startswith("exit 0")


def referred(service):
    """the services that this one names, apart from depends_on"""
    names = [service[key].removeprefix("service:") for key in REFERENCES if service.get(key, "").startswith("service:")]
    names += [text.split(":")[0] for key in ("volumes_from", "links") for text in service.get(key, [])]
    return names


def needed(project, names):
    """these services and all that they need, in no order"""
    found, open_names = set(), list(names)
    while open_names:
        name = open_names.pop()
        if name not in found and name in project["services"]:
            found.add(name)
            service = project["services"][name]
            open_names += list(service.get("depends_on", {})) + referred(service)
    return found


def active(project, profiles):
    return [name for name, service in project["services"].items()
            if not service.get("profiles") or set(service["profiles"]) & set(profiles)]


def replicas(service):
    return service.get("scale", service.get("deploy", {}).get("replicas", 1))


class Generator:
    def __init__(self, seed):
        self.random, self.seed = random.Random(seed), seed
        self.ports = self.addresses = self.texts = 0

    def maybe(self, chance):
        return self.random.random() < chance

    def choice(self, *values):
        return self.random.choice(values)

    def fresh(self):
        self.texts += 1
        return str(self.texts)

    def service(self, project, name, before):
        service = {"image": self.random.choice(IMAGES)}
        kind = self.random.choices(["long", "slow", "job"], [8, 3, 2])[0]
        service["command"] = list({"long": LONG, "slow": SLOW_STOP, "job": JOB}[kind])
        if kind != "job" and self.maybe(.25):
            service["healthcheck"] = {"test": ["CMD", "true"], "interval": "300ms", "retries": 20, "timeout": "20s"}
        if before and self.maybe(.45):
            service["depends_on"] = {other: self.dependency(project, other)
                                     for other in self.random.sample(before, min(len(before), self.choice(1, 1, 2)))}
        if self.maybe(.5):
            service["volumes"] = [self.mount(project, f"/m{number}") for number in range(self.choice(1, 1, 2))]
        shared = before and self.maybe(.15) and self.share(project, service, before)
        if not shared and self.maybe(.5):
            self.attach(project, service, name)
        if not shared and self.maybe(.25):
            self.publish(service)
        if self.maybe(.15):
            self.give_config(project, service)
        if self.maybe(.3):
            service["environment"] = {"A": self.fresh()}
        if self.maybe(.2):
            service["labels"] = {"l1": self.fresh()}
        if kind != "job" and self.maybe(.1):
            service["post_start"] = [{"command": ["touch", "/tmp/started"]}]
        if kind != "job" and self.maybe(.1):
            service["pre_stop"] = [{"command": ["true"]}]
        if kind != "job" and self.maybe(.1):
            service["restart"] = self.choice("always", "unless-stopped")
        if self.maybe(.1):
            service["container_name"] = f"@project-own-{name}"
        elif self.may_scale(service) and self.maybe(.25):
            service["scale"] = self.choice(2, 2, 3, 0)
        if project["builds"] and kind != "job" and self.maybe(.4):
            service["build"] = {"context": "./b", "args": {"X": self.fresh()}}
            del service["image"]
            if self.maybe(.15):
                service["pull_policy"] = "build"
        return service

    def dependency(self, project, other):
        service = project["services"][other]
        conditions = ["service_started"]
        if is_job(service):
            conditions = ["service_completed_successfully"]
        elif "healthcheck" in service:
            conditions.append("service_healthy")
        found = {"condition": self.random.choice(conditions)}
        if self.maybe(.25):
            found["restart"] = True
        return found

    def mount(self, project, target):
        kind = self.choice("named", "named", "named", "anonymous", "anonymous", "bind", "external")
        mount = {"type": "bind" if kind == "bind" else "volume", "target": target}
        if kind == "named":
            mount["source"] = self.choice("v1", "v2", "v3")
            project["volumes"].setdefault(mount["source"], self.volume())
        elif kind == "bind":
            mount["source"] = "./d"
        elif kind == "external":
            mount["source"] = "ext"
            project["volumes"]["ext"] = {"external": True, "name": "@project-ext"}
        if kind != "anonymous" and self.maybe(.15):
            mount["read_only"] = True
        return mount

    def volume(self):
        return self.choice({}, {}, {"labels": {"vl": self.fresh()}}, {"name": f"@project-named-{self.choice(1, 2, 3)}"})

    def network(self, name):
        config = [{"subnet": f"@net.{'123'.index(name[-1]) if name[-1] in '123' else 7}.0/24"}]
        return self.choice({}, {"labels": {"nl": self.fresh()}}, {"ipam": {"config": config}}, {"ipam": {"config": config}},
                           {"internal": True}, {"name": f"@project-net-{name}"})

    def attach(self, project, service, name):
        service["networks"] = {}
        for network in self.random.sample(["n1", "n2", "default", "extnet"], self.choice(1, 1, 2)):
            if network == "extnet":
                project["networks"]["extnet"] = {"external": True, "name": "@project-extnet"}
            elif network != "default":
                project["networks"].setdefault(network, self.network(network))
            point = {}
            if self.maybe(.3):
                point["aliases"] = [f"al-{name}"]
            if "ipam" in project["networks"].get(network, {}) and self.maybe(.5) and replicas(service) <= 1:
                self.addresses += 1
                point["ipv4_address"] = f"@net.{'123'.index(network[-1])}.{100 + self.addresses}"
            service["networks"][network] = point

    def publish(self, service):
        if replicas(service) > 1:
            return
        service.setdefault("ports", []).append({"target": 80 + self.ports, "published": f"@port{self.ports}@", "protocol": "tcp",
                                                "mode": "ingress"})
        self.ports += 1

    def share(self, project, service, before):
        """refer to another service; true when there can be no networks of its own"""
        candidates = [name for name in before if not is_job(project["services"][name]) and replicas(project["services"][name]) > 0
                      and "network_mode" not in project["services"][name]]
        if not candidates or is_job(service):
            return False
        other = self.random.choice(candidates)
        kind = self.choice("network_mode", "network_mode", "ipc", "pid", "volumes_from", "links")
        if kind == "volumes_from":
            service[kind] = [other]
        elif kind == "links":
            if "networks" in project["services"][other]:
                return False
            service[kind] = [f"{other}:lnk"]
            service.pop("networks", None)
        else:
            service[kind] = f"service:{other}"
            if kind == "ipc":
                project["services"][other]["ipc"] = "shareable"
        return kind in ("network_mode", "links")

    def give_config(self, project, service):
        kind = self.choice("configs", "secrets")
        key, definition = self.random.choice(
            [("cfile", {"file": "./f.txt"})] + ([("ctext", {"content": f"text {self.fresh()}\n"})] if kind == "configs"
                                                else [("cenv", {"environment": "RANDOM_TEXT"})]))
        project[kind][key] = definition
        service[kind] = [{"source": key, "target": f"/etc/{key}" if kind == "configs" else key}]

    @staticmethod
    def may_scale(service):
        return not ("container_name" in service or "ports" in service or "ipv4_address" in str(service))

    def project(self):
        project = {"services": {}, "networks": {}, "volumes": {}, "configs": {}, "secrets": {}, "builds": self.maybe(.2)}
        for name in self.random.sample(NAMES, self.choice(1, 2, 2, 3, 3, 4)):
            project["services"][name] = self.service(project, name, list(project["services"]))
        self.profile(project, .15)
        return project

    def profile(self, project, chance):
        """only services that no other one needs: a file whose services need an inactive one is not valid"""
        for name in project["services"]:
            others = {need for other in project["services"] if other != name for need in needed(project, [other])}
            if name not in others and len(active(project, [])) > 1 and self.maybe(chance):
                project["services"][name]["profiles"] = ["p1"]

    # ---- edits

    def edit(self, project):
        project = copy.deepcopy(project)
        for _ in range(self.choice(1, 1, 1, 2, 3)):
            name = self.random.choice(list(project["services"]))
            edits = [self.edit_text, self.edit_text, self.edit_add, self.edit_remove, self.edit_networks, self.edit_network,
                     self.edit_network, self.edit_mounts, self.edit_volume, self.edit_scale, self.edit_rename, self.edit_drop,
                     self.edit_again, self.edit_move, self.edit_move, self.edit_profile, self.edit_config]
            self.random.choice(edits)(project, name, project["services"][name])
        return project

    def edit_text(self, project, name, service):
        kind = self.choice("environment", "labels", "command", "image", "build")
        if kind == "environment":
            service["environment"] = {"A": self.fresh(), "N": "z"}
        elif kind == "labels":
            service["labels"] = {"l1": self.fresh()}
        elif kind == "command":
            service["command"][2] = service["command"][2].split(" #")[0] + f" # {self.fresh()}"
        elif "build" in service:
            service["build"]["args"]["X"] = self.fresh()
        else:
            service["image"] = self.random.choice(IMAGES)

    def edit_add(self, project, name, service):
        free = [other for other in NAMES + ["new"] if other not in project["services"]]
        if free:
            usable = [other for other in project["services"] if "profiles" not in project["services"][other]]
            project["services"][free[0]] = self.service(project, free[0], usable)

    def edit_remove(self, project, name, service):
        if active(project, []) != [name]:
            drop_service(project, name)

    def edit_networks(self, project, name, service):
        if "network_mode" not in service and "links" not in service and not is_linked(project, name):
            self.attach(project, service, name)

    def edit_network(self, project, name, service):
        own = [key for key in project["networks"] if "external" not in project["networks"][key]]
        if not own or self.maybe(.2):
            project["networks"]["default"] = {"labels": {"nl": self.fresh()}}
            return
        key = self.random.choice(own)
        new = self.network(key)
        has_address = any("ipv4_address" in (other.get("networks", {}).get(key) or {}) for other in project["services"].values())
        project["networks"][key] = {**project["networks"][key], "labels": {"nl": self.fresh()}} if has_address else new

    def edit_mounts(self, project, name, service):
        target = f"/m{self.choice(0, 1, 2)}"
        kept = [mount for mount in service.get("volumes", []) if mount["target"] != target]
        service["volumes"] = kept + [self.mount(project, target)]

    def edit_volume(self, project, name, service):
        own = [key for key in project["volumes"] if "external" not in project["volumes"][key]]
        if own:
            project["volumes"][self.random.choice(own)] = self.volume()

    def edit_scale(self, project, name, service):
        shared = any(name in referred(other) for other in project["services"].values())
        if self.may_scale(service):
            service["scale"] = self.choice(1, 2) if shared else self.choice(0, 1, 2, 3)

    def edit_rename(self, project, name, service):
        new = f"rn-{name}" if not name.startswith("rn-") else name[3:]
        if new not in project["services"]:
            rename_service(project, name, new)

    def edit_drop(self, project, name, service):
        shared = any(name in referred(other) for other in project["services"].values())
        optional = [key for key in service if key not in ("image", "command", "build", "networks") and not (shared and key == "ipc")
                    and not (key == "healthcheck" and "service_healthy" in str(project))]
        if optional:
            del service[self.random.choice(optional)]

    def edit_again(self, project, name, service):
        names = list(project["services"])
        before = [other for other in names[:names.index(name)] if "profiles" not in project["services"][other]]
        if not any(name in needed(project, [other]) for other in names if other != name):
            project["services"][name] = self.service(project, name, before)

    def edit_move(self, project, name, service):
        """a port, a static address or all mounts go from one service to another"""
        others = [key for key, other in project["services"].items() if key != name and "network_mode" not in other
                  and replicas(other) <= 1 and not is_linked(project, key) and "links" not in other]
        if not others:
            return
        other = project["services"][self.random.choice(others)]
        kind = self.choice("ports", "volumes", "networks")
        if kind not in service or kind == "networks" and ("ipv4_address" not in str(service) or is_linked(project, name)):
            return
        service[kind], moved = other.get(kind), service[kind]
        other[kind] = moved
        if service[kind] is None:
            del service[kind]
        for one in (service, other):
            if not self.may_scale(one):
                one.pop("scale", None)

    def edit_profile(self, project, name, service):
        if service.pop("profiles", None) is None:
            self.profile(project, .4)

    def edit_config(self, project, name, service):
        self.give_config(project, service)

    # ---- operations

    def operation(self, project):
        kind = self.random.choices(
            ["up", "edit", "down", "stop", "start", "restart", "kill", "rm", "pause", "unpause", "scale", "create", "run", "exec",
             "outside"], [8, 11, 2, 2, 2, 2, 1, 2, 1, 1, 2, 1, 2, 1, 5])[0]
        if kind == "edit":
            return {"edit": self.edit(project)}
        if kind == "outside":
            return {"outside": self.choice("stop", "rm", "kill", "disconnect", "pause", "start", "volume", "foreign", "foreign",
                                           "neighbour"), "pick": self.random.random()}
        profiles = ["p1"] if self.maybe(.1) else []
        names = active(project, profiles)
        some = [self.random.choice(names)] if names and self.maybe(.35) else []
        found = {"verb": kind, "profiles": profiles, "flags": [], "services": some, "tail": []}
        if kind in ("up", "create"):
            found["flags"] = self.up_flags(project, some or names, kind)
        elif kind == "down":
            found["flags"] = ["-v"] * self.maybe(.3) + ["--remove-orphans"] * self.maybe(.3)
            found["services"] = some if self.maybe(.4) else []
        elif kind == "rm":
            found["flags"] = ["-f"] + ["-s"] * self.maybe(.6) + ["-v"] * self.maybe(.3)
        elif kind in ("scale", "run", "exec"):
            return self.on_one(found, project, names)
        return found

    def up_flags(self, project, names, kind):
        flags = []
        for flag, chance in (("--force-recreate", .08), ("--no-recreate", .06), ("--remove-orphans", .2), ("-y", .15)):
            flags += [flag] * (self.maybe(chance) and not (flag == "--no-recreate" and flags))
        if project["builds"] and self.maybe(.5):
            flags.append("--build")
        if kind == "up":
            flags += ["--no-deps"] * self.maybe(.06) + ["--wait"] * (self.maybe(.1) and not self.has_jobs(project))
            flags += ["-V"] * (self.maybe(.08) and "--no-recreate" not in flags)
        scalable = [name for name in names if self.may_scale(project["services"][name])]
        if scalable and self.maybe(.1):
            flags += ["--scale", f"{self.random.choice(scalable)}={self.choice(1, 2, 3)}"]
        return flags

    @staticmethod
    def has_jobs(project):
        return any(is_job(service) for service in project["services"].values())

    def on_one(self, found, project, names):
        verb = found["verb"]
        usable = [name for name in names if verb != "scale" or self.may_scale(project["services"][name])]
        if not usable:
            return {**found, "verb": "up", "services": []}
        name = self.random.choice(usable)
        found["services"] = [name]
        if verb == "scale":
            found["services"] = [f"{name}={self.choice(1, 2, 3)}"]
        elif verb == "run":
            code = self.choice(0, 0, 6)
            found["flags"] = ["--rm"] * self.maybe(.6) + ["-T"]
            found["tail"] = ["sh", "-c", f"exit {code}"]
        else:
            found["flags"], found["tail"] = ["-T"], ["true"]
        return found

    def sequence(self, length=None):
        project = self.project()
        found = {"seed": self.seed, "buildx": self.maybe(.5), "project": copy.deepcopy(project), "operations": []}
        operations = found["operations"]
        operations.append({"verb": "up", "profiles": [], "flags": [], "services": [], "tail": []})
        count = length or self.random.randint(4, 9)
        while len(operations) < count:
            operation = self.operation(project)
            operations.append(operation)
            if "edit" in operation:
                project = operation["edit"]
                if self.maybe(.85):
                    profiles = ["p1"] if self.maybe(.1) else []
                    names = active(project, profiles)
                    some = [self.random.choice(names)] if names and self.maybe(.15) else []
                    operations.append({"verb": "up", "profiles": profiles, "tail": [], "services": some,
                                       "flags": self.up_flags(project, some or names, "up") if self.maybe(.5) else []})
        return found


def is_linked(project, name):
    return any(text.split(":")[0] == name for other in project["services"].values() for text in other.get("links", []))


def drop_service(project, name):
    """remove a service and what refers to it"""
    del project["services"][name]
    for service in project["services"].values():
        service.get("depends_on", {}).pop(name, None)
        if not service.get("depends_on", True):
            del service["depends_on"]
        for key in REFERENCES:
            if service.get(key) == f"service:{name}":
                del service[key]
        for key in ("volumes_from", "links"):
            if key in service and any(text.split(":")[0] == name for text in service[key]):
                del service[key]


def rename_service(project, name, new):
    project["services"] = {new if key == name else key: service for key, service in project["services"].items()}
    for service in project["services"].values():
        if name in service.get("depends_on", {}):
            service["depends_on"] = {new if key == name else key: value for key, value in service["depends_on"].items()}
        for key in REFERENCES:
            if service.get(key) == f"service:{name}":
                service[key] = f"service:{new}"
        for key in ("volumes_from", "links"):
            if key in service:
                service[key] = [re.sub(rf"^{re.escape(name)}(?=:|$)", new, text) for text in service[key]]
