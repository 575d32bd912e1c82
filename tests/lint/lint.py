#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check what a compiler does not see: directions of includes, homes of libraries, banned functions, licence lines.

usage: lint.py SOURCE_ROOT        prints one line a finding, exit code 1 when there is any
"""
import os
import re
import subprocess
import sys

# A folder may include itself and these.
MAY_INCLUDE = {
    "spec/base": [],
    "spec": ["spec/base"],
    "engine_client": ["spec/base"],
    "compose": ["spec/base", "spec", "engine_client"],
}
# A header of a library, and the folders where it may be seen. What is in one place can be replaced there.
LIBRARY_HOMES = {
    r"yaml\.h": ["spec"],
    r"curl/.*": ["engine_client"],
    r"(cjson/)?cJSON\.h": ["engine_client"],
    r"archive(_entry)?\.h": ["engine_client"],
    r"uv\.h": ["engine_client", "compose"],
    r"openssl/.*": ["spec", "engine_client"],
    r"utf8proc\.h": ["spec/base"],
}
# Unbounded, truncating or silently wrong; numbers go through the checked parsers of base.
BANNED = ["strcpy", "strcat", "strncat", "sprintf", "vsprintf", "strtok", "atoi", "atol", "atoll", "gets",
          "strtol", "strtoll", "strtoul", "strtoull", "sleep", "usleep"]
MAY_USE = {"spec/base/number.c": ["strtol", "strtoll", "strtoul", "strtoull"]}
COMMENTED = {".c": "/*", ".h": "/*", ".def": "/*", ".py": "#", ".sh": "#", ".cmake": "#", ".java": "//"}
# What stands at the top; files whose names begin with a dot beside them.
TOP = {"compose", "spec", "engine_client", "examples", "tests", "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE"}
# A source that a reader cannot look up.
FOREIGN_NOTES = re.compile(r"\b(?:cli|model|engines|design|style)\.md\b|\bmodel reference\b")
# Paths that exist on one machine only.
LOCAL_PATHS = re.compile(r"(?<![\w.])/(?:work|home/\w+|tmp/(?:eng|ref))/")


def folder_of(path):
    """the part of the product that a path belongs to, or None"""
    for folder in sorted(MAY_INCLUDE, key=len, reverse=True):
        if path.startswith(folder + "/"):
            return folder
    return None


def without_comments_and_strings(text):
    keep_lines = lambda match: re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', keep_lines, text, flags=re.S)


def check_includes(path, text, folder):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        target = match.group(2)
        if match.group(1) == '"':
            home = folder_of(target) or folder_of(os.path.normpath(os.path.join(os.path.dirname(path), target)))
            if home != folder and home not in MAY_INCLUDE[folder]:
                yield f"{path}:{number}: {folder} must not include {target}"
        for pattern, homes in LIBRARY_HOMES.items():
            if re.fullmatch(pattern, target) and folder not in homes:
                yield f"{path}:{number}: {target} belongs to {', '.join(homes)}"


def check_banned(path, text):
    for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
        for name in re.findall(r"(?<![\w.>])(\w+)\s*\(", line):
            if name in BANNED and name not in MAY_USE.get(path, []):
                yield f"{path}:{number}: {name}() is banned"


def check_allocations(path, text):
    """a product as the size of an allocation may overflow: arena_array() checks it"""
    plain = without_comments_and_strings(text)
    for match in re.finditer(r"\b(arena_alloc|x?malloc)\(", plain):
        depth, at = 1, match.end()
        while depth and at < len(plain):
            depth += {"(": 1, ")": -1}.get(plain[at], 0)
            at += 1
        if re.search(r"\*\s*sizeof\b|\bsizeof\s*\([^()]*\)\s*\*|[\w)]\s+\*\s+(?:size|length|count)\b",
                     plain[match.end():at - 1]):
            yield f"{path}:{plain.count(chr(10), 0, match.start()) + 1}: use arena_array() or xcalloc() for a product"


def check_head(path, text):
    mark = COMMENTED.get(os.path.splitext(path)[1])
    if mark is None and text.startswith("#!"):
        mark = "#"
    if mark is None:
        return
    lines = text.splitlines()
    line = lines[1] if lines and lines[0].startswith("#!") and len(lines) > 1 else (lines or [""])[0]
    if not line.startswith(f"{mark} SPDX-License-Identifier: Apache-2.0"):
        yield f"{path}:1: no SPDX line"


def check(path, text):
    yield from check_head(path, text)
    folder = folder_of(path)
    if folder and path.endswith((".c", ".h", ".def")):
        yield from check_includes(path, text, folder)
        yield from check_banned(path, text)
        yield from check_allocations(path, text)
    if path.endswith(".h") and folder and not re.search(r"^#pragma once$", text, re.M):
        yield f"{path}:1: no #pragma once"
    if not path.endswith("lint.py"):
        for number, line in enumerate(text.splitlines(), 1):
            if LOCAL_PATHS.search(line):
                yield f"{path}:{number}: names a path of one machine"
            if FOREIGN_NOTES.search(line):
                yield f"{path}:{number}: names a document that is not here"


def tracked(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True)
    if listed.returncode == 0:
        return [name for name in listed.stdout.decode().split("\0") if name]
    found = []                                     # an unpacked archive: everything but what a build makes
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in ("build", ".git")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return found


def main(root):
    findings = []
    checked = 0
    for path in sorted(tracked(root)):
        full = os.path.join(root, path)
        top = path.split("/")[0]
        if top not in TOP and not top.startswith("."):
            findings.append(f"{path}:1: {top} does not belong at the top")
        if os.path.islink(full) or not os.path.isfile(full):
            continue
        try:
            text = open(full, encoding="utf-8").read()
        except UnicodeDecodeError:
            continue                               # bytes on purpose: inputs of cases, pictures
        checked += 1
        findings += check(path, text)
    print("\n".join(findings) or f"{checked} files, nothing found")
    return 1 if findings or not checked else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
