#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command and flag of the reference is there and is used by a test: prints a table, and ends with 1 where one is not.

usage: test_reference_flags.py COMPOSE [table]        table: print every row, not only what is missing

What there is comes from the option tables of the program; what is tested, from the command lines in tests and examples.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)


def read_reference():
    """{command: [(letter, flag)]} and {(command, flag): reason}"""
    commands, excuses = {}, {}
    with open(os.path.join(HERE, "reference_flags.txt"), encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            head, _, rest = line.strip().partition(":")
            if head.startswith("- "):
                words = head[2:].split()
                flag = words.pop() if words[-1].startswith("--") else ""
                excuses[" ".join(words), flag] = rest.strip()
            else:
                commands[head] = [("", one) if one.startswith("--") else tuple(one[1:].split(",")) for one in rest.split()]
    return commands, excuses


def read_program(program):
    """{(command, flag): letter}; flag "" is the command itself"""
    out = subprocess.run([program, "__documents", "table"], check=True, capture_output=True, text=True).stdout
    rows = {}
    for line in out.splitlines():
        command, flag, letter, _ = line.split("\t")
        rows[command, flag] = letter
    return rows


def command_lines():
    """every list of words in a test that may be a command line of the program"""
    for directory, _, names in os.walk(TESTS):
        for name in names:
            path = os.path.join(directory, name)
            if name.endswith(".scenario"):
                with open(path, encoding="utf-8") as file:
                    for line in file:
                        if re.match(r"(eventually )?(& \S+ )?\$ ", line) and "compose" in line:
                            for part in re.split(r"[;|&(]", line):
                                yield re.findall(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""", part)
            elif name.endswith(".py") and name != os.path.basename(__file__):
                with open(path, encoding="utf-8") as file:
                    # A call may go over several lines: what stands between brackets is one.
                    for call in re.findall(r"[(\[]([^()\[\]]*[\"'][^()\[\]]*)[)\]]", file.read()):
                        yield [word for pair in re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'", call) for word in pair if word]


def read_tests(commands):
    """{(command, flag or -letter)} that occur"""
    firsts = {name.split()[0] for name in commands} - {"compose"}
    used = set()
    for words in command_lines():
        words = [word.strip("\"'") for word in words]
        at = next((i for i, word in enumerate(words) if word in firsts), None)
        if at is None:
            at = len(words)
        used.update(("compose", word.split("=")[0]) for word in words[:at])
        for length in (3, 2, 1):
            command = " ".join(words[at:at + length])
            if command in commands:
                used.add((command, ""))
                for word in words[at + length:]:
                    if word.startswith("--"):
                        used.add((command, word.split("=")[0]))
                    elif word.startswith("-"):
                        used.update((command, "-" + letter) for letter in word[1:])
                break
    return used


def main():
    commands, excuses = read_reference()
    program, used = read_program(sys.argv[1]), read_tests(commands)
    total = implemented = tested = bad = 0
    rows = []
    for command, flags in commands.items():
        for letter, flag in [("", "")] + flags:
            is_there = command == "compose" and not flag or (command, flag) in program and \
                (not letter or program[command, flag] == letter)
            is_used = command == "compose" and not flag or (command, flag) in used or \
                bool(letter) and (command, "-" + letter) in used
            excuse = excuses.get((command, flag)) or excuses.get((command, "")) or ""
            total, implemented, tested = total + 1, implemented + is_there, tested + is_used
            is_bad = not (is_there and is_used) and not excuse
            bad += is_bad
            if is_bad or len(sys.argv) > 2 or not is_there:
                words = f"{command} {f'-{letter}, ' if letter else ''}{flag}"
                rows.append(f"{words:48} {'yes' if is_there else 'no':4} {'yes' if is_used else 'no':4} {excuse}")
    print(f"{'COMMAND, FLAG':48} HAVE TEST")
    print("\n".join(rows))
    print(f"{total} rows: {implemented} implemented, {tested} with a test, {bad} without either and without a reason")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
