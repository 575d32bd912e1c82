#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The completion scripts are valid, and bash's one offers what the program's tables hold.

usage: test_completion_scripts.py COMPOSE
"""
import os
import shutil
import subprocess
import sys
import tempfile

# Words as bash splits them at the cursor (at `=` and `:` too), and what is offered.
CASES = [
    (["lo"], ["logs"]),
    (["--progress", "pl"], ["plain"]),
    (["--progress", "=", "pl"], ["plain"]),
    (["logs", "--fo"], ["--follow"]),
    (["logs", ""], ["db", "web"]),
    (["logs", "w"], ["web"]),
    (["-f", "comp"], ["compose.yaml"]),
    (["--project-directory", "s"], ["sub"]),
    (["alpha", "v"], ["viz"]),
    (["nonsense"], []),
]
DRIVER = """
source "$1"; shift
compopt() { :; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_docker_compose
for word in "${COMPREPLY[@]}"; do echo "$word"; done
"""


def main(compose):
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(os.path.join(directory, "sub"))
        with open(os.path.join(directory, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write("services: {web: {image: a}, db: {image: a}}\n")
        scripts = {}
        for shell in ("bash", "zsh", "fish"):
            made = subprocess.run([compose, "__documents", "completion", shell], capture_output=True, check=True)
            scripts[shell] = os.path.join(directory, "sub", shell)
            with open(scripts[shell], "wb") as file:
                file.write(made.stdout)
            if shutil.which(shell) and subprocess.run([shell, "-n", scripts[shell]], check=False).returncode != 0:
                failures += 1
                print(f"{shell}: the script is not valid")
        for words, expected in CASES:
            command = ["bash", "-c", DRIVER, "driver", scripts["bash"], compose, *words]
            run = subprocess.run(command, capture_output=True, text=True, cwd=directory, check=False)
            offered = sorted(run.stdout.split())
            if offered != expected:
                failures += 1
                print(f"{words}: offered {offered}, expected {expected}\n{run.stderr}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
