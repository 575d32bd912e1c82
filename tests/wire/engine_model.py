# SPDX-License-Identifier: Apache-2.0
"""What a scripted engine believes: images, containers, networks and volumes, and how they change.

Model has one method a change; each appends the events a real engine would send. Nothing here knows HTTP. A container
behaves as `behaviours` says (a list of (pattern of its name, dict), first match wins): it runs until stopped, unless

    exits=CODE        it ends by itself; after=SECONDS later (0.05)
    healthy=SECONDS   its health check passes that long after the start (0.05), if it has one
    unhealthy=SECONDS its health check fails for good
    logs=TEXT         what it writes to stdout on each start
    ignores_stop=True SIGTERM does not end it: a stop waits its timeout, then kills (the model only waits 0.05 s)
    probed=SECONDS    its health check is tried that long after a pause (0.3)
    start_error=TEXT  starting it fails with 500 and this message
    exec_exits=CODE   what runs in it by exec ends with this code; exec_noted=SECONDS after its stream
"""
import hashlib
import json
import re
import threading
import time
from datetime import datetime, timezone


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def instant(nanoseconds=None):
    """exact, so that what came later is never told as earlier"""
    seconds, rest = divmod(time.time_ns() if nanoseconds is None else nanoseconds, 10**9)
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:09d}Z"


NEVER = "0001-01-01T00:00:00Z"
SIGNALS = {"SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGKILL": 9, "SIGTERM": 15, "HUP": 1, "INT": 2, "QUIT": 3,
           "KILL": 9, "TERM": 15, "SIGWINCH": 28, "SIGUSR1": 10, "USR1": 10}


class EngineError(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


def full_name(reference):
    """an image's name with its tag"""
    if "@" in reference or ":" in reference.rsplit("/", 1)[-1]:
        return reference
    return reference + ":latest"


def filters_of(query):
    """the filters of a query as {key: [values]}, from either form that clients send"""
    given = json.loads(query.get("filters") or "{}")
    return {key: list(values) for key, values in given.items()}


def labels_match(labels, wanted):
    for entry in wanted:
        key, equals, value = entry.partition("=")
        if key not in labels or (equals and labels[key] != value):
            return False
    return True


class Model:
    def __init__(self, api="1.51"):
        self.api = api
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)     # events and log lines were added
        self.behaviours = []
        self.events = []
        self.images, self.containers, self.networks, self.volumes, self.execs = {}, {}, {}, {}, {}
        self.registry = None                              # names that can be pulled; None: all
        self.twin_networks = False                        # a name may be given twice, as by engines before API 1.44
        self.made = {}                                    # how many of a name: ids do not depend on who comes first
        for name in ("bridge", "host", "none"):
            self.networks[digest(name)] = self.new_network({"Name": name, "Driver": "null" if name == "none" else name})

    # -- events

    def event(self, kind, action, identity, attributes):
        now = time.time_ns()
        self.events.append({"Type": kind, "Action": action, "status": action, "id": identity, "scope": "local",
                            "Actor": {"ID": identity, "Attributes": attributes},
                            "time": now // 10**9, "timeNano": now})
        self.changed.notify_all()

    def container_event(self, container, action, **attributes):
        self.event("container", action, container["Id"],
                   {**container["Config"].get("Labels", {}), "name": container["Name"][1:],
                    "image": container["Config"]["Image"], **attributes})

    def unique(self, name):
        self.made[name] = self.made.get(name, 0) + 1
        return digest(f"{name} {self.made[name]}")

    # -- images

    def add_image(self, name, config=None):
        name = full_name(name)
        identity = "sha256:" + digest(name + json.dumps(config or {}, sort_keys=True))
        self.images[name] = {
            "Id": identity, "RepoTags": [name],
            "RepoDigests": [name.split("@")[0].rsplit(":", 1)[0] + "@sha256:" + digest(name)],
            "Created": instant(0), "Size": 1000, "Architecture": "amd64", "Os": "linux", "Parent": "",
            "Config": {"Env": ["PATH=/bin"], "Cmd": ["sh"], "Entrypoint": None, "Labels": {}, "Volumes": None,
                       "ExposedPorts": None, "WorkingDir": "", "User": "", **(config or {})},
            "RootFS": {"Type": "layers", "Layers": []}, "Metadata": {"LastTagTime": instant()}}
        return self.images[name]

    def image(self, reference):
        found = self.images.get(full_name(reference))
        if not found:
            bare = reference.removeprefix("sha256:")
            found = next((one for name, one in self.images.items()
                          if len(bare) >= 12 and one["Id"].removeprefix("sha256:").startswith(bare)
                          or reference in one["RepoDigests"] or name == reference.removeprefix("docker.io/library/")), None)
        if not found:
            raise EngineError(404, f"No such image: {full_name(reference)}")
        return found

    def list_images(self, query):
        wanted = filters_of(query)
        rows = []
        for name, image in self.images.items():
            names = [name, name.removesuffix(":latest"), *image["RepoDigests"]]
            if "reference" in wanted and not any(one in names or re.fullmatch(glob(one), name) for one in wanted["reference"]):
                continue
            if not labels_match(image["Config"].get("Labels") or {}, wanted.get("label", [])):
                continue
            rows.append({"Id": image["Id"], "ParentId": "", "RepoTags": image["RepoTags"], "RepoDigests": image["RepoDigests"],
                         "Created": 0, "Size": 1000, "SharedSize": -1, "Containers": -1,
                         "Labels": image["Config"].get("Labels") or {}})
        return rows

    def remove_image(self, reference):
        image = self.image(reference)
        users = [one for one in self.containers.values() if one["Image"] == image["Id"]]
        if users:
            raise EngineError(409, f"conflict: unable to remove repository reference \"{reference}\" (must force) - container "
                                   f"{users[0]['Id'][:12]} is using its referenced image {image['Id'][7:19]}")
        self.images = {name: one for name, one in self.images.items() if one is not image}
        self.event("image", "untag", image["Id"], {"name": reference})
        self.event("image", "delete", image["Id"], {"name": image["Id"]})
        return [{"Untagged": image["RepoTags"][0]}, {"Deleted": image["Id"]}]

    # -- networks and volumes

    def new_network(self, body):
        return {"Name": body["Name"], "Id": self.unique(body["Name"]), "Created": instant(), "Scope": "local",
                "Driver": body.get("Driver") or "bridge", "EnableIPv6": bool(body.get("EnableIPv6")),
                "IPAM": body.get("IPAM") or {"Driver": "default", "Options": None, "Config": [{"Subnet": "172.30.0.0/16"}]},
                "Internal": bool(body.get("Internal")), "Attachable": bool(body.get("Attachable")), "Ingress": False,
                "ConfigFrom": {"Network": ""}, "ConfigOnly": False, "Containers": {},
                "Options": body.get("Options") or {}, "Labels": body.get("Labels") or {}}

    def create_network(self, body):
        if not self.twin_networks and any(one["Name"] == body["Name"] for one in self.networks.values()):
            raise EngineError(409, f"network with name {body['Name']} already exists")
        network = self.new_network(body)
        self.networks[network["Id"]] = network
        self.event("network", "create", network["Id"], {"name": network["Name"], "type": network["Driver"]})
        return {"Id": network["Id"], "Warning": ""}

    def network(self, reference):
        named = [one for one in self.networks.values() if reference == one["Name"]]
        if len(named) > 1:
            raise EngineError(400, f"network {reference} is ambiguous ({len(named)} matches found on name)")
        found = next((one for one in self.networks.values() if reference in (one["Name"], one["Id"])), None)
        if not found:
            found = next((one for one in self.networks.values() if one["Id"].startswith(reference)), None)
        if not found:
            raise EngineError(404, f"network {reference} not found")
        members = {one["Id"]: {"Name": one["Name"][1:], "EndpointID": digest(one["Id"] + found["Id"]), "MacAddress": "",
                               "IPv4Address": "", "IPv6Address": ""}
                   for one in self.containers.values()
                   if one["State"]["Running"] and any(endpoint["NetworkID"] == found["Id"]
                                                      for endpoint in one["NetworkSettings"]["Networks"].values())}
        return {**found, "Containers": members}

    def list_networks(self, query):
        wanted = filters_of(query)
        return [{**one, "Containers": {}} for one in self.networks.values()
                if labels_match(one["Labels"], wanted.get("label", []))
                and ("name" not in wanted or any(re.search(name, one["Name"]) for name in wanted["name"]))]

    def remove_network(self, reference):
        network = self.network(reference)
        if network["Containers"]:
            raise EngineError(403, f"error while removing network: network {network['Name']} id {network['Id']} has active endpoints")
        del self.networks[network["Id"]]
        self.event("network", "destroy", network["Id"], {"name": network["Name"], "type": network["Driver"]})

    def connect(self, reference, body):
        network, container = self.network(reference), self.container(body["Container"])
        if network["Name"] in container["NetworkSettings"]["Networks"]:
            raise EngineError(403, f"endpoint with name {container['Name'][1:]} already exists in network {network['Name']}")
        container["NetworkSettings"]["Networks"][network["Name"]] = self.endpoint(body.get("EndpointConfig"), network)
        self.event("network", "connect", network["Id"], {"container": container["Id"], "name": network["Name"]})

    def disconnect(self, reference, body):
        network, container = self.network(reference), self.container(body["Container"])
        if network["Name"] not in container["NetworkSettings"]["Networks"]:
            raise EngineError(403, f"container {container['Id']} is not connected to network {network['Name']}")
        del container["NetworkSettings"]["Networks"][network["Name"]]
        self.event("network", "disconnect", network["Id"], {"container": container["Id"], "name": network["Name"]})

    def endpoint(self, config, network):
        return {"IPAMConfig": None, "Links": None, "Aliases": None, "DriverOpts": None, "Gateway": "", "IPAddress": "",
                "MacAddress": "", **(config or {}), "NetworkID": network["Id"], "EndpointID": digest(network["Id"])}

    def create_volume(self, body):
        name = body.get("Name") or self.unique("volume")
        if name not in self.volumes:
            self.volumes[name] = {"Name": name, "Driver": body.get("Driver") or "local", "Mountpoint": f"/volumes/{name}/_data",
                                  "CreatedAt": instant(), "Labels": body.get("Labels"), "Scope": "local",
                                  "Options": body.get("DriverOpts")}
            self.event("volume", "create", name, {"driver": "local"})
        return self.volumes[name]

    def volume(self, name):
        if name not in self.volumes:
            raise EngineError(404, f"get {name}: no such volume")
        return self.volumes[name]

    def list_volumes(self, query):
        wanted = filters_of(query)
        rows = [one for one in self.volumes.values() if labels_match(one["Labels"] or {}, wanted.get("label", []))
                and ("name" not in wanted or any(name in one["Name"] for name in wanted["name"]))]
        return {"Volumes": rows, "Warnings": None}

    def remove_volume(self, name):
        self.volume(name)
        users = [one["Id"] for one in self.containers.values() if any(mount.get("Name") == name for mount in one["Mounts"])]
        if users:
            raise EngineError(409, f"remove {name}: volume is in use - [{', '.join(users)}]")
        del self.volumes[name]
        self.event("volume", "destroy", name, {"driver": "local"})

    # -- containers

    def container(self, reference):
        reference = reference.removeprefix("/")
        found = next((one for one in self.containers.values() if reference in (one["Id"], one["Name"][1:])), None)
        if not found and len(reference) >= 2:
            found = next((one for one in self.containers.values() if one["Id"].startswith(reference)), None)
        if not found:
            raise EngineError(404, f"No such container: {reference}")
        return found

    def behaviour(self, container):
        for pattern, behaviour in self.behaviours:
            if re.search(pattern, container["Name"][1:]):
                return behaviour
        return {}

    def create_container(self, query, body):
        name = query.get("name") or self.unique("container")[:12]
        other = next((one for one in self.containers.values() if one["Name"] == "/" + name), None)
        if other:
            raise EngineError(409, f"Conflict. The container name \"/{name}\" is already in use by container \"{other['Id']}\". "
                                   "You have to remove (or rename) that container to be able to reuse that name.")
        image = self.image(body.get("Image", ""))
        host = body.get("HostConfig") or {}
        mounts = self.mounts_of(body, host, image)
        mode = host.get("NetworkMode") or "default"
        asked = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
        if mode not in ("default", "host", "none", "bridge") and not mode.startswith("container:"):
            asked.setdefault(mode, {})
        elif mode in ("default", "bridge") and not asked:
            asked = {"bridge": {}}
        networks = {}
        for reference, config in asked.items():
            network = self.network(reference)
            networks[network["Name"]] = self.endpoint(config, network)
        config = {key: value for key, value in body.items() if key not in ("HostConfig", "NetworkingConfig")}
        config["Labels"] = {**(image["Config"].get("Labels") or {}), **(config.get("Labels") or {})}
        for key in ("Cmd", "Entrypoint", "WorkingDir", "User", "Healthcheck"):
            if not config.get(key):
                config[key] = image["Config"].get(key)
        config["Volumes"] = {**(image["Config"].get("Volumes") or {}), **(config.get("Volumes") or {})}
        config["Env"] = (image["Config"].get("Env") or []) + (config.get("Env") or [])
        identity = self.unique(name)
        self.containers[identity] = {
            "Id": identity, "Name": "/" + name, "Created": instant(), "Image": image["Id"], "Path": "sh", "Args": [],
            "Driver": "overlay2", "Platform": "linux", "RestartCount": 0, "LogPath": "",
            "State": {"Status": "created", "Running": False, "Paused": False, "Restarting": False, "OOMKilled": False,
                      "Dead": False, "Pid": 0, "ExitCode": 0, "Error": "", "StartedAt": NEVER, "FinishedAt": NEVER},
            "Config": config, "HostConfig": {**host, "NetworkMode": mode}, "Mounts": mounts,
            "NetworkSettings": {"Networks": networks, "Ports": {}}, "log": [], "starts": 0}
        self.container_event(self.containers[identity], "create")
        return {"Id": identity, "Warnings": []}

    def mounts_of(self, body, host, image):
        mounts, targets = [], set()
        for mount in host.get("Mounts") or []:
            row = {"Type": mount["Type"], "Destination": mount["Target"], "RW": not mount.get("ReadOnly"), "Mode": "z", "Propagation": ""}
            if mount["Type"] == "volume":
                row["Name"] = mount.get("Source") or self.unique("volume")
                row["Driver"] = "local"
                row["Source"] = f"/volumes/{row['Name']}/_data"
                self.create_volume({"Name": row["Name"], "Labels": (mount.get("VolumeOptions") or {}).get("Labels")})
            else:
                row["Source"] = mount.get("Source", "")
            mounts.append(row)
            targets.add(mount["Target"])
        for bind in host.get("Binds") or []:
            source, target, *mode = bind.split(":")
            row = {"Destination": target, "RW": "ro" not in (mode or [""])[0].split(","), "Mode": (mode or [""])[0], "Propagation": ""}
            if source.startswith("/"):
                row.update(Type="bind", Source=source, Propagation="rprivate")
            else:
                row.update(Type="volume", Name=source, Driver="local", Source=f"/volumes/{source}/_data")
                self.create_volume({"Name": source})
            mounts.append(row)
            targets.add(target)
        for target in {**(image["Config"].get("Volumes") or {}), **(body.get("Volumes") or {})}:
            if target not in targets:
                name = self.unique("volume")
                self.create_volume({"Name": name, "Labels": {"com.docker.volume.anonymous": ""}})
                mounts.append({"Type": "volume", "Name": name, "Driver": "local", "Source": f"/volumes/{name}/_data",
                               "Destination": target, "RW": True, "Mode": "", "Propagation": ""})
        return mounts

    def inspect(self, container):
        return {key: value for key, value in container.items() if key not in ("log", "starts")}

    def status_text(self, container):
        state = container["State"]
        if state["Status"] == "exited":
            return f"Exited ({state['ExitCode']}) 1 second ago"
        if state["Status"] == "created":
            return "Created"
        health = (state.get("Health") or {}).get("Status")
        text = "Up 1 second"
        if health:
            text += " (health: starting)" if health == "starting" else f" ({health})"
        return text + (" (Paused)" if state["Paused"] else "")

    def list_containers(self, query):
        wanted = filters_of(query)
        everything = query.get("all") in ("1", "true", "True") or "status" in wanted
        rows = []
        for one in sorted(self.containers.values(), key=lambda one: one["Created"], reverse=True):
            state = one["State"]["Status"]
            if not everything and state not in ("running", "paused", "restarting"):
                continue
            if not labels_match(one["Config"].get("Labels") or {}, wanted.get("label", [])):
                continue
            if "status" in wanted and state not in wanted["status"]:
                continue
            if "name" in wanted and not any(re.search(name, one["Name"]) for name in wanted["name"]):
                continue
            if "id" in wanted and not any(one["Id"].startswith(prefix) for prefix in wanted["id"]):
                continue
            name = next((name for name, image in self.images.items() if image["Id"] == one["Image"]), None)
            rows.append({"Id": one["Id"], "Names": [one["Name"]], "Image": one["Config"]["Image"] if name else one["Image"],
                         "ImageID": one["Image"], "Command": "sh", "Created": int(datetime.fromisoformat(one["Created"][:26]).replace(tzinfo=timezone.utc).timestamp()),
                         "Ports": self.ports_of(one) if one["State"]["Running"] else [], "Labels": one["Config"].get("Labels") or {},
                         "State": state, "Status": self.status_text(one),
                         "HostConfig": {"NetworkMode": one["HostConfig"]["NetworkMode"]},
                         "NetworkSettings": {"Networks": one["NetworkSettings"]["Networks"]}, "Mounts": one["Mounts"]})
        return rows

    def ports_of(self, container):
        rows = []
        for port, bindings in (container["HostConfig"].get("PortBindings") or {}).items():
            number, _, protocol = port.partition("/")
            for binding in bindings or []:
                rows.append({"IP": binding.get("HostIp") or "0.0.0.0", "PrivatePort": int(number),
                             "PublicPort": int((binding.get("HostPort") or "").split("-")[0] or 0) or 32768, "Type": protocol or "tcp"})
        return rows

    def start(self, container):
        state = container["State"]
        if state["Running"]:
            return False
        behaviour = self.behaviour(container)
        if "start_error" in behaviour:
            state.update(ExitCode=128, Error=behaviour["start_error"])
            raise EngineError(500, behaviour["start_error"])
        container["starts"] += 1
        state.update(Status="running", Running=True, Paused=False, Pid=1000 + len(self.containers), ExitCode=0, Error="", StartedAt=instant())
        bound = {}
        for row in self.ports_of(container):
            bound.setdefault(f"{row['PrivatePort']}/{row['Type']}", []).append({"HostIp": row["IP"], "HostPort": str(row["PublicPort"])})
        container["NetworkSettings"]["Ports"] = bound
        check = (container["Config"].get("Healthcheck") or {}).get("Test") or []
        checked = bool(check) and check[0] != "NONE"
        if checked:
            state["Health"] = {"Status": "starting", "FailingStreak": 0, "Log": []}
        self.container_event(container, "start")
        for line in behaviour.get("logs", "").splitlines(keepends=True):
            self.write_log(container, 1, line.encode())
        start = container["starts"]
        if checked:
            failing = "unhealthy" in behaviour
            delay = behaviour["unhealthy"] if failing else behaviour.get("healthy", 0.05)
            self.later(delay, container, start, lambda: self.set_health(container, "unhealthy" if failing else "healthy"))
        if "exits" in behaviour:
            self.later(behaviour.get("after", 0.05), container, start, lambda: self.die(container, behaviour["exits"]))
        return True

    def later(self, seconds, container, start, action):
        def run():
            with self.lock:
                alive = self.containers.get(container["Id"]) is container
                if alive and container["State"]["Running"] and container["starts"] == start:
                    action()
        timer = threading.Timer(seconds, run)
        timer.daemon = True
        timer.start()

    def set_health(self, container, health):
        failing = health == "unhealthy"
        container["State"]["Health"] = {
            "Status": health, "FailingStreak": 3 if failing else 0,
            "Log": [{"Start": instant(), "End": instant(), "ExitCode": 1 if failing else 0,
                     "Output": self.behaviour(container).get("health_output", "")}]}
        self.container_event(container, f"health_status: {health}")

    def write_log(self, container, stream, data):
        container["log"].append((time.time_ns(), stream, data))
        self.changed.notify_all()

    def die(self, container, code):
        state = container["State"]
        if not state["Running"]:
            return
        state.update(Status="exited", Running=False, Paused=False, Pid=0, ExitCode=code, FinishedAt=instant())
        container["NetworkSettings"]["Ports"] = {}
        if "Health" in state:
            state["Health"]["Status"] = "unhealthy"
        self.container_event(container, "die", exitCode=str(code), execDuration="1")
        if container["HostConfig"].get("AutoRemove"):
            self.remove_container(container, True, True)

    def signal(self, container, signal):
        """returns whether the container ends by it"""
        number = int(signal) if str(signal).isdigit() else SIGNALS.get(str(signal).upper(), 15)
        self.container_event(container, "kill", signal=str(number))
        return number == 9 or (number in (2, 3, 15) and not self.behaviour(container).get("ignores_stop"))

    def stop(self, container, signal="SIGTERM"):
        """ends the container as a stop does, once its timeout has passed where it ignores the signal"""
        if not container["State"]["Running"]:
            return False
        if self.signal(container, container["Config"].get("StopSignal") or signal):
            code = self.behaviour(container).get("stop_code", 0)
        else:
            self.signal(container, "SIGKILL")
            code = 137
        self.die(container, code)
        self.container_event(container, "stop")
        return True

    def kill(self, container, signal):
        if not container["State"]["Running"]:
            raise EngineError(409, f"container {container['Id']} is not running")
        if self.signal(container, signal or "SIGKILL"):
            self.die(container, 137 if (signal or "SIGKILL").upper() in ("SIGKILL", "KILL", "9") else 0)

    def pause(self, container, paused):
        state = container["State"]
        if not state["Running"]:
            raise EngineError(409, f"Container {container['Id']} is not running")
        if state["Paused"] == paused:
            raise EngineError(409, f"Container {container['Id']} is {'already' if paused else 'not'} paused")
        state.update(Paused=paused, Status="paused" if paused else "running")
        self.container_event(container, "pause" if paused else "unpause")
        if "Health" in state and paused:
            state["Health"] = {**state["Health"], "Status": "unhealthy"}   # the check is over: no event says so
        elif "Health" in state:
            behaviour = self.behaviour(container)
            self.later(behaviour.get("probed", 0.3), container, container["starts"], lambda: self.probe_again(container))

    def probe_again(self, container):
        """the first probe after a pause: one that fails changes no status"""
        if "unhealthy" not in self.behaviour(container):
            self.set_health(container, "healthy")
            return
        health = container["State"]["Health"]
        health["FailingStreak"] += 1
        health["Log"].append({"Start": instant(), "End": instant(), "ExitCode": 1, "Output": "still not"})
        self.container_event(container, "exec_die", execID="probe", exitCode="1")

    def rename(self, container, name):
        if container["Name"] == "/" + name:
            raise EngineError(400, "Renaming a container with the same name as its current name")
        if any(one["Name"] == "/" + name for one in self.containers.values()):
            raise EngineError(409, f"Conflict. The container name \"/{name}\" is already in use.")
        old, container["Name"] = container["Name"], "/" + name
        self.container_event(container, "rename", oldName=old)

    def remove_container(self, container, force, volumes):
        if container["State"]["Running"]:
            if not force:
                raise EngineError(409, f"You cannot remove a running container {container['Id']}. Stop the container before "
                                       "attempting removal or force remove")
            self.signal(container, "SIGKILL")
            container["HostConfig"].pop("AutoRemove", None)
            self.die(container, 137)
        del self.containers[container["Id"]]
        if volumes:
            # Only what the engine named itself for this container goes with it, whatever a name looks like.
            host = container["HostConfig"]
            given = {mount.get("Source") for mount in host.get("Mounts") or []} | {bind.split(":")[0] for bind in host.get("Binds") or []}
            used = {mount.get("Name") for one in self.containers.values() for mount in one["Mounts"]}
            for mount in container["Mounts"]:
                if mount["Type"] == "volume" and mount["Name"] not in given | used:
                    self.volumes.pop(mount["Name"], None)
        self.container_event(container, "destroy")


def glob(pattern):
    return re.escape(pattern).replace(r"\*", ".*")
