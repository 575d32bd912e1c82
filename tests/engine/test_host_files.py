#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# long: 50
"""On a real engine: what cp and export leave on the host. On a full disk (a tmpfs of its own) they fail, name the place and keep the
old file; interrupted at a random moment, there is the old file or the whole new one, the exit code says which, and nothing is left
beside it.

usage: test_host_files.py COMPOSE [INTERRUPTIONS [SEED]]        COMPOSE_TEST_ENGINE names the engine
"""
import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from engine_api import EngineApi

PROJECT = f"host-files-{os.getpid()}"
MEGABYTES = 24
FILE = f"""services:
  web:
    image: busybox
    init: true
    stop_grace_period: 0s
    command: sh -c 'dd if=/dev/urandom of=/big bs=1M count={MEGABYTES}; mkdir /tree; echo small >/tree/a; ln /big /tree/b; echo small >/tree/c; touch /ready; exec sleep 1000'
"""
OLD = b"old\n"


@contextlib.contextmanager
def small_disk(path):
    """False where no file system may be mounted"""
    os.mkdir(path)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", path], capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", path], check=True)


class HostFiles:
    def __init__(self, program, engine, directory):
        self.program, self.directory = program, directory
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory, "DOCKER_HOST": f"unix://{engine}"}

    def start(self, *words):
        return subprocess.Popen([self.program, "-p", PROJECT, *words], cwd=self.directory, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *words):
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def place(self, name):
        """a folder of its own with an old file in it"""
        folder = tempfile.mkdtemp(dir=os.path.join(self.directory, name))
        path = os.path.join(folder, "file")
        with open(path, "wb") as file:
            file.write(OLD)
        return folder, path

    def full_disk(self):
        with small_disk(os.path.join(self.directory, "disk")) as mounted:
            if not mounted:
                print("full disk: skipped, nothing may be mounted here")
                return
            for words in (["cp", "web:/big"], ["export", "web", "-o"]):
                folder, path = self.place("disk")
                code, _, err = self.run(*words, path)
                print(f"full disk: {words[0]} exit code {code}: {err.splitlines()[-1]}")
                assert code == 1 and path in err and "no space left on device" in err, err
                assert open(path, "rb").read() == OLD and os.listdir(folder) == ["file"], os.listdir(folder)
            folder, path = self.place("disk")
            code, _, err = self.run("cp", "web:/tree", folder)
            print(f"full disk: cp of a folder exit code {code}: {err.splitlines()[-1]}")
            assert code == 1 and "no space left on device" in err and "/tree/" in err, err
            for name in os.listdir(os.path.join(folder, "tree")):
                assert open(os.path.join(folder, "tree", name), "rb").read() == b"small\n", name
            # Text too: what is left of the disk is filled before.
            folder, path = self.place("disk")
            with open(os.path.join(folder, "filler"), "wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
            code, _, err = self.run("config", "-o", path)
            assert code == 1 and "no space left on device" in err and path in err, (code, err)
            assert open(path, "rb").read() == OLD and sorted(os.listdir(folder)) == ["file", "filler"]

    def interruptions(self, count, seed):
        """cp and export in turn; signals that can be answered, and the one that cannot"""
        choice = random.Random(seed)
        os.mkdir(os.path.join(self.directory, "interrupted"))
        whole = {}
        lasted = {}
        for kind, words in (("cp", ["cp", "web:/big"]), ("export", ["export", "web", "-o"])):
            _, path = self.place("interrupted")
            began = time.monotonic()
            code, _, err = self.run(*words, path)
            lasted[kind] = time.monotonic() - began
            assert code == 0, err
            whole[kind] = (os.path.getsize(path), hashlib.sha256(open(path, "rb").read()).hexdigest() if kind == "cp" else None)
        seen = {}
        for number in range(count):
            kind, words = (("cp", ["cp", "web:/big"]), ("export", ["export", "web", "-o"]))[number % 2]
            sent = choice.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
            folder, path = self.place("interrupted")
            process = self.start(*words, path)
            time.sleep(choice.uniform(0, lasted[kind] * 1.1))       # the moment is the experiment, not a wait for something
            process.send_signal(sent)
            _, err = process.communicate(timeout=60)
            with open(path, "rb") as file:
                content = file.read()
            is_old = content == OLD
            size, digest = whole[kind]
            is_new = len(content) == size and (digest is None or hashlib.sha256(content).hexdigest() == digest)
            what = f"{kind} {sent.name} number {number}: exit code {process.returncode}, {len(content)} bytes, {os.listdir(folder)}, {err[-200:]}"
            assert is_old or is_new, what
            assert process.returncode == -signal.SIGKILL or (process.returncode == 0) == is_new, what
            assert os.listdir(folder) == ["file"], what
            seen[(kind, sent.name, "new" if is_new else "old")] = seen.get((kind, sent.name, "new" if is_new else "old"), 0) + 1
        for key in sorted(seen):
            print("interrupted:", *key, seen[key])


def main():
    engine = os.environ.get("COMPOSE_TEST_ENGINE", "").removeprefix("unix://")
    if not engine or EngineApi(engine).get("/images/busybox/json")[0] != 200:
        print("skipped: COMPOSE_TEST_ENGINE names no engine, or it has no image busybox")
        return 77
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 30)
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(FILE)
        test = HostFiles(os.path.abspath(sys.argv[1]), engine, directory)
        try:
            code, _, err = test.run("up", "-d")
            assert code == 0, err
            until = time.monotonic() + 60
            while test.run("exec", "-T", "web", "test", "-e", "/ready")[0] != 0:
                assert time.monotonic() < until, "the container is not ready"
            test.full_disk()
            test.interruptions(count, seed)
        finally:
            test.run("down")
    return 0


if __name__ == "__main__":
    sys.exit(main())
