# SPDX-License-Identifier: Apache-2.0
"""One random lifecycle on one engine: its files, its steps, and after each step all that must hold.

    with Stage(program, socket_path, number, sequence) as stage:
        stage.play()                    # raises Violation

`plan` is asked right before each `up`, and must have announced exactly what `up` then requests. A second `up` must request nothing.
"""
import json
import os
import shutil
import subprocess
import tempfile
import time

import lifecycle_checks as checks
from engine_api import EngineApi
from lifecycle_project import active, is_job, needed, render, replicas
from lifecycle_state import ANONYMOUS, Period, Recorder, Snapshot, Translator, is_change, label_of, planned_actions

# Against hanging for ever; nothing is expected of a time.
JOBS_END_S, COMMAND_ENDS_S = 300, 600
PLAN_FLAGS = {"--build", "--force-recreate", "--no-deps", "--no-recreate", "--remove-orphans", "-V", "-y", "--scale"}
DOCKERFILE = "FROM busybox\nARG X\nLABEL x=$X\n"


class Violation(Exception):
    """`told`: what the program wrote"""

    def __init__(self, kind, text, told=""):
        super().__init__(f"{kind}: {text}")
        self.kind, self.told = kind, told


class Stage:
    """one sequence on one engine"""

    def __init__(self, program, socket_path, number, sequence):
        self.program, self.api, self.sequence = program, EngineApi(socket_path), sequence
        self.project = f"lc{os.getpid()}x{number}"
        self.net = f"10.{64 + os.getpid() % 128}"
        self.port = 20000 + os.getpid() % 100 * 100
        self.directory = tempfile.mkdtemp(prefix="lifecycle-")
        self.recorder = Recorder(os.path.join(self.directory, "engine.sock"), socket_path)
        self.log, self.anonymous, self.mounted = [], set(), set()
        self.commands = self.refusals = self.number = 0

    def __enter__(self):
        self.recorder.__enter__()
        work = self.work = os.path.join(self.directory, "work")
        os.makedirs(os.path.join(work, "d"))
        os.makedirs(os.path.join(work, "b"))
        for name, text in (("f.txt", "text of a file\n"), ("b/Dockerfile", DOCKERFILE)):
            with open(os.path.join(work, name), "w", encoding="utf-8") as file:
                file.write(text)
        buildx = os.environ.get("COMPOSE_TEST_BUILDX")
        if buildx and self.sequence["buildx"]:
            os.makedirs(os.path.join(self.directory, ".docker", "cli-plugins"))
            os.symlink(buildx, os.path.join(self.directory, ".docker", "cli-plugins", "docker-buildx"))
        self.create("volumes", {"Name": f"{self.project}-ext"})
        self.create("networks", {"Name": f"{self.project}-extnet"})
        self.write(self.sequence["project"])
        return self

    def create(self, kind, body):
        status, answer = self.api.ask("POST", f"/{kind}/create", body)
        assert status == 201, answer
        return answer

    def write(self, project):
        self.source = project
        self.document = render({"name": "@project", **{key: value for key, value in project.items() if value and key != "builds"}},
                               self.project, self.net, self.port)
        with open(os.path.join(self.work, "compose.yaml"), "w", encoding="utf-8") as file:
            json.dump(self.document, file, indent=1)

    def __exit__(self, *_):
        self.recorder.__exit__()
        now = self.snapshot()
        for key in now.containers:
            self.api.ask("DELETE", f"/containers/{key}?force=1&v=1")
        for key in now.networks:
            self.api.ask("DELETE", f"/networks/{key}")
        for name in {*now.volumes, *self.anonymous}:
            self.api.ask("DELETE", f"/volumes/{name}")
        for row in self.api.get("/images/json")[1]:
            for tag in row["RepoTags"] or []:
                if tag.startswith(f"{self.project}-"):
                    self.api.ask("DELETE", f"/images/{tag}")
        shutil.rmtree(self.directory)

    def snapshot(self):
        found = Snapshot(self.api, self.project, self.anonymous)
        self.anonymous |= {name for name in found.volumes if ANONYMOUS.match(name)}
        self.mounted |= {(label_of(one, "service"), mount["Destination"], mount["Name"])
                         for one in found.of(self.project) for mount in one["Mounts"] if mount["Type"] == "volume"}
        return found

    def settled(self):
        """the state once no job runs any more"""
        limit = time.monotonic() + JOBS_END_S
        while True:
            found = self.snapshot()
            jobs = [one for one in found.of(self.project) if one["State"]["Running"] and is_job({"command": one["Config"]["Cmd"]})]
            if not jobs or time.monotonic() > limit:
                return found
            time.sleep(.1)

    def run(self, operation):
        """one command: its exit code, output, and changing requests"""
        words = []
        for name in operation["profiles"]:
            words += ["--profile", name]
        verb = operation["verb"]
        words += [verb] + ["-d"] * (verb == "up") + operation["flags"] + operation["services"] + operation["tail"]
        self.recorder.take()
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.directory, "XDG_RUNTIME_DIR": self.directory,
                       "DOCKER_CONFIG": os.path.join(self.directory, ".docker"), "RANDOM_TEXT": "text of a variable",
                       "DOCKER_HOST": f"unix://{self.recorder.listen_path}",
                       **{name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}}
        try:
            done = subprocess.run([self.program, *words], cwd=self.work, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=COMMAND_ENDS_S, env=environment)
        except subprocess.TimeoutExpired as expired:
            raise Violation("hang", f"compose {' '.join(words)} does not end", str(expired.stderr)) from expired
        requests = [(line, body) for line, body in self.recorder.take() if is_change(line)]
        self.log.append(f"$ compose {' '.join(words)}\n  exit {done.returncode}, {len(requests)} changing requests")
        return done, requests

    # ---- steps

    def play(self):
        self.state = self.snapshot()
        for number, operation in enumerate(self.sequence["operations"]):
            self.number = number
            if "edit" in operation:
                self.write(operation["edit"])
                self.log.append("edit")
            elif "outside" in operation:
                self.outside(operation)
            else:
                self.command(render(operation, self.project, self.net, self.port))

    def outside(self, operation):
        what = operation["outside"]
        mine = self.state.of(self.project)
        status = None
        if what == "volume":
            keys = sorted(key for key, value in self.document.get("volumes", {}).items() if not value.get("external"))
            if keys:
                name = checks.volume_name(self.project, self.document, keys[int(operation["pick"] * len(keys))])
                status = self.api.ask("POST", "/volumes/create", {"Name": name})[0]
                what = f"volume {name}"
        elif what in ("foreign", "neighbour"):
            status = self.add_foreign(what, operation["pick"])
        elif mine:
            one = mine[int(operation["pick"] * len(mine))]
            key, networks = one["Id"], sorted(one["NetworkSettings"]["Networks"] or {})
            requests = {"stop": ("POST", f"/containers/{key}/stop"), "kill": ("POST", f"/containers/{key}/kill"),
                        "start": ("POST", f"/containers/{key}/start"), "pause": ("POST", f"/containers/{key}/pause"),
                        "rm": ("DELETE", f"/containers/{key}?force=1")}
            if what in requests:
                status = self.api.ask(*requests[what])[0]
            elif networks:
                status = self.api.ask("POST", f"/networks/{networks[0]}/disconnect", {"Container": key, "Force": True})[0]
            what += " " + one["Name"]
        self.log.append(f"outside: {what}: {status}")
        self.state = self.settled()

    def add_foreign(self, what, pick):
        """a container of nobody, or of another project, on a network and a volume of ours"""
        networks = sorted(row["Name"] for row in self.state.networks.values())
        volumes = sorted(name for name in self.state.volumes if not ANONYMOUS.match(name))
        labels = {"com.docker.compose.project": f"{self.project}other", "com.docker.compose.service": "a",
                  "com.docker.compose.container-number": "1", "com.docker.compose.oneoff": "False"} if what == "neighbour" else {}
        network, volume = networks[int(pick * len(networks))], volumes[int(pick * len(volumes))]
        body = {"Image": "busybox", "Cmd": ["sleep", "9999"], "Labels": labels,
                "HostConfig": {"Init": True, "NetworkMode": network, "Binds": [f"{volume}:/v"]},
                "NetworkingConfig": {"EndpointsConfig": {network: {"Aliases": ["friend"]}}}}
        status, answer = self.api.ask("POST", f"/containers/create?name={self.project}-{what}", body)
        return self.api.ask("POST", f"/containers/{answer['Id']}/start")[0] if status == 201 else status

    def command(self, operation):
        plan = self.plan(operation) if operation["verb"] == "up" else None
        before = self.state
        self.mounted_before = set(self.mounted)
        with Period(self.api) as period:
            done, requests = self.run(operation)
            after = self.state = self.settled()
        told = done.stderr
        self.commands += 1
        self.refusals += done.returncode != 0
        self.raise_first(told, self.violations(operation, done, before, after, period, plan, requests))
        if operation["verb"] == "up" and done.returncode == 0:
            self.second_up(operation)

    def raise_first(self, told, found):
        found = sorted(set(found))
        if found:
            raise Violation(found[0][0], "\n  ".join(f"{kind}: {text}" for kind, text in found), told)

    def plan(self, operation):
        flags = operation["flags"]
        usable = [flag for index, flag in enumerate(flags)
                  if flag in PLAN_FLAGS or index > 0 and flags[index - 1] == "--scale"]
        done, requests = self.run({**operation, "verb": "plan", "flags": [*usable, "--json"]})
        if requests:
            raise Violation("plan", f"plan changes something: {requests}", done.stderr)
        if done.returncode not in (0, 1, 2):
            raise Violation("plan", f"exit code {done.returncode}", done.stderr)
        plan = {"code": done.returncode, "text": done.stderr}
        if done.returncode != 1:
            plan.update(json.loads(done.stdout))
            if (done.returncode == 2) != bool([step for step in plan["steps"] if step["action"] != "wait for"] or plan["unknown"]):
                raise Violation("plan", f"exit code {done.returncode} with {len(plan['steps'])} steps", done.stdout)
        return plan

    def second_up(self, operation):
        """the same again without what asks for a change"""
        flags = operation["flags"]
        lasting = [flag for index, flag in enumerate(flags) if flag in ("--no-deps", "--no-recreate", "--scale") or
                   index > 0 and flags[index - 1] == "--scale"]
        again = {**operation, "flags": lasting}
        before = self.state
        jobs = {one["Name"].lstrip("/") for one in before.of(self.project) if is_job({"command": one["Config"]["Cmd"]})}
        plan = self.plan(again)
        with Period(self.api) as period:
            done, requests = self.run(again)
            self.state = self.settled()
        told = f"{done.stdout}{done.stderr}"
        made = Translator(before, self.state, period).actions(requests)
        # A job that has ended is run again by each up, unless a service that runs waits for its completion.
        if done.returncode != 0 or not set(made) <= {(verb, "container", name) for name in jobs for verb in ("copy", "start")}:
            raise Violation("second up", f"exit code {done.returncode}, requests {[line for line, _ in requests]}", told)
        if set(before.containers) != set(self.state.containers):
            raise Violation("second up", "other containers", told)
        if plan["code"] == 1 or made != planned_actions(plan) and not asks_first(plan, again):
            raise Violation("plan", f"the second up does {made}", json.dumps(plan))

    # ---- what must hold

    def violations(self, operation, done, before, after, period, plan, requests):
        mine = {name for name, row in before.volumes.items()
                if (row["Labels"] or {}).get("com.docker.compose.project") == self.project}
        yield from checks.deletions(self.project, self.document, operation, before, after, mine)
        yield from checks.foreign(self.project, before, after)
        if done.returncode < 0 or done.returncode > 125:
            yield "exit", f"exit code {done.returncode}"
        verb = operation["verb"]
        yield from checks.overlaps(self.project, self.document, before, after, period)
        yield from getattr(self, f"after_{verb}", self.after_any)(operation, done, before, after, requests)
        if plan is not None:
            yield from self.after_planned(operation, done, before, after, period, plan, requests)

    def after_any(self, operation, done, before, after, requests):
        if done.returncode != 0 and not self.may_refuse(operation, before):
            yield "exit", f"{operation['verb']} ends with {done.returncode}"
        verb = operation["verb"]
        if verb in ("stop", "start", "restart", "kill", "pause", "unpause", "exec") and set(before.containers) != set(after.containers):
            yield "recreated", f"{verb} made or removed containers"
        names = operation["services"] or active(self.source, operation["profiles"])
        for name in names if done.returncode == 0 else []:
            for one in after.of(self.project, name):
                running = one["State"]["Running"] and not one["State"]["Paused"]
                job = is_job({"command": one["Config"]["Cmd"]})
                if verb in ("stop", "kill") and running and one["Id"] in before.containers:
                    yield "state", f"{one['Name']} runs after {verb}"
                if verb in ("start", "restart") and not running and not job:
                    yield "state", f"{one['Name']} is {one['State']['Status']} after {verb}"
                if verb == "pause" and running and not job:
                    yield "state", f"{one['Name']} is not paused"
                if verb == "unpause" and one["State"]["Paused"]:
                    yield "state", f"{one['Name']} is paused"
                if verb == "rm" and not one["State"]["Running"] and label_of(one, "oneoff") != "True":
                    yield "state", f"{one['Name']} was not removed"

    def may_refuse(self, operation, before):
        """commands that need containers, and may miss them"""
        verb = operation["verb"]
        names = operation["services"] or active(self.source, operation["profiles"])
        containers = [one for name in names for one in before.of(self.project, name)]
        if verb == "exec":
            return not any(one["State"]["Running"] and not one["State"]["Paused"] for one in containers[:1])
        if verb in ("start", "restart", "pause", "unpause", "stop", "kill"):
            lacking = [name for name in needed(self.source, names) if not before.of(self.project, name)]
            frozen = verb in ("stop", "restart", "kill") and self.frozen(before)
            return bool(lacking) or verb in ("pause", "unpause", "kill") or frozen or self.dangling(before)
        return False

    def frozen(self, state):
        """a paused container shares the processes of another one, which the engine then cannot stop"""
        return any(one["State"]["Paused"] and one["HostConfig"]["PidMode"] for one in state.of(self.project))

    def dangling(self, state):
        """some container refers to one that is not there any more"""
        return any(str(one["HostConfig"][key]).startswith("container:") and
                   one["HostConfig"][key].removeprefix("container:") not in state.running()
                   for one in state.of(self.project) for key in ("NetworkMode", "IpcMode", "PidMode"))

    def after_down(self, operation, done, before, after, requests):
        if done.returncode != 0:
            yield "exit", f"down ends with {done.returncode}"
        names = operation["services"] or active(self.source, operation["profiles"])
        for name in names:
            if left := after.of(self.project, name):
                yield "state", f"down left {[one['Name'] for one in left]}"
        others = set(self.document["services"]) - set(names)
        for one in before.of(self.project):
            orphan = label_of(one, "service") not in self.document["services"]
            kept = label_of(one, "service") in others or orphan and "--remove-orphans" not in operation["flags"]
            if kept and one["Id"] not in after.containers:
                yield "deleted", f"{one['Name']} by down {' '.join(operation['flags'] + operation['services'])}"

    def after_rm(self, operation, done, before, after, requests):
        yield from self.after_any(operation, done, before, after, requests)
        names = operation["services"] or active(self.source, operation["profiles"])
        for key, one in before.containers.items():
            chosen = label_of(one, "service") in names and (not one["State"]["Running"] or "-s" in operation["flags"])
            if key not in after.containers and not chosen:
                yield "deleted", f"{one['Name']} by rm"

    def after_run(self, operation, done, before, after, requests):
        wanted = int(operation["tail"][-1].split()[-1])
        service = operation["services"][0]
        held = set().union(*(checks.holdings(one) for one in after.containers.values() if one["State"]["Running"]))
        if done.returncode != wanted and (held & checks.exclusive(self.project, self.document, service) or
                                          self.used_by_others(operation, before)):
            return                              # the address is in use, by a container of the service for one
        if done.returncode != wanted:
            yield "exit", f"run ends with {done.returncode} instead of {wanted}"
        left = [one["Id"] for one in after.of(self.project, one_off=True) if one["Id"] not in before.containers]
        if len(left) != ("--rm" not in operation["flags"]):
            yield "state", f"run {operation['flags']} left {len(left)} containers"

    def counts(self, operation):
        """how many containers of each service an up with these words is to have"""
        flags, names = operation["flags"], operation["services"]
        scales = dict(flags[index + 1].split("=") for index, flag in enumerate(flags) if flag == "--scale")
        chosen = active(self.source, operation["profiles"]) if not names else \
            names if "--no-deps" in flags else needed(self.source, names)
        return {name: int(scales.get(name, replicas(self.document["services"][name]))) for name in chosen}

    def taken(self, counts, after):
        """what these services need and a container has that the command is not about: its name, port or address"""
        for one in after.containers.values():
            if label_of(one, "project") == self.project and label_of(one, "service") in counts:
                continue
            held = checks.holdings(one) if one["State"]["Running"] else set()
            for name, count in counts.items():
                if count and (one["Name"].lstrip("/") == self.document["services"][name].get("container_name") or
                              held & checks.exclusive(self.project, self.document, name)):
                    return True
        return False

    def used_by_others(self, operation, before):
        """a changed network or volume would have to be replaced under a container that the command is not about"""
        counts = self.counts(operation)
        names = [name for name, count in counts.items() if count]
        known = checks.Configuration(self.api, self.project, self.document, self.work, before)
        networks = {before.networks[key]["Name"] for key in known.changed_networks(names)}
        volumes = known.changed_volumes(names) if "-y" in operation["flags"] else set()
        for one in before.containers.values():
            about = label_of(one, "project") == self.project and label_of(one, "service") in counts and \
                label_of(one, "oneoff") != "True" and "--no-recreate" not in operation["flags"]
            used = {mount.get("Name") for mount in one["Mounts"]}
            if not about and (networks & set(one["NetworkSettings"]["Networks"] or {}) or volumes & used):
                return True
        return False

    def refused(self, operation, done, before, after, requests):
        """a failure is right where something is taken, or used by others; then nothing has been changed before"""
        if self.used_by_others(operation, before):
            if [line for line, _ in requests if " /v1" in line and "/build" not in line and "/session" not in line]:
                yield "exit", f"{operation['verb']} refuses after {[line for line, _ in requests]}"
        elif not self.taken(self.counts(operation), after) and not self.frozen(before):
            yield "exit", f"{operation['verb']} ends with {done.returncode}"

    def after_up(self, operation, done, before, after, requests):
        counts = self.counts(operation)
        if done.returncode != 0:
            yield from self.refused(operation, done, before, after, requests)
            return
        compare = checks.Configuration(self.api, self.project, self.document, self.work, after, self.mounted_before)
        unchecked = before.containers if "--no-recreate" in operation["flags"] else ()
        for name, count in counts.items():
            yield from compare.service(name, count, unchecked)
        if not unchecked:
            yield from compare.definitions([name for name, count in counts.items() if count])

    def after_create(self, operation, done, before, after, requests):
        if done.returncode != 0:
            yield from self.refused(operation, done, before, after, requests)
            return
        started = [one["Name"] for key, one in after.containers.items()
                   if one["State"]["Running"] and key not in before.containers and label_of(one, "project") == self.project]
        if started:
            yield "state", f"create started {started}"
        for name, count in self.counts(operation).items():
            if len(after.of(self.project, name)) != count:
                yield "count", f"{name}: {len(after.of(self.project, name))} containers instead of {count}"

    def after_scale(self, operation, done, before, after, requests):
        if done.returncode != 0:
            yield "exit", f"scale ends with {done.returncode}"
            return
        name, count = operation["services"][0].split("=")
        found = after.of(self.project, name)
        if len(found) != int(count):
            yield "count", f"{name}: {len(found)} containers instead of {count}"

    def after_planned(self, operation, done, before, after, period, plan, requests):
        if done.returncode != 0:
            return
        yield from checks.start_order(self.project, self.document, after, period)
        if plan["code"] == 1:
            yield "plan", f"plan refuses what up does: {plan['text']}"
        elif not plan["unknown"] and not asks_first(plan, operation):
            made = Translator(before, after, period).actions(requests)
            planned = planned_actions(plan)
            if made != planned:
                yield "plan", f"only planned: {difference(planned, made)}; only done: {difference(made, planned)}"
            yield from self.reasons(before, after, plan)

    def reasons(self, before, after, plan):
        explained = {(step["action"], step["kind"], step["name"]) for step in plan["steps"]}
        for key, one in before.containers.items():
            if key not in after.containers and ("remove", "container", one["Name"].lstrip("/")) not in explained:
                yield "plan", f"{one['Name']} was removed, which plan had not said"
        for step in plan["steps"]:
            if step["action"] == "create" and not step["reasons"]:
                yield "plan", f"no reason is given to create {step['name']}"


def asks_first(plan, operation):
    """a volume is replaced, with its data, only after a yes, and nobody says yes here"""
    return "-y" not in operation["flags"] and any((step["action"], step["kind"]) == ("remove", "volume") for step in plan["steps"])


def difference(some, others):
    others = list(others)
    return [one for one in some if one not in others or others.remove(one)]
