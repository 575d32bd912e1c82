# SPDX-License-Identifier: Apache-2.0
"""The state of an engine as far as it concerns one project, the requests of one command, and the events of a period.

A Recorder stands between the program and the engine and keeps each request's line and body. actions() puts those that change
something into the words of `compose plan`; ids become names by the events of the same period.
"""
import http.client
import io
import json
import re
import tarfile
import time
from urllib.parse import parse_qs, quote, urlsplit

from engine_api import Connection
from proxy import Proxy

READ_ONLY = re.compile(r"^(GET|HEAD) ")
ANONYMOUS = re.compile(r"^[0-9a-f]{64}$")
TEMPORARY = re.compile(r"^[0-9a-f]{12}_")


class Recorder(Proxy):
    """the requests since the last take(), as (line, body) in the order of their arrival"""

    def take(self):
        with self.lock:
            lines, self.lines = self.lines, []
        return lines

    def head_read(self, client, head, rest):
        line = head.split(b"\r\n", 1)[0].decode()
        length = re.search(rb"^content-length: *(\d+)", head, re.I | re.M)
        json_body = re.search(rb"^content-type: *application/json", head, re.I | re.M)
        while length and json_body and len(rest) < int(length[1]):
            rest += client.recv(65536)
        if not re.search(r"/_ping\b", line):
            with self.lock:
                self.lines.append((line, rest if json_body else b""))
        return rest

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(65536)
            if not data:
                return client.close()
            head += data
        head, rest = head.split(b"\r\n\r\n", 1)
        rest = self.head_read(client, head, rest)
        return self.relay(client, head, rest)


def is_change(line):
    """false for questions, and for what a builder asks over its own session"""
    return not READ_ONLY.match(line) and not re.search(r" (/v[\d.]+)?/(session|auth|grpc)\b", line)


class Period:
    """the events from one moment to another; used with `with`"""

    def __init__(self, api):
        self.api, self.events = api, []

    def __enter__(self):
        self.since = time.time()
        return self

    def __exit__(self, *_):
        status, answer = self.api.ask("GET", f"/events?since={self.since:.6f}&until={time.time():.6f}")
        text = answer if isinstance(answer, str) else json.dumps(answer) if answer else ""
        self.events = [json.loads(line) for line in text.splitlines() if line.strip()]
        assert status == 200, answer

    def names(self, kind):
        return {event["Actor"]["ID"]: event["Actor"]["Attributes"].get("name", "") for event in self.events if event["Type"] == kind}

    def times(self, container, action):
        return [event["timeNano"] for event in self.events
                if event["Type"] == "container" and event["Actor"]["ID"] == container and event["Action"] == action]


class Snapshot:
    """all that has the project's name in its own name or is used by such a container"""

    def __init__(self, api, project, known_volumes=()):
        self.containers, self.networks, self.volumes = {}, {}, {}
        for row in api.get("/containers/json?all=1")[1]:
            mine = row["Labels"].get("com.docker.compose.project") == project or any(project in name for name in row["Names"])
            if mine:
                status, one = api.get(f"/containers/{row['Id']}/json")
                if status == 200:
                    self.containers[row["Id"]] = one
        for row in api.get("/networks")[1]:
            if project in row["Name"]:
                self.networks[row["Id"]] = row
        wanted = {mount["Name"] for one in self.containers.values() for mount in one["Mounts"] if mount["Type"] == "volume"}
        wanted |= set(known_volumes)
        for row in api.get("/volumes")[1]["Volumes"] or []:
            if project in row["Name"] or row["Name"] in wanted:
                self.volumes[row["Name"]] = row

    def of(self, project, service=None, one_off=False):
        """the containers of the project, or of one of its services, by number"""
        found = []
        for one in self.containers.values():
            labels = one["Config"]["Labels"] or {}
            if labels.get("com.docker.compose.project") == project and service in (None, labels.get("com.docker.compose.service")) \
                    and (labels.get("com.docker.compose.oneoff") == "True") == one_off:
                found.append(one)
        return sorted(found, key=lambda one: int(one["Config"]["Labels"].get("com.docker.compose.container-number", "0")))

    def running(self):
        return {key for key, one in self.containers.items() if one["State"]["Running"]}


def label_of(container, name):
    return (container["Config"]["Labels"] or {}).get(f"com.docker.compose.{name}", "")


def final_name(name):
    return TEMPORARY.sub("", name.lstrip("/"))


class Translator:
    """requests into (action, kind, name), as `plan --json` has them"""

    def __init__(self, before, after, period):
        self.containers = {key: one["Name"] for snapshot in (before, after) for key, one in snapshot.containers.items()}
        self.containers.update({key: name for key, name in period.names("container").items() if key not in self.containers})
        self.networks = {**{key: row["Name"] for snapshot in (before, after) for key, row in snapshot.networks.items()},
                         **period.names("network")}

    def container(self, key):
        if key in self.containers:
            return final_name(self.containers[key])
        return final_name(next((name for other, name in self.containers.items() if other.startswith(key)), key))

    def action(self, line, body):
        method, target, _ = line.split(" ")
        parts = urlsplit(re.sub(r"^/v[\d.]+", "", target))
        words = parts.path.strip("/").split("/")
        query = parse_qs(parts.query)
        kind, key = words[0], words[1] if len(words) > 1 else ""
        verb = words[2] if len(words) > 2 else ""
        if (kind, key) == ("containers", "create"):
            return "create", "container", final_name(query["name"][0])
        if kind == "containers":
            if method == "DELETE":
                return "remove", "container", self.container(key)
            if method == "PUT":
                return "copy", "container", self.container(key)
            return ("run", "hook", self.container(key)) if verb == "exec" else (verb, "container", self.container(key))
        if kind in ("networks", "volumes"):
            noun = kind[:-1]
            if key == "create":
                return "create", noun, json.loads(body)["Name"]
            if method == "DELETE":
                return "remove", noun, self.networks.get(key, key) if noun == "network" else key
            return verb, noun, self.networks.get(key, key)
        return None if kind in ("exec", "build") else (method, kind, key)

    def actions(self, requests):
        found = [self.action(line, body) for line, body in requests if is_change(line)]
        return sorted(action for action in found if action is not None)


def planned_actions(plan):
    """what a plan announces, apart from waits, and from builds, whose requests are a builder's own"""
    return sorted((step["action"], step["kind"], final_name(step["name"]))
                  for step in plan["steps"] if step["action"] not in ("wait for", "build"))


def file_in(api, container, path):
    """the bytes of a file in a container, or None"""
    connection = Connection(api.path, 60)
    try:
        connection.request("GET", f"/containers/{container}/archive?path={quote(path)}")
        answer = connection.getresponse()
        data = answer.read()
    except http.client.HTTPException:
        return None
    finally:
        connection.close()
    if answer.status != 200:
        return None
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        member = archive.next()
        return archive.extractfile(member).read() if member and member.isfile() else None
