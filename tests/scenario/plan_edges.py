#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Read what `compose plan --json` writes and print each step with the numbers of those that it waits for."""
import json
import sys

for step in json.load(sys.stdin)["steps"]:
    condition = f" to be {step['condition']}" if "condition" in step else ""
    after = ", ".join(map(str, step["after"]))
    print(f"{step['number']} {step['action']} {step['kind']} {step['name']}{condition}" + (f" <- {after}" if after else ""))
