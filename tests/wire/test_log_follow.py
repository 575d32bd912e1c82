#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `logs -f` makes of events that tell of nothing new, and of ends that no event tells.

usage: test_log_follow.py COMPOSE
"""
import os
import subprocess
import sys
import tempfile
import threading
import time

from scripted_engine import ScriptedEngine

LIMIT_S = 120                                           # for what ought to come at once


class Case:
    """a project whose containers run, and the program following it"""

    def __init__(self, program, directory, scale=1):
        self.program, self.directory, self.path = program, directory, os.path.join(directory, "engine.sock")
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write("name: follow\nservices: {web: {image: one, restart: always}}\n")
        self.engine = ScriptedEngine(self.path)
        self.model, self.scale = self.engine.model, scale

    def __enter__(self):
        self.engine.__enter__()
        self.model.add_image("one")
        self.up(self.scale)
        self.follower = None
        return self

    def __exit__(self, *_):
        if self.follower and self.follower.poll() is None:
            self.follower.kill()
        self.engine.__exit__()

    def start(self, *arguments):
        return subprocess.Popen([self.program, *arguments], cwd=self.directory, stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace",
                                env={"PATH": "/usr/bin:/bin", "HOME": self.directory, "XDG_RUNTIME_DIR": self.directory,
                                     "DOCKER_HOST": f"unix://{self.path}"})

    def up(self, scale):
        done = self.start("up", "-d", "--scale", f"web={scale}")
        _, err = done.communicate(timeout=LIMIT_S)
        assert done.returncode == 0, err

    def follow(self):
        self.engine.forget_requests()
        self.follower = self.start("logs", "-f", "--no-color")

    def until(self, wanted):
        """lines up to the first that has this"""
        seen = []
        while not seen or wanted not in seen[-1]:
            line = self.follower.stdout.readline()
            assert line, f"{wanted!r} did not come: {seen} {self.follower.communicate()}"
            seen.append(line)
        return seen

    def rest(self):
        try:
            out, err = self.follower.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"logs -f did not end; asked was {self.engine.requests}") from None
        assert self.follower.returncode == 0, err
        return out

    def say(self, text, name="follow-web-1"):
        with self.model.lock:
            self.model.write_log(self.model.container(name), 1, f"{text}\n".encode())

    def asked(self, method, end):
        return [one for one in self.engine.requests if one.method == method and one.path.endswith(end)]

    def wait_for(self, holds):
        ends = time.monotonic() + LIMIT_S
        while not holds():
            assert time.monotonic() < ends, f"it did not happen; asked was {self.engine.requests}"
            time.sleep(0.01)


def old_start_leaves_no_trace(program, directory):
    """the stream of events begins a second early: it tells of containers that are gone, after the list has come"""
    with Case(program, directory) as case:
        first, looked_at = case.model.container("follow-web-1"), threading.Event()
        told = {"ghost0": "follow-web-100", "ghost1": "follow-web-2"}

        def tell(engine, _request):
            for identity, name in told.items():
                now = time.time_ns() - 5 * 10**8
                engine.model.events.append({
                    "Type": "container", "Action": "start", "status": "start", "id": identity, "scope": "local",
                    "Actor": {"ID": identity, "Attributes": {**first["Config"]["Labels"], "name": name}},
                    "time": now // 10**9, "timeNano": now})
            engine.model.changed.notify_all()

        def locked_tell(engine, request):
            with engine.model.lock:
                tell(engine, request)

        case.engine.rule("GET", f"/containers/{first['Id']}/logs", nth=1, call=locked_tell)
        case.engine.rule("GET", "/containers/ghost./json", call=lambda *_: looked_at.wait(LIMIT_S))
        case.follow()
        case.wait_for(lambda: len(case.asked("GET", "/json")) >= 4)  # the list, the first, both of them
        case.say("while it is asked for")
        shown = case.until("while it is asked for")
        looked_at.set()
        case.up(2)
        case.say("the second", "follow-web-2")
        shown += case.until("the second")
        case.say("the first again")
        shown += case.until("the first again")
        assert shown == ["web-1  | while it is asked for\n", "web-2  | the second\n", "web-1  | the first again\n"], shown
        with case.model.lock:
            for name in "follow-web-1", "follow-web-2":
                container = case.model.container(name)
                case.model.die(container, 0)
                case.model.remove_container(container, True, False)
        case.rest()
        print("starts of containers that are gone leave no trace")


def old_end_ends_nothing(program, directory):
    """the stream of events begins a second early: the last life of a container that is started again now is no news"""
    with Case(program, directory) as case:
        with case.model.lock:
            container = case.model.container("follow-web-1")
            case.model.write_log(container, 1, b"of the last life\n")
            case.model.stop(container)
            old = list(case.model.events)
            case.model.events.clear()

        def tell(engine, _request):
            with engine.model.lock:
                engine.model.events.extend(old)
                engine.model.changed.notify_all()

        case.engine.rule("GET", f"/containers/{container['Id']}/json", nth=1, call=tell, delay=0.2)  # it is not known yet
        case.engine.rule("POST", f"/containers/{container['Id']}/start", nth=1, call=tell, delay=0.2)
        case.follower = case.start("up", "--no-color", "--abort-on-container-exit")
        case.wait_for(lambda: container["State"]["Running"])
        case.say("of this life")
        shown = case.until("of this life")
        with case.model.lock:
            case.model.die(container, 7)
        out, err = case.follower.communicate(timeout=LIMIT_S)
        shown = "".join(shown) + out
        assert case.follower.returncode == 7, (case.follower.returncode, shown, err)
        assert shown.count("exited with code") == 1 and "last life" not in shown, shown
        print("an end before the start is no news")


def end_told_twice(program, directory):
    """an engine may report one end twice, the second time with another code: the first one counts"""
    with Case(program, directory) as case:
        container = case.model.container("follow-web-1")
        with case.model.lock:
            case.model.stop(container)
        case.follower = case.start("up", "--no-color", "--exit-code-from", "web")
        case.wait_for(lambda: container["State"]["Running"])
        case.say("of this run")
        shown = case.until("of this run")
        with case.model.lock:
            case.model.die(container, 143)
            case.model.container_event(container, "die", exitCode="255")
        out, err = case.follower.communicate(timeout=LIMIT_S)
        shown = "".join(shown) + out
        assert case.follower.returncode == 143, (case.follower.returncode, shown, err)
        assert shown.count("exited with code") == 1 and "exited with code 143" in shown, shown
        print("an end that is told twice is one")


def back_off(case, name):
    """the container ends, and waits to be started again by its policy"""
    with case.model.lock:
        container = case.model.container(name)
        container["State"].update(Status="restarting", Restarting=True, ExitCode=3)
        case.model.container_event(container, "die", exitCode="3")
        return container


def start_again(case, container):
    with case.model.lock:
        container["State"].update(Running=False, Restarting=False)
        case.model.start(container)


def stay_away(case, container):
    """what a kill in a back-off does: the container counts as ended from now on, and no event says so"""
    with case.model.lock:
        container["State"].update(Status="exited", Restarting=False, Running=False)
        case.model.changed.notify_all()


def killed_between_two_lives(program, directory):
    """one request waits while a container is in its back-off, so that its end is seen where no event tells of it"""
    with Case(program, directory) as case:
        case.follow()
        case.say("life 1")
        case.until("life 1")
        for life in 2, 3:
            container = back_off(case, "follow-web-1")
            case.wait_for(lambda: len(case.asked("POST", "/wait")) == life - 1)
            start_again(case, container)
            case.say(f"life {life}")
            case.until(f"life {life}")
        container = back_off(case, "follow-web-1")
        case.wait_for(lambda: len(case.asked("POST", "/wait")) == 3)
        stay_away(case, container)
        case.rest()
        inspected = len(case.asked("GET", f"{container['Id']}/json"))
        # (The end of a wait may come before the event of the start that ended it: that costs one more each.)
        assert 5 <= inspected <= 7, f"{inspected} times: at first, after each end, and when the last wait was over"

    with Case(program, directory) as case:
        container = back_off(case, "follow-web-1")
        case.follow()                                   # it is in its back-off when it is seen for the first time
        case.wait_for(lambda: case.asked("POST", "/wait"))
        stay_away(case, container)
        case.rest()
        print("killed between two lives: the end was seen")


def wait_that_knows_no_back_off(program, directory):
    """an engine that ends the wait at once is not asked again and again"""
    with Case(program, directory) as case:
        case.engine.rule("POST", "/containers/.*/wait", body=b'{"StatusCode":3}')
        case.follow()
        container = back_off(case, "follow-web-1")
        start_again(case, container)
        case.say("life 2")
        case.until("life 2")
        container = back_off(case, "follow-web-1")
        case.wait_for(lambda: case.asked("POST", "/wait"))
        start_again(case, container)
        case.say("life 3")
        case.until("life 3")
        assert len(case.asked("POST", "/wait")) <= 2, case.engine.requests
        with case.model.lock:
            case.model.stop(container)
            case.model.remove_container(container, True, False)
        case.rest()
        print("a wait that is no help is asked for once in a life")


def main():
    program = os.path.abspath(sys.argv[1])
    for part in old_start_leaves_no_trace, old_end_ends_nothing, end_told_twice, killed_between_two_lives, \
            wait_that_knows_no_back_off:
        with tempfile.TemporaryDirectory(prefix="follow-") as directory:
            part(program, directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
