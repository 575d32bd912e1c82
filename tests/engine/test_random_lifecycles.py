#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On real engines: random small projects go through random operations, and after each step invariants are checked.

usage: test_random_lifecycles.py COMPOSE [--seed N] [--count N] [--seconds N] [--keep-going]     sequences of the seeds N, N + 1, ...
       test_random_lifecycles.py COMPOSE --replay FILE [--minimise]                              one that failed, as it was printed
       COMPOSE_TEST_ENGINE and COMPOSE_TEST_ENGINE_NEW name the engines; COMPOSE_TEST_BUILDX a builder

No second program is asked: the file says what must run. lifecycle_project.py makes files and operations, lifecycle_stage.py carries
them out, lifecycle_checks.py compares. A sequence that violates an invariant is printed whole: put it into a file, and --replay plays
it, --minimise drops what the violation does not need (within --seconds). --count and --seconds both end a run, between two sequences.
Without --seed the same sequences are tried each time, with --keep-going others.
"""
# long: --seconds 3400 --count 100000 --keep-going
import argparse
import collections
import copy
import json
import os
import random
import sys
import time
import traceback

from engine_api import EngineApi
from lifecycle_project import Generator, drop_service
from lifecycle_stage import Stage, Violation


# A run that somebody waits for tries the same sequences each time; the long one others each time.
USUAL_SEED = 1


def play(program, socket_path, number, sequence, counts=None):
    """None, or the violation; `counts` grows by the commands and those that ended with an error, as they may"""
    with Stage(program, socket_path, number, sequence) as stage:
        violation = None
        try:
            stage.play()
        except Violation as found:
            violation = found
        except Exception:                       # the sequence is printed for these, too
            violation = Violation("test", traceback.format_exc())
        if violation:
            violation.log, violation.step = list(stage.log), stage.number
        if counts is not None:
            counts.update(commands=stage.commands, errors=stage.refusals)
    return violation


def files_of(sequence):
    return [sequence["project"]] + [operation["edit"] for operation in sequence["operations"] if "edit" in operation]


def without_service(sequence, name):
    found = copy.deepcopy(sequence)
    for project in files_of(found):
        if name in project["services"] and len(project["services"]) > 1:
            drop_service(project, name)
    return found


def without_attribute(sequence, kind, name, key):
    found = copy.deepcopy(sequence)
    for project in files_of(found):
        project[kind].get(name, {}).pop(key, None)
    return found


def smaller(sequence):
    """the same with one thing less, the largest things first"""
    operations = sequence["operations"]
    for index in range(len(operations) - 1):
        yield {**sequence, "operations": operations[:index] + operations[index + 1:]}
    named = {word.split("=")[0] for operation in operations for word in operation.get("services", []) + operation.get("flags", [])}
    for name in sorted({name for project in files_of(sequence) for name in project["services"]} - named):
        yield without_service(sequence, name)
    for index, operation in enumerate(operations):
        for part in range(len(operation.get("flags", []))):
            found = copy.deepcopy(sequence)
            del found["operations"][index]["flags"][part]
            yield found
    for kind in ("services", "networks", "volumes"):
        for name in sorted({name for project in files_of(sequence) for name in project[kind]}):
            keys = {key for project in files_of(sequence) for key in project[kind].get(name, {})}
            for key in sorted(keys - {"image", "command", "build", "external"}):
                yield without_attribute(sequence, kind, name, key)


def try_smaller(program, socket_path, best, violation, end):
    """the first smaller sequence whose last step violates the same kind, and its violation; or None"""
    for number, one in enumerate(smaller(best)):
        if time.monotonic() > end:
            break
        found = play(program, socket_path, number, one)
        if one != best and found and found.kind == violation.kind and found.step == len(one["operations"]) - 1:
            return one, found
    return None


def minimise(program, socket_path, sequence, violation, seconds):
    """the smallest sequence found within the time that violates the same kind, and its violation"""
    end = time.monotonic() + seconds
    best = {**sequence, "operations": sequence["operations"][:violation.step + 1]}
    while found := try_smaller(program, socket_path, best, violation, end):
        best, violation = found
    return best, violation


def report(seed, sequence, violation, where):
    print(f"\nVIOLATION, seed {seed}, {where}, step {violation.step}: {violation}\n" + "\n".join(violation.log) +
          f"\n{violation.told}\nthe sequence, for --replay:\n{json.dumps(sequence)}\n", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--replay")
    parser.add_argument("--minimise", action="store_true")
    parser.add_argument("--keep-going", action="store_true")
    wanted = parser.parse_args()
    if wanted.seed is None:
        wanted.seed = random.randrange(1, 10**6) if wanted.keep_going else USUAL_SEED
    program = os.path.abspath(wanted.program)
    engines = [os.environ[name].removeprefix("unix://") for name in ("COMPOSE_TEST_ENGINE", "COMPOSE_TEST_ENGINE_NEW")
               if os.environ.get(name)]
    engines = [path for path in engines if EngineApi(path).get("/images/busybox/json")[0] == 200]
    if not engines:
        print("skipped: COMPOSE_TEST_ENGINE names no engine, or it has no image busybox")
        return 77
    if wanted.replay:
        with open(wanted.replay, encoding="utf-8") as file:
            sequence = json.load(file)
        violation = play(program, engines[0], 0, sequence)
        if violation and wanted.minimise:
            sequence, violation = minimise(program, engines[0], sequence, violation, wanted.seconds)
        if violation:
            report(sequence["seed"], sequence, violation, engines[0])
        return 1 if violation else 0
    print(f"seeds from {wanted.seed}", flush=True)
    end = time.monotonic() + wanted.seconds
    played = wrong = 0
    counts = collections.Counter()
    for seed in range(wanted.seed, wanted.seed + wanted.count):
        if time.monotonic() > end:
            break
        engine = engines[seed % len(engines)]
        sequence = Generator(seed).sequence()
        violation = play(program, engine, played, sequence, counts)
        played += 1
        if violation:
            report(seed, sequence, violation, engine)
            wrong += 1
            if not wanted.keep_going:
                break
    print(f"{played} sequences of {counts['commands']} commands, {counts['errors']} of which failed as they should; "
          f"{wrong} sequences with a violation")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
