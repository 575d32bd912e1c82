#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run one scenario file. The format is described in tests/README.md.

usage: run.py --kind case|wire|engine --compose PROGRAM [--engine VARIABLE] [--keep] FILE
  --engine   the environment variable that names the real engine's socket (COMPOSE_TEST_ENGINE)
  --keep     leave the scenario's directory and project behind
exit code 0 passed, 1 failed, 77 skipped
"""
import argparse
import os
import shutil
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "wire")]
from engine_api import EngineApi                                       # noqa: E402
from scenario import Failure, Runner, Scenario, Skip                   # noqa: E402
from scripted_engine import ScriptedEngine                             # noqa: E402

ROOT = os.path.dirname(os.path.dirname(here))


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=("case", "wire", "engine"), required=True)
    parser.add_argument("--compose", required=True)
    parser.add_argument("--engine", default="COMPOSE_TEST_ENGINE")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("file")
    return parser.parse_args()


def environment_for(directory, program, project):
    """nothing of the caller's settings leaks into a scenario"""
    commands = os.path.join(directory, ".bin")
    os.makedirs(commands)
    os.symlink(os.path.abspath(program), os.path.join(commands, "compose"))
    reference = os.environ.get("REFERENCE_COMPOSE")
    if reference:
        os.symlink(reference, os.path.join(commands, "reference-compose"))
    kept = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TMPDIR") if name in os.environ}
    return {"PATH": f"{commands}:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": directory, "LANG": "C.UTF-8",
            "DOCKER_CONFIG": os.path.join(directory, ".docker"), "XDG_RUNTIME_DIR": os.path.join(directory, ".run"),
            "PROJECT": project, "ROOT": ROOT, "ADDRESS": "127.0.0.1", **kept}


def check_needs(scenario, api, environment):
    for setting in scenario.settings:
        if setting[:1] == ["needs"]:
            what = setting[1:]
            if what[:1] == ["image"] and api and api.get(f"/images/{what[1]}/json")[0] != 200:
                raise Skip(f"the engine has no image {what[1]}")
            if what[:1] == ["api"] and api:
                have = api.get("/version")[1]["ApiVersion"]
                if tuple(map(int, have.split("."))) < tuple(map(int, what[1].split("."))):
                    raise Skip(f"the engine speaks API {have}, this needs {what[1]}")
            if what == ["memory", "limits"] and api and not api.get("/info")[1].get("MemoryLimit"):
                raise Skip("this machine cannot limit the memory of a container")
            if what == ["reference-compose"] and not os.environ.get("REFERENCE_COMPOSE"):
                raise Skip("no other compose is at hand (REFERENCE_COMPOSE)")
            if what == ["buildx"]:
                install_buildx(environment)


def install_buildx(environment):
    """the plugin, for a scenario that asks for it; the others are served by the engine's own builders"""
    buildx = os.environ.get("COMPOSE_TEST_BUILDX")
    if not buildx:
        raise Skip("no buildx is at hand (COMPOSE_TEST_BUILDX)")
    plugins = os.path.join(environment["DOCKER_CONFIG"], "cli-plugins")
    os.makedirs(plugins)
    os.symlink(buildx, os.path.join(plugins, "docker-buildx"))


def main():
    option = options()
    scenario = Scenario(option.file)
    stem = os.path.splitext(os.path.basename(option.file))[0]
    top = tempfile.mkdtemp(prefix="scenario-")
    # The folder's name is the project's: stable where it is compared, unique where an engine is shared.
    project = stem.replace("_", "-").lower() + (f"-{os.getpid()}" if option.kind == "engine" else "")
    directory = os.path.join(top, project)
    os.makedirs(os.path.join(directory, ".run"))
    environment = environment_for(directory, option.compose, project)
    script = api = None
    runner = None
    result = 1
    try:
        if option.kind == "engine":
            host = os.environ.get(option.engine, "")
            if not host:
                raise Skip(f"{option.engine} names no engine")
            api = EngineApi(host.removeprefix("unix://"))
            address = os.path.join(os.path.dirname(api.path), "address")
            if os.path.exists(address):
                environment["ADDRESS"] = open(address).read().strip()
            environment["DOCKER_HOST"] = host
        elif option.kind == "wire":
            version = [setting[1] for setting in scenario.settings if setting[:1] == ["api"]]
            socket_path = os.path.join(top, "engine.sock")
            script = ScriptedEngine(socket_path, *version).__enter__()
            api = ScriptedApi(socket_path, script)
            environment["DOCKER_HOST"] = f"unix://{socket_path}"
        else:
            environment["DOCKER_HOST"] = f"unix://{top}/no-engine.sock"
        check_needs(scenario, api, environment)
        for name, text in scenario.files.items():
            path = os.path.join(directory, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            if text.startswith("#!"):
                os.chmod(path, 0o755)
        runner = Runner(scenario, directory, environment, api, script)
        runner.run()
        print(f"passed: {scenario.intent}")
        result = 0
    except Skip as reason:
        print(f"skipped: {reason}")
        result = 77
    except Failure as failure:
        print(f"FAILED: {scenario.intent}\n{failure}")
    finally:
        if runner:
            runner.end()
        if option.kind == "engine" and api and not option.keep:
            api.remove_project(project)
        if script:
            script.__exit__()
        if option.keep:
            print(f"kept: {directory}, project {project}")
        else:
            shutil.rmtree(top, ignore_errors=True)
    return result


class ScriptedApi(EngineApi):
    """questions of the scenario itself do not count as requests of the program"""

    def __init__(self, path, script):
        super().__init__(path)
        self.script = script

    def get(self, path):
        before = list(self.script.requests)
        answer = super().get(path)
        self.script.requests[:] = before
        return answer


if __name__ == "__main__":
    sys.exit(main())
