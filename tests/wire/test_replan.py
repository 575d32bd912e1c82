#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What changed in the engine after a plan was made leads to another plan; a refusal that would come again is reported at once.

usage: test_replan.py COMPOSE

Another client does the same at the same time: it removes, creates, renames what the program is about to change. And it is in
the middle of that: a name is taken by a container that cannot be seen yet, or not be removed any more.
"""
import os
import subprocess
import sys
import tempfile
import threading

from scripted_engine import ScriptedEngine

FILES = {
    "compose.yaml": "services:\n  web: {image: one}\n  other: {image: one}\n",
    "new.yaml": "services:\n  web: {image: one, tty: true}\n  other: {image: one}\n",
    "volume.yaml": "services:\n  web: {image: one, volumes: ['data:/data']}\nvolumes: {data: {driver: nosuch}}\n",
    "networks.yaml": "services:\n  web: {image: one, networks: [n, m]}\nnetworks: {n: {driver: nosuch}, m: }\n",
}
SOON_S = 0.3


class Case:
    def __init__(self, program, api="1.51"):
        self.program = program
        self.keeper = tempfile.TemporaryDirectory(prefix="replan-")
        self.directory = self.keeper.name
        for name, text in FILES.items():
            with open(f"{self.directory}/{name}", "w", encoding="utf-8") as file:
                file.write("name: p\n" + text)
        self.engine = ScriptedEngine(f"{self.directory}/engine.sock", api)
        self.model = self.engine.model
        self.threads = []

    def __enter__(self):
        self.engine.__enter__()
        self.model.add_image("one")
        return self

    def __exit__(self, *exception):
        for thread in self.threads:
            thread.join()
        self.engine.__exit__(*exception)
        self.keeper.cleanup()

    def run(self, *command, code=0):
        self.engine.forget_requests()
        done = subprocess.run([self.program, *command], cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120, check=False,
                              env={"PATH": "/usr/bin:/bin", "HOME": self.directory, "XDG_RUNTIME_DIR": self.directory,
                                   "DOCKER_HOST": f"unix://{self.directory}/engine.sock"})
        assert done.returncode == code, f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        self.errors = done.stderr
        return done

    def once(self, method, path, change, nth=1):
        """before such a request is carried out"""
        def call(_, request):
            with self.model.lock:
                change(request)
        self.engine.rule(method, path, nth=nth, call=call)

    def refuse(self, method, path, begin):
        """the first such request is refused with what `begin` says of it"""
        def call(_, request):
            with self.model.lock:
                rule.actions.update(zip(("status", "message"), begin(request)))
        self.engine.rule(method, path, nth=1, call=call)
        rule = self.engine.rules[-1]

    def soon(self, function):
        """another client finishes what it has begun"""
        def change():
            with self.model.lock:
                function()
        self.threads.append(threading.Timer(SOON_S, change))
        self.threads[-1].start()

    def of(self, request):
        return self.model.container(request.path.split("/")[2])

    def named(self, name):
        return next((one for one in self.model.containers.values() if one["Name"] == "/" + name), None)

    def sent(self, method, part):
        return [request for request in self.engine.requests if request.method == method and part in request.path]

    def is_right(self, tty=False):
        names = sorted(one["Name"] for one in self.model.containers.values())
        assert names == ["/p-other-1", "/p-web-1"], names
        assert all(one["State"]["Running"] for one in self.model.containers.values())
        assert bool(self.named("p-web-1")["Config"].get("Tty")) == tty
        assert "Error" not in self.errors, self.errors


def removed_before_start(case):
    case.once("POST", "/containers/.*/start", lambda request: case.model.remove_container(case.of(request), True, False))
    case.run("up", "-d")
    case.is_right()


def removed_before_rename(case):
    case.run("up", "-d")
    case.once("POST", "/containers/.*/rename", lambda request: case.model.remove_container(case.of(request), True, False))
    case.run("-f", "new.yaml", "up", "-d")
    case.is_right(tty=True)


def removed_before_removal(case):
    case.run("up", "-d")
    case.once("DELETE", "/containers/.*", lambda request: case.model.remove_container(case.of(request), True, False))
    case.run("-f", "new.yaml", "up", "-d")
    case.is_right(tty=True)


def renamed_by_another(case):
    case.run("up", "-d")
    case.once("POST", "/containers/.*/rename", lambda request: case.model.rename(case.of(request), request.query["name"]))
    case.run("-f", "new.yaml", "up", "-d")
    case.is_right(tty=True)
    assert len(case.sent("POST", "/containers/create")) == 1


def network_removed_before_create(case):
    def remove(_):
        del case.model.networks[case.model.network("p_default")["Id"]]
    case.once("POST", "/containers/create", remove)
    case.run("up", "-d")
    case.is_right()


def network_created_twice_for_a_moment(case):
    def refuse(_):
        return 400, "network p_default is ambiguous (2 matches found on name)"
    case.refuse("POST", "/containers/.*/start", refuse)
    case.run("up", "-d")
    case.is_right()


def created_by_another(case):
    case.once("POST", "/containers/create", lambda request: case.model.create_container(request.query, request.json()))
    case.run("up", "-d")
    case.is_right()


def creation_under_way(case):
    def begin(request):
        case.model.create_container(request.query, request.json())
        container = case.named(request.query["name"])
        del case.model.containers[container["Id"]]
        case.model.events[:] = [event for event in case.model.events if event["Actor"]["ID"] != container["Id"]]

        def finish():
            case.model.containers[container["Id"]] = container
            case.model.container_event(container, "create")
        case.soon(finish)
        return 409, (f"Conflict. The container name \"{container['Name']}\" is already in use by container \"{container['Id']}\". "
                     "You have to remove (or rename) that container to be able to reuse that name.")
    case.refuse("POST", "/containers/create", begin)
    case.run("up", "-d")
    case.is_right()
    assert len(case.sent("POST", "/containers/create")) == 2


def removal_under_way(case):
    case.run("up", "-d")

    def begin(request):
        container = case.of(request)
        case.soon(lambda: case.model.remove_container(container, True, False))
        return 409, f"removal of container {container['Id']} is already in progress"
    case.refuse("DELETE", "/containers/.*", begin)
    case.run("-f", "new.yaml", "up", "-d")
    case.is_right(tty=True)
    assert len(case.sent("POST", "/rename")) == 1


def removed_while_starting(case):
    case.run("up", "-d")
    case.run("stop")

    def begin(request):
        container = case.of(request)
        case.soon(lambda: case.model.remove_container(container, True, False))
        return 409, "container is marked for removal and cannot be started"
    case.refuse("POST", "/containers/.*/start", begin)
    case.run("up", "-d")
    case.is_right()


def refused(case, method, path, status, message, files="compose.yaml", times=1):
    """for good: tried once, and the text comes beside the step and at the end"""
    case.engine.rule(method, path, status=status, message=message)
    case.run("-f", files, "up", "-d", code=1)
    assert case.errors.count(message) == 2 * times, case.errors
    tries = [request for request in case.engine.requests if case.engine.rules[-1].pattern.fullmatch(request.path)
             and request.method == method]
    assert len(tries) == times, tries


def held_by_foreign_container(case):
    with case.model.lock:
        case.model.create_container({"name": "p-web-1"}, {"Image": "one"})
    case.run("up", "-d", code=1)
    assert case.errors.count("is already in use by") == 2, case.errors
    assert len(case.sent("POST", "/containers/create")) == 2


CASES = [removed_before_start, removed_before_rename, removed_before_removal, renamed_by_another, network_removed_before_create,
         network_created_twice_for_a_moment, created_by_another, creation_under_way, removal_under_way, removed_while_starting, held_by_foreign_container]
REFUSALS = [
    ("POST", "/volumes/create", 404, "error looking up volume plugin nosuch: plugin \"nosuch\" not found", "volume.yaml", 1),
    ("POST", "/networks/create", 404, "could not find plugin nosuch in v1 plugin registry: plugin not found", "networks.yaml", 2),
    ("POST", "/containers/create", 404, "No such container: nosuch", "compose.yaml", 2),
    ("POST", "/containers/.*/start", 409, "cannot join network namespace of container nosuch: it is not running", "compose.yaml", 2),
    ("POST", "/containers/.*/start", 404, "No such container: nosuch", "compose.yaml", 2),
]


def main():
    program = os.path.abspath(sys.argv[1])
    for function in CASES:
        with Case(program) as case:
            function(case)
        print(function.__name__)
    for method, path, status, message, files, times in REFUSALS:
        with Case(program) as case:
            refused(case, method, path, status, message, files, times)
        print(f"refused: {message}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
