#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that are read may be pipes: their content is taken once there is a writer, the wait for it ends with a signal, and what never
ends is an error.

usage: test_pipes.py COMPOSE

Each kind of file that a project or a setting names is a named pipe in turn. The program waits for a writer, which can be seen: the pipe has
a reader then. A signal ends it with 130; another time the content is written, and the command does its work. Commands that create nothing
do not read what containers are created from.
"""
import errno
import os
import signal
import subprocess
import sys
import tempfile
import time

from scripted_engine import ScriptedEngine

PLAIN = "services: {web: {image: web}}\n"
# What is read: the pipe's name, its content (None: it is read more than once, so a pipe is no use), the Compose file, the command, what the environment adds.
KINDS = {
    "-f": ("pipe", PLAIN, "", ["-f", "pipe", "config", "-q"], {}),
    "COMPOSE_FILE": ("pipe", PLAIN, "", ["config", "-q"], {"COMPOSE_FILE": "pipe"}),
    "compose.yaml": ("compose.yaml", PLAIN, None, ["config", "-q"], {}),
    "--env-file": ("pipe", "A=b\n", PLAIN, ["--env-file", "pipe", "config", "-q"], {}),
    ".env": (".env", "A=b\n", PLAIN, ["config", "-q"], {}),
    "include": ("pipe", PLAIN, "include: [pipe]\n", ["config", "-q"], {}),
    "extends": ("pipe", PLAIN, "services: {web: {extends: {file: pipe, service: web}}}\n", ["config", "-q"], {}),
    "env_file": ("pipe", "A=b\n", "services: {web: {image: web, env_file: pipe}}\n", ["config", "-q"], {}),
    "label_file": ("pipe", "a=b\n", "services: {web: {image: web, label_file: pipe}}\n", ["config", "-q"], {}),
    "seccomp profile": ("pipe", "{}\n", "services: {web: {image: web, security_opt: ['seccomp=pipe']}}\n", ["up", "-d"], {}),
    ".dockerignore": ("context/.dockerignore", "x\n", "services: {web: {build: context}}\n", ["build"], {"DOCKER_BUILDKIT": "0"}),
    "config.json": (".docker/config.json", None, PLAIN, ["pull"], {}),
}
# Files of devices that never end, and of contents: these are never waited for.
CONTENTS = "services: {web: {image: web, secrets: [s], configs: [c]}}\nsecrets: {s: {file: pipe}}\nconfigs: {c: {file: pipe}}\n"


class Project:
    def __init__(self, program, directory, path, compose_file):
        self.program, self.path = program, path
        os.makedirs(f"{path}/.docker")
        os.makedirs(f"{path}/context")
        if compose_file is not None:
            write(f"{path}/compose.yaml", compose_file)
        write(f"{path}/context/Dockerfile", "FROM web\n")
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": path, "XDG_RUNTIME_DIR": path, "DOCKER_HOST": f"unix://{directory}/engine.sock",
                            "LANG": "C.UTF-8"}

    def start(self, words, settings, **streams):
        return subprocess.Popen([self.program, *words], cwd=self.path, env={**self.environment, **settings}, text=True,
                                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams})

    def run(self, words, settings=None, **streams):
        process = self.start(words, settings or {}, **streams)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


def write(path, content):
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def open_once_read(path, process):
    """the pipe's writing end, once the program has opened it"""
    until = time.monotonic() + 60
    while True:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as failure:
            assert failure.errno == errno.ENXIO, failure
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "nobody reads the pipe"
        time.sleep(0.01)


def one_kind(program, directory, number, kind):
    name, content, compose_file, words, settings = KINDS[kind]
    for sent in (signal.SIGINT, signal.SIGTERM, None) if content is not None else (signal.SIGINT, signal.SIGTERM):
        project = Project(program, directory, f"{directory}/p{number}-{sent}", compose_file)
        os.mkfifo(f"{project.path}/{name}")
        process = project.start(words, settings)
        writer = open_once_read(f"{project.path}/{name}", process)
        if sent is not None:
            process.send_signal(sent)
            _, err = process.communicate(timeout=60)
            assert process.returncode == 130, f"{kind} {sent}: {process.returncode}, {err}"
            os.close(writer)
        else:
            os.write(writer, content.encode())
            os.close(writer)
            _, err = process.communicate(timeout=60)
            assert process.returncode == 0, f"{kind}: {process.returncode}, {err}"
    print(f"{kind}: as a pipe")


def streams(program, directory):
    """what a shell gives as a file"""
    project = Project(program, directory, f"{directory}/streams", "services: {web: {image: '${NAME-none}'}}\n")
    for script, expected in (
            ('"$0" -f <(cat compose.yaml) config --images', "none"),
            ('"$0" --env-file <(echo NAME=some) config --images', "some"),
            ('"$0" --env-file <(true) config --images', "none"),
            ('"$0" --env-file /dev/null config --images', "none"),
            ('cat compose.yaml | "$0" -f - config --images', "none"),
            ('cat compose.yaml | "$0" -f /dev/stdin config --images', "none"),
            ('"$0" -f /dev/stdin config --images <compose.yaml', "none"),
            ('"$0" -f - config --images <compose.yaml', "none"),
            ('true | "$0" -f - config --images; echo $?', "1"),
            ('true | "$0" -f /dev/stdin config --images; echo $?', "1"),
            ('"$0" -f <(echo "services: [") config; echo $?', "1")):
        done = subprocess.run(["bash", "-c", script, program], cwd=project.path, env=project.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout.strip() == expected, f"{script}: {done}"
    process = project.start(["-f", "-", "config"], {}, stdin=subprocess.PIPE)
    time.sleep(0.2)                              # before or after it reads: both must end
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) in (130, -signal.SIGINT), process.communicate()
    process.communicate()
    print("streams: as files")


def endless(program, directory):
    project = Project(program, directory, f"{directory}/endless", "services: {web: {image: web, env_file: /dev/zero}}\n")
    for words in (["config"], ["-f", "/dev/zero", "config"], ["--env-file", "/dev/zero", "config"]):
        code, _, err = project.run(words)
        assert code == 1 and "/dev/zero is larger than" in err, (words, code, err)
    print("endless: an error")


def contents(program, directory):
    for number, source in enumerate(("pipe", "/dev/zero", "/dev/null")):
        project = Project(program, directory, f"{directory}/contents{number}", CONTENTS.replace("file: pipe", f"file: {source}"))
        if source == "pipe":
            os.mkfifo(f"{project.path}/pipe")
        for words in (["up", "-d"], ["up", "-d"], ["ps"], ["stop"], ["start"], ["restart", "-t", "0"], ["pull"], ["down"]):
            code, _, err = project.run(words)
            # Whether it may be mounted is the engine's to say.
            assert code == 0, (source, words, code, err)
    print("contents: never waited for")


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="pipes-") as directory, ScriptedEngine(f"{directory}/engine.sock") as engine:
        engine.model.add_image("web")
        for number, kind in enumerate(KINDS):
            one_kind(program, directory, number, kind)
        streams(program, directory)
        endless(program, directory)
        contents(program, directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
