# SPDX-License-Identifier: Apache-2.0
"""A Docker Engine on a real Unix socket that does what a test tells it to.

    with ScriptedEngine(socket_path) as engine:
        engine.model.add_image("nginx")
        engine.rule("POST", "/containers/.*/start", nth=2, status=500, message="boom")
        ... run a client ...
        engine.requests            # what arrived, in order: Request(method, path, query, body, ...)

A rule matches a method and a pattern of the whole path (without the version), and optionally only the nth such request.
It then does one thing:
    delay=SECONDS              answers later
    status=CODE, message=TEXT  refuses, nothing is done
    late=SECONDS               does it, but the answer is on its way for so long
    body=BYTES                 answers 200 with these bytes, nothing is done
    cut=N                      does it, sends N bytes of the answer's body and closes
    reset=True                 closes at once, nothing is done
    lost=True                  does it, then closes without an answer: the client cannot know
    twice=True                 does it twice, as a proxy that repeats a request would; answers the second result
    hang=True                  does not answer until the engine ends
    kill="before" | "after"    SIGKILL to the client, before or after the request is carried out
    call=FUNCTION              FUNCTION(engine, request) is called first, then the request is carried out as usual
"""
import base64
import contextlib
import io
import json
import os
import re
import select
import signal
import socket
import socketserver
import struct
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, unquote, urlsplit

from engine_model import EngineError, Model, filters_of, full_name, instant, labels_match


def query_of(text):
    """parameters by name; values of one that is given again (the names of a build's image) have a blank between them"""
    query = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]} {value}" if name in query else value
    return query


class Request:
    def __init__(self, method, path, query, body, version, headers, pid):
        self.method, self.path, self.query, self.body = method, path, query, body
        self.version, self.headers, self.pid, self.at = version, headers, pid, time.monotonic()

    def json(self):
        return json.loads(self.body) if self.body else None

    def __repr__(self):
        query = "&".join(f"{key}={value}" for key, value in self.query.items())
        return f"{self.method} {self.path}" + (f"?{query}" if query else "")


class Rule:
    def __init__(self, method, pattern, nth, actions):
        self.method, self.pattern, self.nth, self.actions, self.seen = method, re.compile(pattern), nth, actions, 0

    def takes(self, request):
        if self.method not in ("*", request.method) or not self.pattern.fullmatch(request.path):
            return False
        self.seen += 1
        return self.nth is None or self.seen == self.nth


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"

    # -- reading

    def read_body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def any(self):
        engine = self.server.engine
        url = urlsplit(self.path)
        match = re.match(r"/v(\d+\.\d+)(/.*)", url.path)
        path = unquote(match[2] if match else url.path)
        for pattern, (status, message) in engine.early.items():
            if re.fullmatch(pattern, f"{self.command} {path}"):             # nothing of the body is read
                self.cut = None
                self.answer(status, {"message": message})
                return self.end_connection()
        if self.headers.get("Expect", "").lower() == "100-continue":
            pass                                        # BaseHTTPRequestHandler has answered it
        request = Request(self.command, path, query_of(url.query), self.read_body(),
                          match[1] if match else None, self.headers, peer_pid(self.connection))
        self.request_seen = request
        self.cut, self.only_begin = None, False
        actions = engine.record(request)
        if "call" in actions:
            actions["call"](engine, request)
        if actions.get("kill") == "before":
            return self.kill_client(request)
        if "delay" in actions:
            engine.ending.wait(actions["delay"])
        if actions.get("hang"):
            engine.ending.wait()
            return self.drop()
        if actions.get("reset"):
            return self.drop()
        if "status" in actions:
            return self.answer(actions["status"], {"message": actions.get("message", "refused by the script")})
        if "body" in actions:
            return self.answer_bytes(200, actions["body"])
        if actions.get("lost") or actions.get("kill") == "after" or actions.get("twice") or "late" in actions:
            stream, self.wfile = self.wfile, io.BytesIO()
            said = self.wfile
            self.only_begin = request.path == "/events"     # it would wait for a client that waits for it
            self.handle_request(request)
            self.wfile, self.only_begin = stream, False
            if actions.get("kill") == "after":
                return self.kill_client(request)
            if actions.get("lost"):
                return self.drop()
            if "late" in actions:
                answer = said.getvalue()
                engine.ending.wait(actions["late"])
                return self.wfile.write(answer)
        self.cut = actions.get("cut")
        self.handle_request(request)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = any

    def handle_request(self, request):
        try:
            Routes(self).dispatch(request)
        except EngineError as error:
            self.answer(error.status, {"message": error.message})
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def drop(self):
        self.close_connection = True
        # Linger 0: the client sees a reset and not an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def end_connection(self):
        """as the engine does where it holds connections: it closes its sending side only and waits for the client"""
        self.wfile.flush()
        self.close_connection = True
        if not self.server.engine.holds_connections:
            return
        self.connection.shutdown(socket.SHUT_WR)
        poll = select.poll()
        poll.register(self.connection, 0)               # a hang-up is reported without being asked for
        while not poll.poll(50) and not self.server.engine.ending.is_set():
            pass

    def kill_client(self, request):
        if request.pid != os.getpid():
            os.kill(request.pid, signal.SIGKILL)
        self.close_connection = True

    # -- answering

    def head(self, status, headers):
        self.send_response(status)
        model = self.server.engine.model
        for name, value in {"Api-Version": model.api, "Server": "Docker/28.0.0 (linux)", "Ostype": "linux",
                            "Docker-Experimental": "false", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def answer(self, status, value=None):
        data = b"" if value is None else json.dumps(value).encode() + b"\n"
        self.answer_bytes(status, data)

    def answer_bytes(self, status, data, content_type="application/json", headers=None):
        if status in (204, 304):
            self.head(status, headers or {})
            return
        self.head(status, {"Content-Type": content_type, "Content-Length": str(len(data)), **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(data if self.cut is None else data[:self.cut])
        if self.cut is not None:
            self.close_connection = True

    def begin_stream(self, content_type="application/json"):
        self.head(200, {"Content-Type": content_type, "Transfer-Encoding": "chunked"})
        self.wfile.flush()
        self.sent = 0

    def chunk(self, data):
        """returns whether the stream goes on"""
        if self.cut is not None:
            data = data[:max(0, self.cut - self.sent)]
        self.sent += len(data)
        try:
            if data:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError, ValueError):
            self.close_connection = True
            return False
        if self.cut is not None and self.sent >= self.cut:
            self.close_connection = True
            return False
        return True

    def end_stream(self):
        if self.close_connection and self.cut is not None:
            return
        try:
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError, ValueError):
            self.close_connection = True


class Routes:
    """One method an operation; the table at the end says which path leads where."""

    def __init__(self, handler):
        self.handler = handler
        self.engine = handler.server.engine
        self.model = self.engine.model

    def dispatch(self, request):
        for method, pattern, function in ROUTES:
            match = re.fullmatch(pattern, request.path)
            if match and request.method == method:
                return function(self, request, *match.groups())
        raise EngineError(404, f"the scripted engine does not answer {request.method} {request.path}")

    def answer(self, value=None, status=200):
        self.handler.answer(status, value)

    # -- system

    def ping(self, request):
        self.handler.answer_bytes(200, b"OK", "text/plain", {"Builder-Version": "2"})

    def version(self, request):
        api = self.model.api
        self.answer({"Platform": {"Name": ""}, "Version": "28.0.0", "ApiVersion": api, "MinAPIVersion": "1.24",
                     "Os": "linux", "Arch": "amd64", "KernelVersion": "6.1", "GitCommit": "0", "GoVersion": "go1",
                     "Components": [{"Name": "Engine", "Version": "28.0.0", "Details": {"ApiVersion": api}}]})

    def info(self, request):
        self.answer({"ID": "scripted", "OSType": "linux", "Architecture": "x86_64", "ServerVersion": "28.0.0",
                     "Driver": "overlay2", "NCPU": 2, "MemTotal": 2 << 30, "CgroupDriver": "cgroupfs", "CgroupVersion": "1",
                     "DefaultRuntime": "runc", "Runtimes": {"runc": {"path": "runc"}}, "SecurityOptions": [],
                     "OperatingSystem": "scripted", "KernelVersion": "6.1", "Swarm": {"LocalNodeState": "inactive"}, "Labels": [],
                     "Plugins": {"Volume": ["local"], "Network": ["bridge", "host", "null"], "Log": ["json-file"]}})

    def events(self, request):
        model, handler = self.model, self.handler
        wanted = filters_of(request.query)
        since, until = (moment(request.query.get(name)) for name in ("since", "until"))
        with model.lock:
            position = 0 if since is not None else len(model.events)
        handler.begin_stream()
        while not self.engine.ending.is_set() and not handler.close_connection and not handler.only_begin:
            with model.lock:
                while position >= len(model.events) and not self.engine.ending.is_set():
                    if until is not None and time.time_ns() >= until or gone(handler.connection):
                        return handler.end_stream()
                    model.changed.wait(0.05)
                fresh = model.events[position:]
                position = len(model.events)
            for event in fresh:
                if since is not None and event["timeNano"] < since or until is not None and event["timeNano"] > until:
                    continue
                if event_wanted(event, wanted) and not handler.chunk(json.dumps(event).encode() + b"\n"):
                    return
        if self.engine.ending.is_set():
            handler.end_stream()

    # -- images

    def list_images(self, request):
        self.answer(self.model.list_images(request.query))

    def image_inspect(self, request, name):
        self.answer(self.model.image(name))

    def image_create(self, request):
        name = full_name(request.query["fromImage"] + (":" + request.query["tag"] if request.query.get("tag") else ""))
        known = self.model.registry
        if known is not None and name not in [full_name(one) for one in known]:
            raise EngineError(404, f"manifest for {name} not found: manifest unknown: manifest unknown")
        handler = self.handler
        handler.begin_stream()
        layer = "0123456789ab"
        for line in ({"status": f"Pulling from library/{name.split(':')[0]}", "id": name.rsplit(":", 1)[-1]},
                     {"status": "Pulling fs layer", "progressDetail": {}, "id": layer},
                     {"status": "Downloading", "progressDetail": {"current": 500, "total": 1000}, "id": layer},
                     {"status": "Download complete", "progressDetail": {}, "id": layer},
                     {"status": "Extracting", "progressDetail": {"current": 1000, "total": 1000}, "id": layer},
                     {"status": "Pull complete", "progressDetail": {}, "id": layer},
                     {"status": f"Status: Downloaded newer image for {name}"}):
            if not handler.chunk(json.dumps(line).encode() + b"\r\n"):
                return
        with self.model.lock:
            image = self.model.add_image(name)
            self.model.event("image", "pull", name, {"name": image["RepoTags"][0]})
        handler.end_stream()

    def image_push(self, request, name):
        self.handler.begin_stream()
        self.handler.chunk(json.dumps({"status": f"The push refers to repository [{name}]"}).encode() + b"\r\n")
        self.handler.end_stream()

    def image_tag(self, request, name):
        image = self.model.image(name)
        target = full_name(request.query["repo"] + (":" + request.query["tag"] if request.query.get("tag") else ""))
        self.model.images[target] = {**image, "RepoTags": [target]}
        self.handler.answer(201)

    def image_delete(self, request, name):
        self.answer(self.model.remove_image(name))

    def build(self, request):
        names = [full_name(name) for name in request.query.get("t", "built").split()]
        labels = json.loads(request.query.get("labels") or "{}")
        handler = self.handler
        handler.begin_stream()
        handler.chunk(json.dumps({"stream": "Step 1/1 : FROM scratch\n"}).encode() + b"\r\n")
        with self.model.lock:
            image = [self.model.add_image(name, {"Labels": labels}) for name in names][0]
        handler.chunk(json.dumps({"aux": {"ID": image["Id"]}}).encode() + b"\r\n")
        handler.chunk(json.dumps({"stream": f"Successfully tagged {names[0]}\n"}).encode() + b"\r\n")
        handler.end_stream()

    def distribution(self, request, name):
        self.answer({"Descriptor": {"mediaType": "application/vnd.oci.image.index.v1+json", "size": 1,
                                    "digest": self.model.add_image(name)["RepoDigests"][0].split("@")[1]},
                     "Platforms": [{"architecture": "amd64", "os": "linux"}]})

    # -- containers

    def list_containers(self, request):
        self.answer(self.model.list_containers(request.query))

    def container_create(self, request):
        self.answer(self.model.create_container(request.query, request.json()), 201)

    def container_inspect(self, request, name):
        self.answer(self.model.inspect(self.model.container(name)))

    def container_start(self, request, name):
        self.handler.answer(204 if self.model.start(self.model.container(name)) else 304)

    def container_stop(self, request, name):
        container = self.model.container(name)
        if container["State"]["Running"] and self.model.behaviour(container).get("ignores_stop"):
            self.model.changed.wait(0.05)
        self.handler.answer(204 if self.model.stop(container) else 304)

    def container_restart(self, request, name):
        container = self.model.container(name)
        self.model.stop(container)
        self.model.start(container)
        self.model.container_event(container, "restart")
        self.handler.answer(204)

    def container_kill(self, request, name):
        self.model.kill(self.model.container(name), request.query.get("signal"))
        self.handler.answer(204)

    def container_pause(self, request, name):
        self.model.pause(self.model.container(name), True)
        self.handler.answer(204)

    def container_unpause(self, request, name):
        self.model.pause(self.model.container(name), False)
        self.handler.answer(204)

    def container_rename(self, request, name):
        self.model.rename(self.model.container(name), request.query["name"])
        self.handler.answer(204)

    def container_resize(self, request, name):
        self.model.container(name)
        self.handler.answer(200)

    def container_delete(self, request, name):
        on = ("1", "true", "True")
        self.model.remove_container(self.model.container(name), request.query.get("force") in on, request.query.get("v") in on)
        self.handler.answer(204)

    def container_wait(self, request, name):
        container = self.model.container(name)
        condition = request.query.get("condition") or "not-running"
        starts = container["starts"]
        self.handler.begin_stream()

        def over():
            if condition == "removed":
                return container["Id"] not in self.model.containers
            running = container["State"]["Running"]
            return not running and (condition == "not-running" or container["starts"] > starts)
        while not over() and not self.engine.ending.is_set():
            if gone(self.handler.connection):
                return
            self.model.changed.wait(0.05)
        self.handler.chunk(json.dumps({"StatusCode": container["State"]["ExitCode"]}).encode())
        self.handler.end_stream()

    def container_logs(self, request, name):
        self.stream_logs(request, self.model.container(name), request.query.get("follow") in ("1", "true"))

    def stream_logs(self, request, container, follow):
        handler, model = self.handler, self.model
        stamps = request.query.get("timestamps") in ("1", "true")
        since, until = (moment(request.query.get(key)) for key in ("since", "until"))
        tail = request.query.get("tail")
        rows = [row for row in container["log"] if (since is None or row[0] >= since) and (until is None or row[0] <= until)]
        position = len(container["log"])
        if tail and tail != "all":
            rows = rows[-int(tail):] if int(tail) else []
        tty = container["Config"].get("Tty")
        handler.begin_stream("application/vnd.docker.raw-stream" if tty else "application/vnd.docker.multiplexed-stream")
        while True:
            for at, stream, data in rows:
                if stamps:
                    data = instant(at).encode() + b" " + data
                with unlocked(model.lock):                      # a reader that stops stops nobody else
                    if not handler.chunk(data if tty else struct.pack(">BxxxI", stream, len(data)) + data):
                        return
            if not follow:
                break
            while position >= len(container["log"]):
                if not container["State"]["Running"] or self.engine.ending.is_set() or gone(handler.connection):
                    return handler.end_stream()
                model.changed.wait(0.05)
            rows = container["log"][position:]
            position = len(container["log"])
        handler.end_stream()

    def container_attach(self, request, name):
        container = self.model.container(name)
        handler = self.handler
        if request.headers.get("Upgrade"):
            handler.head(101, {"Connection": "Upgrade", "Upgrade": "tcp", "Content-Type": "application/vnd.docker.raw-stream"})
            handler.wfile.flush()
            handler.close_connection = True
            position = 0
            while not self.engine.ending.is_set():
                for _, stream, data in container["log"][position:]:
                    position += 1
                    with unlocked(self.model.lock):
                        handler.wfile.write(data if container["Config"].get("Tty") else struct.pack(">BxxxI", stream, len(data)) + data)
                        handler.wfile.flush()
                if container["starts"] and not container["State"]["Running"]:
                    with unlocked(self.model.lock):
                        return handler.end_connection()
                self.model.changed.wait(0.05)
        else:
            self.stream_logs(request, container, True)

    def container_top(self, request, name):
        if not self.model.container(name)["State"]["Running"]:
            raise EngineError(409, f"container {name} is not running")
        self.answer({"Titles": ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
                     "Processes": [["root", "1000", "1", "0", "10:00", "?", "00:00:00", "sh"]]})

    def container_stats(self, request, name):
        container = self.model.container(name)
        sample = {"read": instant(), "id": container["Id"], "name": container["Name"], "pids_stats": {"current": 1},
                  "cpu_stats": {"cpu_usage": {"total_usage": 2}, "system_cpu_usage": 20, "online_cpus": 2},
                  "precpu_stats": {"cpu_usage": {"total_usage": 1}, "system_cpu_usage": 10, "online_cpus": 2},
                  "memory_stats": {"usage": 1 << 20, "limit": 1 << 30}, "networks": {}, "blkio_stats": {}}
        if request.query.get("stream") in ("0", "false"):
            return self.answer(sample)
        self.handler.begin_stream()
        while self.handler.chunk(json.dumps(sample).encode() + b"\n") and container["State"]["Running"]:
            if self.engine.ending.is_set() or gone(self.handler.connection):
                return None
            self.model.changed.wait(0.5)
        return self.handler.end_stream()

    def container_archive(self, request, name):
        self.model.container(name)
        named = os.path.basename(request.query["path"])
        stat = {"name": named, "size": 6, "mode": 0o644, "mtime": instant(), "linkTarget": ""}
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as archive:
            entry = tarfile.TarInfo(named)
            entry.size = 6
            archive.addfile(entry, io.BytesIO(b"there\n"))
        self.handler.answer_bytes(200, data.getvalue(), "application/x-tar", {
            "X-Docker-Container-Path-Stat": base64.b64encode(json.dumps(stat).encode()).decode()})

    def container_export(self, request, name):
        self.model.container(name)
        self.handler.answer_bytes(200, bytes(10240), "application/x-tar")

    def container_archive_put(self, request, name):
        self.model.container(name).setdefault("files", []).append((request.query.get("path"), tar_names(request.body)))
        self.handler.answer(200)

    # -- exec

    def exec_create(self, request, name):
        container = self.model.container(name)
        if not container["State"]["Running"]:
            raise EngineError(409, f"container {container['Id']} is not running")
        identity = self.model.unique("exec")
        self.model.execs[identity] = {"ID": identity, "ContainerID": container["Id"], "Running": False, "ExitCode": None, "Pid": 0,
                                      "ProcessConfig": request.json()}
        self.answer({"Id": identity}, 201)

    def exec_start(self, request, identity):
        one, model = self.model.execs[identity], self.model
        container = model.containers[one["ContainerID"]]
        behaviour = model.behaviour(container)
        ended = dict(Running=False, ExitCode=behaviour.get("exec_exits", self.engine.exec_code))

        def end():
            one.update(ended)
            model.container_event(container, "exec_die", execID=identity, exitCode=str(one["ExitCode"]))
        if "exec_noted" in behaviour:
            one.update(Running=True)
            model.later(behaviour["exec_noted"], container, container["starts"], end)
        else:
            end()
        self.handler.head(101, {"Connection": "Upgrade", "Upgrade": "tcp"})
        self.handler.close_connection = True
        data = self.engine.exec_output
        self.handler.wfile.write(struct.pack(">BxxxI", 1, len(data)) + data)
        with unlocked(model.lock):
            self.handler.end_connection()

    def exec_inspect(self, request, identity):
        if identity not in self.model.execs:
            raise EngineError(404, f"No such exec instance: {identity}")
        self.answer(self.model.execs[identity])

    # -- networks and volumes

    def list_networks(self, request):
        self.answer(self.model.list_networks(request.query))

    def network_create(self, request):
        self.answer(self.model.create_network(request.json()), 201)

    def network_inspect(self, request, name):
        self.answer(self.model.network(name))

    def network_delete(self, request, name):
        self.model.remove_network(name)
        self.handler.answer(204)

    def network_connect(self, request, name):
        self.model.connect(name, request.json())
        self.handler.answer(200)

    def network_disconnect(self, request, name):
        self.model.disconnect(name, request.json())
        self.handler.answer(200)

    def list_volumes(self, request):
        self.answer(self.model.list_volumes(request.query))

    def volume_create(self, request):
        self.answer(self.model.create_volume(request.json()), 201)

    def volume_inspect(self, request, name):
        self.answer(self.model.volume(name))

    def volume_delete(self, request, name):
        self.model.remove_volume(name)
        self.handler.answer(204)


R = Routes
ROUTES = [
    ("GET", "/_ping", R.ping), ("HEAD", "/_ping", R.ping), ("GET", "/version", R.version), ("GET", "/info", R.info),
    ("GET", "/events", R.events),
    ("GET", "/images/json", R.list_images), ("POST", "/images/create", R.image_create), ("POST", "/build", R.build),
    ("GET", "/images/(.+)/json", R.image_inspect), ("POST", "/images/(.+)/push", R.image_push),
    ("POST", "/images/(.+)/tag", R.image_tag), ("DELETE", "/images/(.+)", R.image_delete),
    ("GET", "/distribution/(.+)/json", R.distribution),
    ("GET", "/containers/json", R.list_containers), ("POST", "/containers/create", R.container_create),
    ("GET", "/containers/([^/]+)/json", R.container_inspect), ("POST", "/containers/([^/]+)/start", R.container_start),
    ("POST", "/containers/([^/]+)/stop", R.container_stop), ("POST", "/containers/([^/]+)/restart", R.container_restart),
    ("POST", "/containers/([^/]+)/kill", R.container_kill), ("POST", "/containers/([^/]+)/pause", R.container_pause),
    ("POST", "/containers/([^/]+)/unpause", R.container_unpause), ("POST", "/containers/([^/]+)/rename", R.container_rename),
    ("POST", "/containers/([^/]+)/resize", R.container_resize), ("DELETE", "/containers/([^/]+)", R.container_delete),
    ("POST", "/containers/([^/]+)/wait", R.container_wait), ("GET", "/containers/([^/]+)/logs", R.container_logs),
    ("POST", "/containers/([^/]+)/attach", R.container_attach), ("GET", "/containers/([^/]+)/top", R.container_top),
    ("GET", "/containers/([^/]+)/stats", R.container_stats), ("GET", "/containers/([^/]+)/export", R.container_export),
    ("GET", "/containers/([^/]+)/archive", R.container_archive), ("HEAD", "/containers/([^/]+)/archive", R.container_archive),
    ("PUT", "/containers/([^/]+)/archive", R.container_archive_put), ("POST", "/containers/([^/]+)/exec", R.exec_create),
    ("POST", "/exec/([^/]+)/start", R.exec_start), ("GET", "/exec/([^/]+)/json", R.exec_inspect),
    ("GET", "/networks", R.list_networks), ("POST", "/networks/create", R.network_create),
    ("GET", "/networks/([^/]+)", R.network_inspect), ("DELETE", "/networks/([^/]+)", R.network_delete),
    ("POST", "/networks/([^/]+)/connect", R.network_connect), ("POST", "/networks/([^/]+)/disconnect", R.network_disconnect),
    ("GET", "/volumes", R.list_volumes), ("POST", "/volumes/create", R.volume_create),
    ("GET", "/volumes/([^/]+)", R.volume_inspect), ("DELETE", "/volumes/([^/]+)", R.volume_delete),
]
# Operations that take as long as something else does; all others are atomic under the model's lock.
STREAMS = {R.events, R.image_create, R.build, R.image_push}


def locked(function):
    def run(self, *arguments):
        with self.model.lock:
            return function(self, *arguments)
    return run


ROUTES = [(method, pattern, function if function in STREAMS else locked(function)) for method, pattern, function in ROUTES]


@contextlib.contextmanager
def unlocked(lock):
    lock.release()
    try:
        yield
    finally:
        lock.acquire()


def moment(text):
    """nanoseconds of SECONDS[.NANOS] or of an RFC 3339 instant; None for nothing"""
    if not text or text == "0":
        return None
    match = re.fullmatch(r"(\d+)(?:\.(\d{1,9}))?", text)
    if match:
        return int(match[1]) * 10**9 + int((match[2] or "0").ljust(9, "0"))
    from datetime import datetime
    whole, _, fraction = text.rstrip("Z").partition(".")
    return int(datetime.fromisoformat(whole + "+00:00").timestamp()) * 10**9 + int((fraction or "0").ljust(9, "0")[:9])


def event_wanted(event, wanted):
    attributes = event["Actor"]["Attributes"]
    if "type" in wanted and event["Type"] not in wanted["type"]:
        return False
    if "event" in wanted and event["Action"].split(":")[0] not in [one.split(":")[0] for one in wanted["event"]]:
        return False
    if "container" in wanted and not (event["Type"] == "container" and any(
            event["Actor"]["ID"].startswith(one) or attributes.get("name") == one for one in wanted["container"])):
        return False
    return labels_match(attributes, wanted.get("label", []))


def tar_names(data):
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            return [entry.name for entry in archive]
    except tarfile.TarError:
        return []


def peer_pid(connection):
    return struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def gone(connection):
    """whether the client has hung up"""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass                                    # a client that hangs up is its own affair

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("unix", 0)


class ScriptedEngine:
    def __init__(self, path, api="1.51"):
        self.path, self.model, self.rules, self.requests = path, Model(api), [], []
        self.recording, self.ending = threading.Lock(), threading.Event()
        self.exec_code, self.exec_output = 0, b""
        self.holds_connections = False  # half-closes those that it ends
        self.early = {}                 # pattern of method and path: (status, message) before the body is read
        self.server = Server(path, Handler)
        self.server.engine = self

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        with self.model.lock:
            self.model.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()
        if os.path.exists(self.path):
            os.unlink(self.path)

    def rule(self, method, pattern, nth=None, **actions):
        self.rules.append(Rule(method, pattern, nth, actions))

    def record(self, request):
        """note the request and say what the script wants done with it"""
        with self.recording:
            self.requests.append(request)
            for rule in self.rules:
                if rule.takes(request):
                    return rule.actions
        return {}

    def counted(self):
        """the requests that promises are made about: all but pings"""
        return [request for request in self.requests if request.path != "/_ping"]

    def forget_requests(self):
        with self.recording:
            self.requests.clear()
