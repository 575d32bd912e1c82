# SPDX-License-Identifier: Apache-2.0
"""Asking a real engine, or the scripted one, over its Unix socket: as much of HTTP as tests need."""
import http.client
import json
import socket
from urllib.parse import quote


class Connection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("engine", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class EngineApi:
    def __init__(self, path):
        self.path = path

    def ask(self, method, path, body=None, timeout=60):
        connection = Connection(self.path, timeout)
        try:
            data = None if body is None else json.dumps(body)
            headers = {"Content-Type": "application/json"} if data else {}
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(raw) if raw else None
        except ValueError:
            return answer.status, raw.decode("utf-8", "replace")

    def get(self, path):
        return self.ask("GET", path)

    def remove_project(self, project):
        """everything that carries the project's label, so that a failed scenario leaves nothing to the next"""
        label = quote(json.dumps({"label": [f"com.docker.compose.project={project}"]}))
        for row in self.get(f"/containers/json?all=1&filters={label}")[1]:
            self.ask("DELETE", f"/containers/{row['Id']}?force=1&v=1")
        for row in self.get(f"/networks?filters={label}")[1]:
            self.ask("DELETE", f"/networks/{row['Id']}")
        for row in self.get(f"/volumes?filters={label}")[1].get("Volumes") or []:
            self.ask("DELETE", f"/volumes/{row['Name']}")
        for row in self.get(f"/images/json?filters={label}")[1]:
            self.ask("DELETE", f"/images/{row['Id']}?force=1")
