# SPDX-License-Identifier: Apache-2.0
"""Reading scenario files and running their steps. The format is described in tests/README.md."""
import io
import json
import os
import re
import shlex
import signal
import subprocess
import tarfile
import threading
import time

COMMAND_LIMIT_S = 120
EVENTUALLY_S = 60


class Failure(Exception):
    pass


class Skip(Exception):
    pass


class Scenario:
    """A parsed file: its intent, its settings ("# key value" lines at the head), its files and its steps."""

    def __init__(self, path):
        self.path = path
        self.settings, self.files, self.steps, intent = [], {}, [], []
        name, lines = None, []
        for number, line in enumerate(open(path, encoding="utf-8").read().split("\n"), 1):
            match = re.fullmatch(r"-- (\S+)( executable)? --", line)
            if match:
                self.keep(name, lines)
                name, lines = match[1], []
            elif name is None and line.startswith("#"):
                if "SPDX" not in line:
                    self.settings.append(line[1:].split())
            elif name is None:
                intent.append(line)
            elif name == "steps":
                if line.strip() and not line.lstrip().startswith("#"):
                    self.steps.append((number, line))
            else:
                lines.append(line)
        self.keep(name, lines)
        self.intent = " ".join(" ".join(intent).split())
        if not self.intent or not self.steps:
            raise Failure(f"{path}: a scenario needs a sentence of intent and steps")

    def keep(self, name, lines):
        if name and name != "steps":
            while lines and not lines[-1]:
                lines.pop()
            self.files[name] = "\n".join(lines) + "\n"


class Outcome:
    def __init__(self, code, stdout, stderr):
        self.code, self.stdout, self.stderr = code, stdout, stderr


class Background:
    """A command that runs while later steps are taken; its output is read as it comes."""

    def __init__(self, process):
        self.process, self.stdout, self.stderr = process, bytearray(), bytearray()
        self.readers = [threading.Thread(target=self.read, args=pair, daemon=True)
                        for pair in ((process.stdout, self.stdout), (process.stderr, self.stderr))]
        for reader in self.readers:
            reader.start()

    def read(self, stream, into):
        while data := os.read(stream.fileno(), 65536):
            into += data

    def outcome(self):
        return Outcome(self.process.poll(), self.stdout.decode("utf-8", "replace"), self.stderr.decode("utf-8", "replace"))

    def wait(self, limit):
        try:
            self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise Failure(f"did not end within {limit} s\nstdout:\n{self.outcome().stdout}\nstderr:\n{self.outcome().stderr}")
        for reader in self.readers:
            reader.join(5)
        return self.outcome()


def pick(value, path):
    """follow State.Health.Status, Names[0], Config.Labels["a.b"] into a decoded answer; None where it leads nowhere"""
    for key, quoted, index in re.findall(r'\.?([\w-]+)|\["([^"]+)"\]|\[(\d+)\]', path):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            value = value.get(key or quoted) if isinstance(value, dict) else None
    return value


def entries(archive):
    """what a tar holds, to be picked from: [0].name, .text, .mode, .uid, .gid"""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return [{"name": one.name, "mode": f"{one.mode:04o}", "uid": one.uid, "gid": one.gid,
                 "text": files.extractfile(one).read().decode() if one.isfile() else None} for one in files]


def shown(value):
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def holds(actual, operator, expected):
    if operator in ("=", "is"):
        return actual == expected
    if operator == "!=":
        return actual != expected
    if operator == "has":
        return expected in actual
    if operator == "lacks":
        return expected not in actual
    if operator == "matches":
        return re.search(expected, actual, re.M) is not None
    numbers = {"<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, ">": lambda a, b: a > b}
    return numbers[operator](float(actual), float(expected))


OPERATORS = r"(=|!=|<=|>=|<|>|is|has|lacks|matches)"


class Runner:
    """Runs one scenario in a directory of its own. `api` answers get(path) -> (status, value); `script` is the scripted
    engine of a wire scenario, or None."""

    def __init__(self, scenario, directory, environment, api, script):
        self.scenario, self.directory, self.environment = scenario, directory, environment
        self.api, self.script = api, script
        self.outcome, self.variables, self.background = None, {}, {}
        self.group_start, self.failed_code = 0, None

    # -- the walk

    def run(self):
        for group in self.groups():
            self.run_group(group)

    def groups(self):
        """steps with the expectations that follow them; "eventually" repeats its group until it holds"""
        group = []
        for step in self.scenario.steps:
            text = step[1].strip()
            head = not re.match(r"(exit|stdout|stderr)\b|\|", text)
            if head and group:
                yield group
                group = []
            group.append(step)
        yield group

    def run_group(self, group):
        patient = group[0][1].strip().startswith("eventually ")
        ends = time.monotonic() + EVENTUALLY_S
        while True:
            try:
                self.run_steps(group)
                self.check_exit()
                return
            except Failure as failure:
                if not patient or time.monotonic() > ends:
                    raise failure
                time.sleep(0.1)

    def run_steps(self, group):
        index = 0
        self.expects_exit = False
        self.failed_code = None
        while index < len(group):
            number, line = group[index]
            block = []
            while index + 1 < len(group) and re.match(r"\s*\|( |$)", group[index + 1][1]):
                index += 1
                block.append(re.sub(r"^\s*\| ?", "", group[index][1]))
            self.here = f"{self.scenario.path}:{number}: {line.strip()}"
            try:
                self.step(line.strip().removeprefix("eventually "), block)
            except Failure as failure:
                raise Failure(f"{self.here}\n{failure}") from None
            index += 1

    def check_exit(self):
        if self.failed_code is not None and not self.expects_exit:
            raise Failure(f"{self.here}\nexit code {self.failed_code}, expected 0\n{self.said()}")

    def said(self):
        return f"stdout:\n{self.outcome.stdout}stderr:\n{self.outcome.stderr}"

    def expand(self, text):
        names = {**self.variables, "PROJECT": self.environment["PROJECT"], "ADDRESS": self.environment["ADDRESS"],
                 "DIR": self.directory, "DOCKER_HOST": self.environment["DOCKER_HOST"]}
        return re.sub(r"\$(\w+)|\$\{(\w+)\}", lambda match: names.get(match[1] or match[2], match[0]), text)

    def step(self, text, block):
        for pattern, method in self.FORMS:
            match = re.fullmatch(pattern, text)
            if match:
                return method(self, match, block)
        raise Failure("this is no step that the runner knows")

    # -- commands

    def popen(self, command):
        return subprocess.Popen(["bash", "-c", command], cwd=self.directory, env={**self.environment, **self.variables},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True)

    def do_command(self, match, block):
        if self.script:
            self.script.forget_requests()
        running = Background(self.popen(match[1]))
        try:
            self.outcome = running.wait(COMMAND_LIMIT_S)
        except Failure:
            os.killpg(running.process.pid, signal.SIGKILL)
            raise
        self.failed_code = self.outcome.code or None
        self.expects_exit = False

    def do_background(self, match, block):
        self.background[match[1]] = Background(self.popen("exec " + match[2]))

    def do_signal(self, match, block):
        self.background[match[1]].process.send_signal(getattr(signal, "SIG" + match[2]))

    def do_wait(self, match, block):
        self.outcome = self.background.pop(match[1]).wait(COMMAND_LIMIT_S)
        self.failed_code = self.outcome.code or None

    def do_until(self, match, block):
        running = self.background[match[1]]
        ends = time.monotonic() + EVENTUALLY_S
        while True:
            self.outcome = running.outcome()
            try:
                return self.do_output(re.fullmatch(self.OUTPUT, match[2]), block)
            except Failure as failure:
                if time.monotonic() > ends:
                    raise failure
                time.sleep(0.02)

    def do_exit(self, match, block):
        self.expects_exit = True
        if self.outcome.code != int(match[1]):
            raise Failure(f"exit code {self.outcome.code}\n{self.said()}")

    OUTPUT = r"(stdout|stderr) (?:(is|has|lacks|matches)(?: (.*))?|(empty))"

    def do_output(self, match, block):
        actual = getattr(self.outcome, match[1])
        if match[4]:
            expected, operator = "", "is"
        else:
            operator = match[2]
            expected = self.expand(match[3] if match[3] is not None else "\n".join(block))
            if operator == "is":
                expected += "\n" if actual.endswith("\n") else ""
            elif operator == "matches" and match[3] is not None:
                expected = expected.replace("\\\\", "\\")
        if not holds(actual, operator, expected):
            raise Failure(f"expected:\n{expected}\n{self.said()}")

    # -- what is true in the engine

    PATHS = {"container": "/containers/{}/json", "network": "/networks/{}", "volume": "/volumes/{}", "image": "/images/{}/json"}

    def object_path(self, kind, name):
        name = self.expand(name)
        if kind != "image" and not name.startswith("/"):
            separator = "-" if kind == "container" else "_"
            name = f"{self.environment['PROJECT']}{separator}{name}"
        return self.PATHS[kind].format(name.lstrip("/"))

    def do_absent(self, match, block):
        status, value = self.api.get(self.object_path(match[1], match[2]))
        if status != 404:
            raise Failure(f"it is there: status {status}")

    def do_present(self, match, block):
        status, value = self.api.get(self.object_path(match[1], match[2]))
        if status != 200:
            raise Failure(f"status {status}: {value}")

    def do_fact(self, match, block):
        self.compare(self.object_path(match[1], match[2]), match[3], match[4], match[5])

    def do_get(self, match, block):
        self.compare(self.expand(match[1]), match[2], match[3], match[4])

    def do_count(self, match, block):
        status, value = self.api.get(self.expand(match[1]))
        if status != 200:
            raise Failure(f"status {status}: {value}")
        if not holds(len(value if isinstance(value, list) else value.get("Volumes") or []), match[2], match[3]) and \
                str(len(value)) != match[3]:
            raise Failure(f"there are {len(value)}: {shown(value)[:2000]}")

    def compare(self, path, field, operator, expected):
        status, value = self.api.get(path)
        if status != 200:
            raise Failure(f"status {status}: {value}")
        actual, expected = shown(pick(value, field)), self.expand(expected)
        if not holds(actual, operator, expected):
            raise Failure(f"it is {actual}")

    def do_remember(self, match, block):
        status, value = self.api.get(self.object_path(match[2], match[3]))
        if status != 200:
            raise Failure(f"status {status}: {value}")
        self.variables[match[1]] = shown(pick(value, match[4]))

    # -- the scripted engine

    def do_script_image(self, match, block):
        said = words(match[2] or "")
        volumes = {said.pop("volume"): {}} if "volume" in said else None
        tagged = said.pop("tagged", None)
        image = self.script.model.add_image(match[1], {"Volumes": volumes, "Labels": {key: str(value) for key, value in said.items()}})
        if tagged:
            image["Metadata"]["LastTagTime"] = tagged

    def do_script_registry(self, match, block):
        self.script.model.registry = match[1].split() if match[1] else []

    def do_script_behaviour(self, match, block):
        self.script.model.behaviours.insert(0, (self.expand(match[1]), words(match[2])))

    def do_script_rule(self, match, block):
        self.script.rule(match[1], self.expand(match[2]), int(match[3]) if match[3] else None, **words(match[4]))

    def seen(self):
        return self.script.counted()

    def do_requests(self, match, block):
        if not holds(len(self.seen()), match[1], match[2]) and str(len(self.seen())) != match[2]:
            raise Failure(f"there were {len(self.seen())}:\n" + "\n".join(map(str, self.seen())))

    def do_no_change(self, match, block):
        changing = [one for one in self.seen() if one.method not in ("GET", "HEAD")]
        if changing:
            raise Failure("these change something:\n" + "\n".join(map(str, changing)))

    def do_requests_are(self, match, block):
        actual = [f"{one.method} {one.path}" for one in self.seen()]
        expected = [self.expand(line) for line in block]
        if actual != expected:
            raise Failure("they were:\n" + "\n".join(actual))

    def do_requests_matching(self, match, block):
        found = [one for one in self.seen() if one.method == match[1] and re.fullmatch(self.expand(match[2]), one.path)]
        if not holds(len(found), match[3], match[4]) and str(len(found)) != match[4]:
            raise Failure(f"there were {len(found)}:\n" + "\n".join(map(str, self.seen())))

    def do_request(self, match, block):
        found = [one for one in self.seen() if one.method == match[2] and re.fullmatch(self.expand(match[3]), one.path)]
        if bool(found) == bool(match[1]):
            raise Failure("the requests were:\n" + "\n".join(map(str, self.seen())))

    def do_quiet(self, match, block):
        first = next((one for one in self.seen() if one.method == match[2] and re.fullmatch(self.expand(match[3]), one.path)), None)
        if not first:
            raise Failure("the requests were:\n" + "\n".join(map(str, self.seen())))
        ends = first.at + float(match[1])
        # What is created waits for nothing, and may still be under way.
        late = [one for one in self.seen() if one is not first and first.at <= one.at <= ends and one.path != "/containers/create"]
        if late:
            raise Failure("these came in that time:\n" + "\n".join(f"{one.at - first.at:.3f} s after: {one}" for one in late))

    def do_request_body(self, match, block):
        found = [one for one in self.seen() if one.method == match[1] and re.fullmatch(self.expand(match[2]), one.path)]
        if not found:
            raise Failure("the requests were:\n" + "\n".join(map(str, self.seen())))
        source = {"body": found[0].json, "query": lambda: found[0].query,
                  "archive": lambda: entries(found[0].body)}[match[3]]()
        actual = shown(pick(source, match[4]))
        if not holds(actual, match[5], self.expand(match[6])):
            raise Failure(f"it is {actual}")

    KINDS = "(container|network|volume|image)"
    FORMS = [
        (r"\$ (.*)", do_command),
        (r"& (\w+) \$ (.*)", do_background),
        (r"signal (\w+) ([A-Z0-9]+)", do_signal),
        (r"wait (\w+)", do_wait),
        (r"until (\w+) (.*)", do_until),
        (r"exit (-?\d+)", do_exit),
        (OUTPUT, do_output),
        (KINDS + r" (\S+) absent", do_absent),
        (KINDS + r" (\S+) present", do_present),
        (r"remember (\w+) = " + KINDS + r" (\S+) (\S+)", do_remember),
        (KINDS + r" (\S+) (\S+) " + OPERATORS + r" ?(.*)", do_fact),
        (r"count of (\S+) " + OPERATORS + r" (\d+)", do_count),
        (r"get (\S+) (\S+) " + OPERATORS + r" ?(.*)", do_get),
        (r"engine has image (\S+)(?: (.*))?", do_script_image),
        (r"registry has(?: (.*))?", do_script_registry),
        (r"containers like (\S+) (.*)", do_script_behaviour),
        (r"rule (\S+) (\S+)(?: #(\d+))? (.*)", do_script_rule),
        (r"requests " + OPERATORS + r" (\d+)", do_requests),
        (r"requests are", do_requests_are),
        (r"requests change nothing", do_no_change),
        (r"requests matching ([A-Z]+) (\S+) " + OPERATORS + r" (\d+)", do_requests_matching),
        (r"(no )?request ([A-Z]+) (\S+)", do_request),
        (r"quiet for ([\d.]+) after ([A-Z]+) (\S+)", do_quiet),
        (r"request ([A-Z]+) (\S+) (body|query|archive) (\S+) " + OPERATORS + r" ?(.*)", do_request_body),
    ]

    def end(self):
        for running in self.background.values():
            if running.process.poll() is None:
                os.killpg(running.process.pid, signal.SIGKILL)
                running.process.wait()


def words(text):
    """key=value pairs, quoted as in a shell; a bare key is true, numbers are numbers"""
    values = {}
    for word in shlex.split(text):
        key, equals, value = word.partition("=")
        if not equals:
            values[key] = True
        elif re.fullmatch(r"-?\d+", value):
            values[key] = int(value)
        elif re.fullmatch(r"-?\d+\.\d+", value):
            values[key] = float(value)
        else:
            values[key] = value.encode().decode("unicode_escape") if key in ("logs", "message") else value
    if "body" in values:
        values["body"] = str(values["body"]).encode()
    return values
