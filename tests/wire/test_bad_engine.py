#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Something that is no engine, or one that breaks off: each command ends, with exit code 1, a place and a remedy.

usage: test_bad_engine.py COMPOSE

Also where the engine is looked for when nothing names one, and that --debug tells which place was taken.
"""
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from scripted_engine import ScriptedEngine

FILE = "services: {web: {image: one}}\n"
PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
LABELS = ('"com.docker.compose.project":"bad","com.docker.compose.service":"web","com.docker.compose.config-hash":"x",'
          '"com.docker.compose.oneoff":"False","com.docker.compose.container-number":"1"')
LIST = f'[{{"Id":"aa","Names":["/bad-web-1"],"Image":"one","State":"running","Status":"Up 1 second","Labels":{{{LABELS}}}}}]'.encode()
INSPECT = b'{"Id":"aa","Name":"/bad-web-1","State":{"Status":"running","Running":true},"Config":{"Tty":false},"HostConfig":{}}'


def answer(body, status="200 OK", kind="application/json", headers="", claimed=None):
    length = len(body) if claimed is None else claimed
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{headers}Content-Length: {length}\r\n\r\n".encode() + body


def chunk(body):
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(body), body)


def frame(data, claimed=None):
    return struct.pack(">BxxxI", 1, len(data) if claimed is None else claimed) + data


PING = answer(b"OK", kind="text/plain", headers="Api-Version: 1.41\r\n")
OPEN_STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def after_ping(body):
    return lambda path: PING if path == "/_ping" else body


def with_logs(body):
    """an engine that is well but for its logs"""
    def reply(path):
        if path == "/_ping":
            return PING
        if "/logs" in path:
            return body
        if "/events" in path:
            return OPEN_STREAM
        return answer(LIST if path.partition("?")[0].endswith("/containers/json") else INSPECT)
    return reply


class Endless(bytes):
    """is sent again and again"""


def endless(at, body):
    """an engine that is well, but does not end the answer to one path; nothing else exists there but a container where that is an object of it"""
    def reply(path):
        name = "/" + path.partition("?")[0].split("/", 2)[2] if path.startswith("/v1.") else path
        if name == at:
            return Endless(body)
        if name == "/_ping":
            return PING
        if name == "/events":
            return OPEN_STREAM
        if name == "/images/json":
            return answer(b'[{"Id":"sha256:1","RepoTags":["one:latest"]}]')
        if name == "/volumes":
            return answer(b'{"Volumes":[]}')
        return answer(LIST if name == "/containers/json" and "containers" in at else b"[]")
    return reply


def redirected_change(path):
    if path.endswith("/networks/create"):
        return answer(b"", "302 Found", headers="Location: /elsewhere\r\n")
    return endless("", b"")(path)


FAILED = '{"message":"boom"}'.encode()
ALWAYS = [("ps",), ("up", "-d"), ("down",)]
LOGS = [("logs",), ("logs", "-f")]
# name, path -> bytes, commands, what the message has
CASES = [
    ("garbage", lambda path: b"\0\1 garbage\r\n", ALWAYS, ["is no container engine", "the address comes from DOCKER_HOST"]),
    ("an ssh server", lambda path: b"SSH-2.0-OpenSSH_9.2\r\n", ALWAYS, ["is no container engine", "the address comes from DOCKER_HOST"]),
    ("nothing", lambda path: b"", ALWAYS, ["closed the connection without an answer", "the address comes from DOCKER_HOST"]),
    ("half a header", after_ping(b"HTTP/1.1 200 OK\r\nConte"), ALWAYS, ["closed the connection without an answer"]),
    ("a header without end", lambda path: b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000000, ALWAYS, ["is no container engine", "too long"]),
    ("a page instead of a ping", lambda path: answer(PAGE, "502 Bad Gateway", "text/html"), ALWAYS,
     ["a web page with status 502", "a proxy may stand in between"]),
    ("a page that says 200", lambda path: answer(PAGE, kind="text/html"), ALWAYS, ["/_ping names no API version", "DOCKER_HOST"]),
    ("a page later", after_ping(answer(PAGE, "502 Bad Gateway", "text/html")), ALWAYS, ["GET /containers/json gave a web page with status 502"]),
    ("a page for a list", after_ping(answer(PAGE, kind="text/html")), ALWAYS, ["list of containers is not JSON: it begins with <html>", "--debug"]),
    ("500", after_ping(answer(FAILED, "500 Internal Server Error")), ALWAYS, ["Error response from daemon: boom"]),
    ("500 without words", after_ping(answer(b"", "500 Internal Server Error")), ALWAYS, ["GET /containers/json was answered with status 500"]),
    ("500 and null", after_ping(answer(b"null", "500 Internal Server Error")), ALWAYS, ["GET /containers/json was answered with status 500"]),
    ("500 and no member", after_ping(answer(b"{}", "500 Internal Server Error")), ALWAYS, ["GET /containers/json was answered with status 500"]),
    ("500 and a string", after_ping(answer(b'"boom"', "500 Internal Server Error")), ALWAYS, ["Error response from daemon: boom"]),
    ("a redirect", after_ping(answer(b"", "302 Found", headers="Location: http://log-in.test/\r\n")), ALWAYS,
     ["is no container engine: GET /containers/json was redirected to http://log-in.test/", "a proxy may stand in between"]),
    ("a redirect to a page", after_ping(answer(PAGE, "307 Temporary Redirect", "text/html")), ALWAYS, ["was redirected to another address"]),
    ("a redirected change", redirected_change, [("up", "-d")], ["POST /networks/create was redirected to /elsewhere"]),
    ("an endless list", endless("/containers/json", b"[" + b" " * 999999), ALWAYS, ["answer to GET /containers/json is larger than 64 MiB"]),
    ("an endless object", endless("/containers/aa/json", b" " * 1000000), [("attach", "web")], ["answer to GET /containers/aa/json is larger than 16 MiB"]),
    ("an endless result", endless("/networks/create", b" " * 1000000), [("up", "-d")], ["answer to POST /networks/create is larger than 1 MiB"]),
    ("half a list", after_ping(answer(b'[{"Id":"aa"')), ALWAYS, ["list of containers is not JSON", '[{"Id":"aa"']),
    ("no list", after_ping(answer(b'{"a":1}')), ALWAYS, ["list of containers is not a list"]),
    ("a cut list", after_ping(answer(b'[{"Id":', claimed=999)), ALWAYS, ["broke off", "try again"]),
    ("an old engine", lambda path: answer(b"OK", headers="Api-Version: 1.24\r\n"), ALWAYS, ["speaks API 1.24; at least 1.41 is needed", "20.10 or later"]),
    ("half a frame", with_logs(chunk(frame(b"2026-01-01T00:00:00.000000000Z hello\n") + frame(b"2026-01-01T00:00:01.000000000Z wor", 100))),
     LOGS[:1], ["logs of bad-web-1", "broke off", "try again"]),
    ("an answer that ends in a frame", with_logs(answer(frame(b"2026-01-01T00:00:00.000000000Z wor", 100))), LOGS[:1],
     ["logs of bad-web-1", "ends inside of a frame"]),
    ("no frame", with_logs(chunk(b"\7\7\7\7this is no frame at all")), LOGS, ["logs of bad-web-1", "not framed", "07070707"]),
    ("a page for logs", with_logs(answer(PAGE, kind="text/html")), LOGS, ["logs of bad-web-1", "not framed"]),
]


class Server:
    """says reply(path) to each request, whatever it is, and closes unless the answer is a whole one"""

    def __init__(self, path, reply):
        self.reply = reply
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        self.ending = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection, connection.makefile("rb") as requests:
                while line := requests.readline():
                    length = 0
                    while header := requests.readline().strip().lower():
                        if header.startswith(b"content-length:"):
                            length = int(header.split(b":")[1])
                    requests.read(length)
                    path = line.split()[1].decode()
                    said = self.reply(path)
                    if isinstance(said, Endless):
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
                        while not self.ending.is_set():
                            connection.sendall(said)
                    connection.sendall(said)
                    if said == OPEN_STREAM:
                        self.ending.wait()
                    if said is not PING:
                        return
        except OSError:
            pass                                        # the program has seen enough

    def stop(self):
        self.ending.set()
        self.listener.close()


def run(program, directory, command, **settings):
    return subprocess.run([program, "-p", "bad", *command], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, check=False, env={"PATH": "/usr/bin:/bin", "HOME": directory, **settings})


def bad_engines(program, directory):
    for number, (name, reply, commands, words) in enumerate(CASES):
        path = f"{directory}/{number}.sock"
        server = Server(path, reply)
        for command in commands:
            done = run(program, directory, command, DOCKER_HOST=f"unix://{path}", XDG_RUNTIME_DIR=directory)
            missing = [word for word in words if word not in done.stderr]
            assert done.returncode == 1 and not missing, f"{name}, {command}: exit code {done.returncode}, not said: {missing}\n{done.stderr}"
        server.stop()
    print(f"{len(CASES)} bad engines: each command ends with a place and a remedy")


def usual_places(program, directory):
    """without any setting; the system's own sockets would come first"""
    if os.path.exists("/var/run/docker.sock") or os.path.exists("/run/podman/podman.sock"):
        print("the usual places are not tried: an engine of the system listens")
        return
    runtime = f"{directory}/runtime"
    os.makedirs(f"{runtime}/podman")
    failed = run(program, directory, ["ps"], XDG_RUNTIME_DIR=runtime)
    assert failed.returncode == 1 and "unix:///var/run/docker.sock" in failed.stderr and "start the engine" in failed.stderr, failed.stderr
    for path, name in ((f"{runtime}/podman/podman.sock", "socket of rootless Podman"), (f"{runtime}/docker.sock", "socket of rootless Docker")):
        with ScriptedEngine(path) as engine:
            done = run(program, directory, ["--debug", "ps"], XDG_RUNTIME_DIR=runtime)
            assert done.returncode == 0 and f"engine unix://{path} from {name}" in done.stderr, done.stderr
            assert [request.path for request in engine.requests] == ["/_ping", "/containers/json"]
    print("rootless sockets are found and named")


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="bad-") as directory:
        with open(f"{directory}/compose.yaml", "w", encoding="utf-8") as file:
            file.write(FILE)
        bad_engines(program, directory)
        usual_places(program, directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
