#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Projects change hands: what another compose made is left alone by ours, and ours by it, for every file of adoption/files.

usage: test_adoption.py COMPOSE [FILE...]       REFERENCE_COMPOSE is the other program, COMPOSE_TEST_ENGINE(_NEW) an engine

For each file: made by them, our plan is empty and our up changes nothing; made by us, their up changes nothing but the services
that the file's head names ("# recreated by them: ..."), whose hash 2.x computes in another way. "down -v" of either removes
everything of the other. Once containers are recreated their anonymous volumes have been carried over by name: the "down -v" of
both leaves those that the other carried over, since nothing says any more that they are anonymous.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from urllib.parse import quote

from engine_api import EngineApi

FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "adoption", "files")


class Project:
    """one file in a directory of its own, and the two programs that work on it"""

    def __init__(self, file, directory, programs, api):
        self.name = f"adopt-{os.path.basename(file)[:-len('.yaml')]}-{os.getpid()}"
        self.file, self.directory, self.programs, self.api = os.path.basename(file), directory, programs, api
        head = open(file, encoding="utf-8").read()
        named = re.search(r"^# recreated by them: (.*)$", head, re.M)
        self.recreated_by_them = set(named[1].split()) if named else set()
        needed = re.search(r"^# needs api (\d+)\.(\d+)$", head, re.M)
        self.needed_api = (int(needed[1]), int(needed[2])) if needed else (1, 0)

    def run(self, who, *arguments, code=0):
        done = subprocess.run([self.programs[who], "-f", self.file, *arguments], cwd=self.directory, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=300,
                              env={"PATH": "/usr/bin:/bin", "HOME": self.directory, "XDG_RUNTIME_DIR": self.directory,
                                   "COMPOSE_PROJECT_NAME": self.name, "SECRET_OF_TEST": "hidden",
                                   "DOCKER_HOST": f"unix://{self.api.path}"})
        assert done.returncode == code, f"{who}: {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def labelled(self):
        return quote(json.dumps({"label": [f"com.docker.compose.project={self.name}"]}))

    def containers(self):
        """{name: (service, id, time of start, names of its volumes)}"""
        found = {}
        for row in self.api.get(f"/containers/json?all=1&filters={self.labelled()}")[1]:
            one = self.api.get(f"/containers/{row['Id']}/json")[1]
            found[one["Name"]] = (row["Labels"]["com.docker.compose.service"], one["Id"], one["State"]["StartedAt"],
                                  sorted(mount["Name"] for mount in one["Mounts"] if mount["Type"] == "volume"))
        return found

    def volumes(self):
        return {name for one in self.containers().values() for name in one[3]}

    def down(self, who, volumes):
        """remove it all; of volumes those named must be gone, the others may be left and are removed here"""
        others = self.volumes() - volumes
        self.run(who, "down", "-v", "-t", "0", "--rmi", "local")
        left = list(self.containers())
        left += [row["Name"] for row in self.api.get(f"/networks?filters={self.labelled()}")[1]]
        left += [name for name in sorted(volumes) if self.api.get(f"/volumes/{name}")[0] != 404]
        for name in others:
            self.api.ask("DELETE", f"/volumes/{name}")
        assert not left, f"down -v of {who} left {left}"

    def check(self):
        self.run("theirs", "up", "-d")
        made = self.containers()
        assert made, "nothing was made"
        self.run("ours", "plan")
        self.run("ours", "up", "-d")
        assert self.containers() == made, f"our up changed what they made:\n{made}\n{self.containers()}"
        self.recreate("ours", made)
        self.down("theirs", {name for name in self.volumes() if name.startswith(self.name)})

        self.run("ours", "up", "-d")
        made = self.containers()
        volumes = self.volumes()
        self.run("theirs", "up", "-d", "-t", "0")
        found = self.containers()
        changed = {one[0] for name, one in made.items() if found.get(name) != one}
        assert found.keys() == made.keys() and changed == self.recreated_by_them, f"their up changed {changed}:\n{made}\n{found}"
        self.recreate("theirs", found)
        self.down("ours", {name for name in volumes | self.volumes() if name.startswith(self.name)})

        if volumes:
            self.run("ours", "up", "-d")
            self.down("theirs", self.volumes())

    def recreate(self, who, before):
        self.run(who, "up", "-d", "--force-recreate", "-t", "0")
        after = self.containers()
        assert after.keys() == before.keys(), f"{list(before)} became {list(after)}"
        for name, one in after.items():
            assert one[1] != before[name][1], f"{name} was not recreated by {who}"
            assert one[3] == before[name][3], f"volumes of {name} were not carried over by {who}"


def check_file(file, programs, api):
    """None when the file was checked, else why it was not or what failed"""
    version = tuple(map(int, api.get("/version")[1]["ApiVersion"].split(".")))
    with tempfile.TemporaryDirectory(prefix="adoption-") as top:
        directory = os.path.join(top, "project")
        shutil.copytree(FILES, directory)
        project = Project(file, directory, programs, api)
        if version < project.needed_api:
            return False
        try:
            project.check()
        finally:
            api.remove_project(project.name)
    return True


def main():
    programs = {"ours": os.path.abspath(sys.argv[1]), "theirs": os.environ.get("REFERENCE_COMPOSE", "")}
    hosts = [host for host in (os.environ.get("COMPOSE_TEST_ENGINE"), os.environ.get("COMPOSE_TEST_ENGINE_NEW")) if host]
    if not hosts or not programs["theirs"]:
        print("skipped: REFERENCE_COMPOSE or COMPOSE_TEST_ENGINE names nothing")
        return 77
    files = sys.argv[2:] or sorted(os.path.join(FILES, name) for name in os.listdir(FILES)
                                   if name.endswith(".yaml") and not name.startswith("side."))
    failures = 0
    for file in files:
        # The first engine that is new enough: the newer one where the file asks for it.
        for host in hosts:
            try:
                if check_file(file, programs, EngineApi(host.removeprefix("unix://"))):
                    print(f"{os.path.basename(file)}: changes hands both ways", flush=True)
                    break
            except AssertionError as failure:
                print(f"FAILED {os.path.basename(file)}: {failure}", flush=True)
                failures += 1
                break
        else:
            print(f"{os.path.basename(file)}: skipped, no engine is new enough", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
