#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An engine over TCP with TLS and client certificates, named by DOCKER_HOST and by contexts of the docker CLI.

usage: test_tls.py COMPOSE        COMPOSE_TEST_ENGINE names the engine; a relay that wants a certificate is put in front of it
"""
import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading

from remote import Program, main, whole_life, write


def make_certificates(directory):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", "2", "-subj", "/CN=ca")
    for name, usage in (("server", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth"), ("client", "extendedKeyUsage=clientAuth")):
        write(f"{directory}/{name}.ext", usage + "\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}-key.pem", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2",
                "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    for name, source in (("ca.pem", "ca.pem"), ("cert.pem", "client.pem"), ("key.pem", "client-key.pem")):
        os.makedirs(f"{directory}/client", exist_ok=True)
        shutil.copy(f"{directory}/{source}", f"{directory}/client/{name}")


def make_second_authority(directory):
    """an authority that is not in ca.pem, as one of the system's; and a server's certificate of it"""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=f"{directory}/second", check=True, capture_output=True)
    os.makedirs(f"{directory}/second/system")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca-key.pem", "-out", "system/ca.pem", "-days", "2", "-subj", "/CN=second")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server-key.pem", "-out", "server.csr", "-subj", "/CN=server")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "system/ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2",
            "-extfile", f"{directory}/server.ext", "-out", "server.pem")
    shutil.copy(f"{directory}/second/system/ca.pem", f"{directory}/second/system/ca-certificates.crt")
    shutil.copy(f"{directory}/ca.pem", f"{directory}/second/ca.pem")     # by which the relay knows its clients
    openssl("rehash", "system")


class TlsRelay:
    """from TLS with client certificates to the engine's socket; the end of either direction is handed on alone"""

    def __init__(self, directory, engine_path):
        self.engine_path = engine_path
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(f"{directory}/server.pem", f"{directory}/server-key.pem")
        self.context.load_verify_locations(f"{directory}/ca.pem")
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        """memory BIOs, because Python's sockets cannot close one direction of TLS"""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(incoming, outgoing, server_side=True)
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(self.engine_path)
        lock = threading.Lock()

        def flush():
            data = outgoing.read()
            if data:
                client.sendall(data)

        def to_client():
            try:
                while data := engine.recv(65536):
                    with lock:
                        tls.write(data)
                        flush()
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        def shut_engine():
            try:
                engine.shutdown(socket.SHUT_WR)
            except OSError:
                pass                                # it has gone by itself

        try:
            started = False
            while True:
                data = client.recv(65536)
                with lock:
                    incoming.write(data) if data else incoming.write_eof()
                    if not started:
                        try:
                            tls.do_handshake()
                            started = True
                            threading.Thread(target=to_client, daemon=True).start()
                        except ssl.SSLWantReadError:
                            flush()
                            continue
                        except ssl.SSLError:
                            flush()
                            client.close()
                            return
                    flush()
                    plain = self.read_all(tls)
                if plain:
                    engine.sendall(plain[0])
                if not data or (plain and plain[1]):
                    shut_engine()
                    if not data:
                        return
        except OSError:
            shut_engine()

    @staticmethod
    def read_all(tls):
        """(bytes, whether the client has ended its direction)"""
        plain = b""
        while True:
            try:
                part = tls.read(65536)
                if not part:
                    return plain, True
                plain += part
            except ssl.SSLWantReadError:
                return plain, False
            except ssl.SSLError:
                return plain, True

    def stop(self):
        self.listener.close()


def encrypt_key(directory):
    """the client's key, with a pass phrase"""
    subprocess.run(["openssl", "pkey", "-in", f"{directory}/client/key.pem", "-aes256", "-passout", "pass:secret", "-out", f"{directory}/bare/key.pem"],
                   check=True, capture_output=True)
    shutil.copy(f"{directory}/client/cert.pem", f"{directory}/bare/cert.pem")


def by_variables(program, directory, project, port):
    far = Program(program, directory, project, {"DOCKER_HOST": f"tcp://127.0.0.1:{port}", "DOCKER_TLS_VERIFY": "1",
                                                "DOCKER_CERT_PATH": f"{directory}/client"})
    whole_life(far)
    os.makedirs(f"{directory}/bare")
    shutil.copy(f"{directory}/ca.pem", f"{directory}/bare/ca.pem")
    far.settings["DOCKER_CERT_PATH"] = f"{directory}/bare"
    far.fails("ps", saying="client certificate")
    shutil.copy(f"{directory}/client.pem", f"{directory}/bare/ca.pem")
    far.fails("ps", saying="certificate")
    shutil.copy(f"{directory}/client.pem", f"{directory}/bare/cert.pem")
    far.fails("ps", saying="key.pem is missing beside cert.pem")
    encrypt_key(directory)
    shutil.copy(f"{directory}/ca.pem", f"{directory}/bare/ca.pem")
    message = far.fails("ps", saying=f"{directory}/bare/key.pem")
    assert "pass phrase" in message and "Enter" not in message, message
    del far.settings["DOCKER_TLS_VERIFY"]
    far.fails("ps", saying="DOCKER_TLS_VERIFY=1")


def in_system(directory, program):
    """a program that runs the one under test where /etc/ssl/certs has the second authority; None where this machine allows no such view"""
    write(f"{directory}/in-system", f'#!/bin/sh\nexec unshare --mount --propagation private sh -c \'mount --bind {directory}/second/system '
          f'/etc/ssl/certs && exec "$@"\' sh {program} "$@"\n', 0o700)
    probe = subprocess.run([f"{directory}/in-system", "version"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        print(f"not tried: authorities of the system ({probe.stderr.strip()})")
        return None
    return f"{directory}/in-system"


def trusts_only_its_file(program, directory, project, engine_path):
    """ca.pem decides alone: neither an authority of the system counts beside it, nor the system's in its place"""
    make_second_authority(directory)
    relay = TlsRelay(f"{directory}/second", engine_path)
    settings = {"DOCKER_HOST": f"tcp://127.0.0.1:{relay.port}", "DOCKER_CERT_PATH": f"{directory}/client"}
    system = in_system(directory, program)
    try:
        for one in filter(None, (program, system)):
            far = Program(one, directory, project, {**settings, "DOCKER_TLS_VERIFY": "1"})
            far.fails("ps", saying="certificate")
            # A context with its own authority does the same.
            write_context(directory, "strict", relay.port, f"{directory}/client")
            Program(one, directory, project, {"DOCKER_CONTEXT": "strict"}).fails("ps", saying="certificate")
        os.makedirs(f"{directory}/lacks")
        for name in ("cert.pem", "key.pem"):
            shutil.copy(f"{directory}/client/{name}", f"{directory}/lacks/{name}")
        if system:
            # The view is real: where no ca.pem is named, https:// takes the system's authorities.
            known = Program(system, directory, project, {"DOCKER_HOST": f"https://127.0.0.1:{relay.port}", "DOCKER_CERT_PATH": f"{directory}/lacks"})
            known.must("ps")
        for variable in ("DOCKER_TLS_VERIFY", "DOCKER_TLS"):
            far = Program(system or program, directory, project, {**settings, "DOCKER_CERT_PATH": f"{directory}/lacks", variable: "1"})
            far.fails("ps", saying=f"Failed to initialize: DOCKER_HOST: unable to resolve docker endpoint: open {directory}/lacks/ca.pem: no such file or directory")
        far = Program(program, directory, project, {**settings, "DOCKER_TLS_VERIFY": "1"})
        far.fails("--tlscacert", f"{directory}/nosuch.pem", "ps", saying=f"open {directory}/nosuch.pem: no such file or directory")
    finally:
        relay.stop()


def write_context(directory, name, port, certificates):
    digest = hashlib.sha256(name.encode()).hexdigest()
    write(f"{directory}/.docker/contexts/meta/{digest}/meta.json",
          json.dumps({"Name": name, "Endpoints": {"docker": {"Host": f"tcp://127.0.0.1:{port}", "SkipTLSVerify": False}}}))
    shutil.copytree(certificates, f"{directory}/.docker/contexts/tls/{digest}/docker", dirs_exist_ok=True)


def by_context(program, directory, project, port):
    write_context(directory, "far", port, f"{directory}/client")
    here = Program(program, directory, project, {"DOCKER_CONTEXT": "far"})
    here.must("up", "-d")
    assert "web-1" in here.must("ps")
    here.settings["DOCKER_CONTEXT"] = "nowhere"
    here.fails("ps", saying='context "nowhere": context not found')
    assert "web-1" in here.must("--context", "far", "ps")
    write(f"{directory}/.docker/config.json", json.dumps({"currentContext": "far"}))
    del here.settings["DOCKER_CONTEXT"]
    here.must("down")


def test(program, directory, project, engine_path):
    make_certificates(directory)
    relay = TlsRelay(directory, engine_path)
    try:
        by_variables(program, directory, project, relay.port)
        by_context(program, directory, project, relay.port)
        trusts_only_its_file(program, directory, project, engine_path)
    finally:
        relay.stop()


if __name__ == "__main__":
    main("tls", ["openssl"], test)
