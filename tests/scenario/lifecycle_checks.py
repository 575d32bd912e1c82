# SPDX-License-Identifier: Apache-2.0
"""What must hold after each step of a random lifecycle. Each check yields (kind, text) for what does not."""
import os

from lifecycle_project import REFERENCES, is_job, replicas
from lifecycle_state import ANONYMOUS, file_in, final_name, label_of

OUR_LABELS = ("com.docker.compose.", "io.compose.", "desktop.docker.io/")
IMAGE_LABELS = {"x"}


def volume_name(project, document, key):
    return (document.get("volumes", {}).get(key) or {}).get("name", f"{project}_{key}")


def network_name(project, document, key):
    return (document.get("networks", {}).get(key) or {}).get("name", f"{project}_{key}")


def network_keys(service):
    return [] if "network_mode" in service else list(service.get("networks") or ["default"])


class Configuration:
    """does what runs have the configuration that the file gives it?"""

    def __init__(self, api, project, document, directory, snapshot, mounted=()):
        """`mounted`: (service, target, volume) of all that was mounted before"""
        self.api, self.project, self.document, self.directory = api, project, document, directory
        self.snapshot, self.mounted = snapshot, mounted
        self.by_name = {row["Name"]: row["Id"] for row in snapshot.networks.values()}

    def service(self, name, count, unchecked=()):
        """`unchecked`: containers whose configuration may be an older one"""
        service = self.document["services"][name]
        found = self.snapshot.of(self.project, name)
        if len(found) != count:
            yield "count", f"{name}: {len(found)} containers instead of {count}"
        names = {final_name(one["Name"]) for one in found}
        temporary = [one["Name"] for one in found if one["Name"].lstrip("/") != final_name(one["Name"])]
        if temporary or len(names) != len(found):
            yield "name", f"{name}: containers {sorted(one['Name'] for one in found)}"
        for one in found:
            where = one["Name"].lstrip("/")
            yield from ((f"state", f"{where}: {text}") for text in self.state(service, one))
            if one["Id"] not in unchecked:
                for check in (self.words, self.labels, self.mounts, self.networks, self.references, self.ports, self.files):
                    yield from ((check.__name__, f"{where}: {text}") for text in check(name, service, one))

    @staticmethod
    def state(service, one):
        state = one["State"]
        if is_job(service):
            if state["Status"] != "exited" or state["ExitCode"] != 0:
                yield f"a job is {state['Status']} ({state['ExitCode']})"
        elif not state["Running"] or state["Paused"]:
            yield f"{state['Status']} ({state['ExitCode']}) {state.get('Error', '')}"

    def words(self, name, service, one):
        config, host = one["Config"], one["HostConfig"]
        image = service.get("image", f"{self.project}-{name}")
        environment = dict(text.split("=", 1) for text in config["Env"] or [])
        environment.pop("PATH", None)
        pairs = [("image", config["Image"], image), ("command", config["Cmd"], service["command"]),
                 ("environment", environment, service.get("environment", {})),
                 ("restart", host["RestartPolicy"]["Name"] or "no", service.get("restart", "no")),
                 ("healthcheck", (config.get("Healthcheck") or {}).get("Test"), service.get("healthcheck", {}).get("test"))]
        if "container_name" in service:
            pairs.append(("container_name", one["Name"].lstrip("/"), service["container_name"]))
        for what, have, want in pairs:
            if have != want:
                yield f"{what} is {have}, the file has {want}"
        status, now = self.api.get(f"/images/{image}/json")
        if status == 200 and now["Id"] != one["Image"]:
            yield f"made of {one['Image'][:19]}, {image} is {now['Id'][:19]} now"

    @staticmethod
    def labels(_, service, one):
        have = {key: value for key, value in one["Config"]["Labels"].items()
                if not key.startswith(OUR_LABELS) and key not in IMAGE_LABELS}
        if have != service.get("labels", {}):
            yield f"labels are {have}, the file has {service.get('labels', {})}"

    def wanted_mounts(self, name):
        service = self.document["services"][name]
        wanted = {}
        for other in service.get("volumes_from", []):
            wanted.update(self.wanted_mounts(other.split(":")[0]))
        for mount in service.get("volumes", []):
            source = mount.get("source")
            if mount["type"] == "bind":
                source = os.path.normpath(os.path.join(self.directory, source))
            elif source:
                source = volume_name(self.project, self.document, source)
            wanted[mount["target"]] = (mount["type"], source, not mount.get("read_only", False))
        return wanted

    def mounts(self, name, service, one):
        wanted = self.wanted_mounts(name)
        have = {}
        for mount in one["Mounts"]:
            if mount["Destination"].startswith(("/etc/", "/run/")):
                continue
            target, source = mount["Destination"], mount["Name"] if mount["Type"] == "volume" else mount["Source"]
            have[target] = (mount["Type"], None if ANONYMOUS.match(source) else source, mount["RW"])
            # A volume without a name is what was mounted there before, whatever that was: so does Docker Compose.
            if target in wanted and wanted[target][1] is None and (name, target, source) in self.mounted:
                have[target] = wanted[target]
        if have != wanted:
            yield f"mounts are {have}, the file has {wanted}"

    def networks(self, name, service, one):
        have = one["NetworkSettings"]["Networks"] or {}
        keys = network_keys(service)
        wanted = {network_name(self.project, self.document, key): (service.get("networks") or {}).get(key) or {} for key in keys}
        if keys and set(have) != set(wanted):
            yield f"on networks {sorted(have)}, the file has {sorted(wanted)}"
            return
        for network, point in wanted.items():
            missing = {name, *point.get("aliases", [])} - set(have[network].get("Aliases") or [])
            if missing:
                yield f"lacks the aliases {sorted(missing)} on {network}"
            address = (have[network].get("IPAMConfig") or {}).get("IPv4Address", "")
            if address != point.get("ipv4_address", ""):
                yield f"address on {network} is {address!r}, the file has {point.get('ipv4_address', '')!r}"
            if one["State"]["Running"] and have[network]["NetworkID"] != self.by_name.get(network):
                yield f"is on another network named {network}"
            if one["State"]["Running"] and not have[network]["IPAddress"]:
                yield f"has no address on {network}"

    def references(self, name, service, one):
        """network_mode, ipc, pid, volumes_from and links name the containers of today"""
        host = one["HostConfig"]

        def current(other):
            return {container["Id"] for container in self.snapshot.of(self.project, other)}
        for key, field in zip(REFERENCES, ("NetworkMode", "IpcMode", "PidMode")):
            if service.get(key, "").startswith("service:"):
                target = host[field].removeprefix("container:")
                if target not in current(service[key].removeprefix("service:")):
                    yield f"{key} is {host[field]}, which is no container of {service[key]}"
        for text in service.get("volumes_from", []):
            sources = {source.split(":")[0] for source in host["VolumesFrom"] or []}
            if not sources & (current(text) | {c["Name"].lstrip("/") for c in self.snapshot.of(self.project, text)}):
                yield f"volumes_from is {host['VolumesFrom']}, which is no container of {text}"
        for text in service.get("links", []):
            points = (one["NetworkSettings"]["Networks"] or {}).values()
            links = [link for point in points for link in point.get("Links") or []]
            if not any(link.endswith(f":{text.split(':')[1]}") for link in links):
                yield f"links are {links}, the file has {text}"

    def ports(self, _, service, one):
        have = sorted((key, binding["HostPort"]) for key, bindings in (one["HostConfig"]["PortBindings"] or {}).items()
                      for binding in bindings)
        wanted = sorted((f"{port['target']}/{port['protocol']}", port["published"]) for port in service.get("ports", []))
        if have != wanted:
            yield f"ports are {have}, the file has {wanted}"
        bound = [key for key, bindings in (one["NetworkSettings"]["Ports"] or {}).items() if bindings]
        outward = any(not row["Internal"] for row in self.snapshot.networks.values()
                      if row["Name"] in (one["NetworkSettings"]["Networks"] or {}))
        if one["State"]["Running"] and outward and not {key for key, _ in wanted} <= set(bound):
            yield f"ports {wanted} are not bound: {bound}"

    def files(self, name, service, one):
        for kind, folder in (("configs", ""), ("secrets", "/run/secrets/")):
            for use in service.get(kind, []):
                definition = self.document[kind][use["source"]]
                text = definition.get("content") or ("text of a file\n" if "file" in definition else "text of a variable")
                have = file_in(self.api, one["Id"], folder + use["target"])
                if one["State"]["Running"] and have != text.encode():
                    yield f"{kind} {use['source']} is {have}, the file has {text!r}"

    def changed_networks(self, names):
        """{id: definition} of the networks that these services use and whose definition is another one in the file"""
        changed = {}
        for key in {key for name in names for key in network_keys(self.document["services"][name])}:
            definition = self.document.get("networks", {}).get(key) or {}
            row = self.snapshot.networks.get(self.by_name.get(network_name(self.project, self.document, key)))
            if row is None or definition.get("external"):
                continue
            have = {label: value for label, value in row["Labels"].items() if not label.startswith(OUR_LABELS)}
            subnets = [part["subnet"] for part in definition.get("ipam", {}).get("config", [])]
            if have != definition.get("labels", {}) or row["Internal"] != definition.get("internal", False) or \
                    subnets and [part["Subnet"] for part in row["IPAM"]["Config"]] != subnets:
                changed[row["Id"]] = definition
        return changed

    def changed_volumes(self, names):
        """the names of the volumes that these services use and whose labels are others in the file"""
        changed = set()
        for name in names:
            for mount in self.document["services"][name].get("volumes", []):
                definition = self.document.get("volumes", {}).get(mount.get("source"))
                row = definition is not None and not definition.get("external") and \
                    self.snapshot.volumes.get(volume_name(self.project, self.document, mount["source"]))
                if row and {key: value for key, value in (row["Labels"] or {}).items() if not key.startswith(OUR_LABELS)} != \
                        definition.get("labels", {}):
                    changed.add(row["Name"])
        return changed

    def definitions(self, names):
        """the networks that these services use have the labels and addresses of the file"""
        for key in sorted({key for name in names for key in network_keys(self.document["services"][name])}):
            if network_name(self.project, self.document, key) not in self.by_name:
                yield "network", f"{network_name(self.project, self.document, key)} does not exist"
        for key, definition in self.changed_networks(names).items():
            yield "network", f"{self.snapshot.networks[key]} is not as in the file: {definition}"


def deletions(project, document, operation, before, after, mine):
    """what has gone since, and may not. `mine`: names of volumes whose labels say that this program has made them for this project"""
    flags, verb = operation.get("flags", []), operation.get("verb")
    gone = [one for key, one in before.containers.items() if key not in after.containers]
    for one in gone:
        if label_of(one, "project") != project:
            yield "deleted", f"the container {one['Name']} of somebody else"
    anonymous = {mount["Name"] for one in gone for mount in one["Mounts"]
                 if mount["Type"] == "volume" and ANONYMOUS.match(mount["Name"])}
    one_off = {mount["Name"] for one in gone for mount in one["Mounts"]
               if mount["Type"] == "volume" and label_of(one, "oneoff") == "True"}
    declared = {volume_name(project, document, key) for key, value in document.get("volumes", {}).items()
                if not (value or {}).get("external")}
    for name in set(before.volumes) - set(after.volumes):
        if ANONYMOUS.match(name):
            good = name in anonymous and (verb in ("down", "rm") and "-v" in flags or verb == "run" and name in one_off)
        else:
            good = verb == "down" and "-v" in flags and name in declared & mine
        if not good:
            yield "deleted", f"the volume {name}"
    for name, row in before.volumes.items():
        replaced = name in after.volumes and after.volumes[name]["CreatedAt"] != row["CreatedAt"]
        if replaced and not ("-y" in flags and verb in ("up", "create", "scale") and name in declared & mine):
            yield "deleted", f"the volume {name}, and made again"
    for key, row in before.networks.items():
        if key not in after.networks and row["Labels"].get("com.docker.compose.project") != project:
            yield "deleted", f"the network {row['Name']} of somebody else"


def foreign(project, before, after):
    """containers of others are as they were"""
    for key, one in before.containers.items():
        if label_of(one, "project") == project or key not in after.containers:
            continue
        now = after.containers[key]
        if one["State"]["Running"] and not now["State"]["Running"]:
            yield "foreign", f"{one['Name']} was stopped"
        if [points(one), one["Mounts"]] != [points(now), now["Mounts"]]:
            yield "foreign", f"{one['Name']} was on {points(one)} and is on {points(now)}"


def points(one):
    return {name: (sorted(alias for alias in point.get("Aliases") or [] if alias != one["Id"][:12]), point.get("IPAMConfig") or {})
            for name, point in (one["NetworkSettings"]["Networks"] or {}).items()}


def holdings(one):
    """what only one container at a time should hold while they take each other's place"""
    host = one["HostConfig"]
    held = {f"port {binding['HostPort']}" for bindings in (host["PortBindings"] or {}).values() for binding in bindings}
    held |= {f"volume {mount['Name']}" for mount in one["Mounts"] if mount["Type"] == "volume"}
    for name, point in (one["NetworkSettings"]["Networks"] or {}).items():
        if (point.get("IPAMConfig") or {}).get("IPv4Address"):
            held.add(f"address {point['IPAMConfig']['IPv4Address']} on {name}")
    return held


def exclusive(project, document, name):
    """the ports and addresses that the file gives to a service, in the words of holdings()"""
    service = document["services"][name]
    held = {f"port {port['published']}" for port in service.get("ports", [])}
    for key, point in (service.get("networks") or {}).items():
        if (point or {}).get("ipv4_address"):
            held.add(f"address {point['ipv4_address']} on {network_name(project, document, key)}")
    return held


def overlaps(project, document, before, after, period):
    """no container starts while another that ends in the same step still runs and holds the same, or depends on it"""
    ended = [one for key, one in before.containers.items() if one["State"]["Running"] and label_of(one, "project") == project
             and not after.containers.get(key, {"State": {"Running": False}})["State"]["Running"]]
    replaced = {label_of(one, "service") for key, one in before.containers.items() if key not in after.containers}
    for new in after.containers.values():
        starts = period.times(new["Id"], "start")
        if not starts or label_of(new, "project") != project:
            continue
        for old in ended:
            ends = period.times(old["Id"], "die")
            if old["Id"] == new["Id"] or not ends or ends[-1] <= starts[0]:
                continue
            shared = holdings(old) & holdings(new)
            if shared:
                yield "overlap", f"{new['Name']} was started while {old['Name']} still ran; both hold {sorted(shared)}"
            service = document["services"].get(label_of(old, "service"), {})
            if new["Id"] not in before.containers and label_of(new, "service") in replaced & set(service.get("depends_on", {})):
                yield "overlap", f"{new['Name']} was started while {old['Name']}, which depends on it, still ran"


def start_order(project, document, after, period):
    """what depends on another is started after it"""
    first = {}
    for one in after.of(project):
        starts = period.times(one["Id"], "start")
        if starts:
            first.setdefault(label_of(one, "service"), []).append((starts[0], one))
    for name, found in first.items():
        for other, how in document["services"].get(name, {}).get("depends_on", {}).items():
            for start, one in found:
                for other_start, dependency in first.get(other, []):
                    done = period.times(dependency["Id"], "die")
                    late = how["condition"] == "service_completed_successfully" and (not done or done[0] > start)
                    if other_start > start or late:
                        yield "order", f"{one['Name']} was started before {dependency['Name']}, {how['condition']}"
