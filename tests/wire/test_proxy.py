#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An engine at a TCP address is reached through the proxy of HTTP_PROXY, unless NO_PROXY names it; one at a socket or a loopback address is not.

usage: test_proxy.py COMPOSE
"""
import os
import socket
import subprocess
import sys
import tempfile
import threading

from scripted_engine import ScriptedEngine

FILE = "services: {web: {image: one}}\n"


class Proxy:
    """takes requests for absolute addresses, notes their hosts, and sends them to the engine's socket"""

    def __init__(self, engine_path):
        self.engine_path, self.hosts = engine_path, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with client, client.makefile("rb") as requests:
                while line := requests.readline().decode():
                    method, address, version = line.split()
                    self.hosts.append(address.split("/")[2] if "://" in address else "direct")
                    head, length = [f"{method} /{address.split('/', 3)[3]} {version}"], 0
                    while header := requests.readline().decode().strip():
                        length = int(header.split(":")[1]) if header.lower().startswith("content-length:") else length
                        if not header.lower().startswith(("proxy-connection:", "connection:")):
                            head.append(header)
                    self.relay(client, "\r\n".join([*head, "Connection: close", "", ""]).encode() + requests.read(length))
                    return
        except OSError:
            pass

    def relay(self, client, request):
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(self.engine_path)
            engine.sendall(request)
            while data := engine.recv(65536):
                client.sendall(data)

    def stop(self):
        self.listener.close()


def test(program, directory):
    path = f"{directory}/engine.sock"
    with ScriptedEngine(path) as engine:
        engine.model.add_image("one")
        proxy = Proxy(path)

        def run(host, *command, **settings):
            del proxy.hosts[:]
            return subprocess.run([program, "-p", "proxied", *command], cwd=directory, capture_output=True, text=True, timeout=60, check=False,
                                  env={"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory, "DOCKER_HOST": host, **settings})
        for name in ("HTTP_PROXY", "http_proxy"):
            done = run("tcp://engine.invalid:2375", "up", "-d", **{name: proxy.url})
            assert done.returncode == 0 and set(proxy.hosts) == {"engine.invalid:2375"}, (done.stderr, proxy.hosts)
        done = run("tcp://engine.invalid:2375", "ps", "-q", HTTP_PROXY=proxy.url.removeprefix("http://"))
        assert done.returncode == 0 and done.stdout, done.stderr
        for settings in ({"NO_PROXY": "a,engine.invalid"}, {"no_proxy": ".invalid"}, {"NO_PROXY": "*"}, {"REQUEST_METHOD": "GET"}):
            done = run("tcp://engine.invalid:2375", "ps", HTTP_PROXY=proxy.url, **settings)
            assert done.returncode == 1 and not proxy.hosts, (settings, done.stderr, proxy.hosts)
        for settings in ({"ALL_PROXY": proxy.url}, {"all_proxy": proxy.url}, {"HTTPS_PROXY": proxy.url}):
            done = run("tcp://engine.invalid:2375", "ps", **settings)
            assert done.returncode == 1 and not proxy.hosts, (settings, done.stderr, proxy.hosts)
        done = run(f"unix://{path}", "ps", "-q", HTTP_PROXY=proxy.url, ALL_PROXY=proxy.url)
        assert done.returncode == 0 and done.stdout and not proxy.hosts, done.stderr
        done = run("tcp://127.0.0.1:1", "ps", HTTP_PROXY=proxy.url)
        assert done.returncode == 1 and not proxy.hosts, done.stderr
        done = run("tcp://user:word@engine.invalid:2375", "ps", HTTP_PROXY=proxy.url)
        assert done.returncode != 0 and not proxy.hosts, done.stderr
        proxy.stop()


def main():
    with tempfile.TemporaryDirectory(prefix="proxy-") as directory:
        with open(f"{directory}/compose.yaml", "w", encoding="utf-8") as file:
            file.write(FILE)
        test(os.path.abspath(sys.argv[1]), directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
