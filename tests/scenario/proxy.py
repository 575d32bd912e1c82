# SPDX-License-Identifier: Apache-2.0
"""A proxy in front of a real engine that counts requests and does something at one of them.

    with Proxy(listen_path, engine_path, at=7, act=function) as proxy:
        ... a client talks to listen_path ...

`act(proxy, pid)` is called with the client's process id once the engine has begun to answer the at-th request (pings
apart), or with `early` as soon as the request has been passed on; the answer is not passed on, or with `passes` only its head. Each request gets a connection of its own ("Connection: close"), so that none is missed.
"""
import contextlib
import os
import re
import socket
import struct
import threading


class Proxy:
    def __init__(self, listen_path, engine_path, at=0, act=None, passes=False, early=False):
        self.listen_path, self.engine_path, self.at, self.act = listen_path, engine_path, at, act
        self.passes, self.early = passes, early
        self.counted, self.lines, self.lock = 0, [], threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(listen_path)
        self.listener.listen(128)

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        os.unlink(self.listen_path)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(65536)
            if not data:
                return client.close()
            head += data
        head, rest = head.split(b"\r\n\r\n", 1)
        line = head.split(b"\r\n", 1)[0].decode()
        with self.lock:
            ping = re.search(r"/_ping\b", line)
            if not ping:
                self.counted += 1
                self.lines.append(line)
            chosen = not ping and self.counted == self.at
        self.relay(client, head, rest, chosen)

    def relay(self, client, head, rest, chosen=False):
        if not re.search(rb"^upgrade:", head, re.I | re.M):
            head = re.sub(rb"\r\nconnection:[^\r]*", b"", head, flags=re.I) + b"\r\nConnection: close"
        engine = socket.socket(socket.AF_UNIX)
        try:
            engine.connect(self.engine_path)
            engine.sendall(head + b"\r\n\r\n" + rest)
        except OSError:
            return client.close()
        threading.Thread(target=pump, args=(client, engine), daemon=True).start()
        if chosen:
            begin = b"" if self.early else engine.recv(1)       # the engine has begun to answer: the work is done
            while self.passes and b"\r\n\r\n" not in begin:
                begin += engine.recv(1)
            if self.passes:
                client.sendall(begin)
            pid = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
            self.act(self, pid)
            client.shutdown(socket.SHUT_RDWR)
            client.close()
            return engine.close()
        pump(engine, client)
        client.close()
        engine.close()


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)             # after a reset too: a mere close goes unseen while the other pump() reads
