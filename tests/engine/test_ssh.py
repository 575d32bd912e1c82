#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An engine behind ssh: one connection a command whatever the number of requests, nothing left behind, clear failures.

usage: test_ssh.py COMPOSE        COMPOSE_TEST_ENGINE names the engine; a ssh server of our own is put in front of its socket

No port is opened: the client's ProxyCommand starts the server, with keys made for this run.
"""
import os
import shutil
import subprocess
import sys

from remote import FILE, Program, main, whole_life, write

HOST = "far.test"


def set_up(directory):
    """keys, settings of both sides, and an `ssh` that uses them and counts its starts"""
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{directory}/{key}"], check=True)
    shutil.copy(f"{directory}/user.pub", f"{directory}/authorized")
    write(f"{directory}/sshd_config", f"HostKey {directory}/host\nAuthorizedKeysFile {directory}/authorized\n"
          "StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\n")
    write(f"{directory}/ssh_config", f"Host {HOST}\n ProxyCommand {shutil.which('sshd')} -i -f {directory}/sshd_config\n"
          f"Host *\n IdentityFile {directory}/user\n IdentitiesOnly yes\n LogLevel ERROR\n"
          " UserKnownHostsFile /dev/null\n StrictHostKeyChecking no\n")
    write(f"{directory}/bin/ssh", f'#!/bin/sh\necho start >>{directory}/starts\nexec {shutil.which("ssh")} -F {directory}/ssh_config "$@"\n', 0o700)
    os.makedirs("/run/sshd", exist_ok=True)
    # An account may be locked, or the server unable to run here: that says nothing about the program under test.
    probe = subprocess.run([f"{directory}/bin/ssh", "-T", f"root@{HOST}", "true"], capture_output=True, text=True, check=False, timeout=60)
    if probe.returncode != 0:
        print(f"skipped: no login by ssh is possible here: {probe.stderr.strip()}")
        sys.exit(77)
    os.unlink(f"{directory}/starts")


def starts(directory):
    with open(f"{directory}/starts", encoding="utf-8") as file:
        return len(file.readlines())


def binds_are_named(far, directory):
    """what exists here is looked for on the far machine; what every machine has is not worth a word"""
    write(f"{directory}/site/index.html", "here")
    write(f"{directory}/binds.yaml", FILE + "    volumes: [./site:/site, ./missing:/missing, /etc/hostname:/name]\n")
    created = far.run("-f", "binds.yaml", "up", "-d")
    assert created.returncode == 0, created.stderr
    assert f"{directory}/site is on this machine, but the engine mounts what its own machine ({HOST}) has" in created.stderr, created.stderr
    assert "binds.yaml:8" in created.stderr and created.stderr.count("is on this machine") == 1, created.stderr
    again = far.run("-f", "binds.yaml", "up", "-d")
    assert "is on this machine" not in again.stderr, again.stderr
    far.must("down")


def test(program, directory, project, engine_path):
    set_up(directory)
    far = Program(program, directory, project, {"DOCKER_HOST": f"ssh://root@{HOST}{engine_path}"})
    far.settings["PATH"] = f"{directory}/bin:/usr/bin:/bin"
    far.must("up", "-d")
    assert starts(directory) == 1, f"one command started {starts(directory)} ssh processes"
    far.must("ps")
    assert starts(directory) == 2
    whole_life(far)
    binds_are_named(far, directory)
    left = subprocess.run(["pgrep", "-f", f"ssh -F {directory}/ssh_config"], capture_output=True, text=True, check=False).stdout
    assert not left, f"ssh was left behind: {left}"
    assert not [name for name in os.listdir(directory) if name.startswith("compose-ssh")]

    far.settings["DOCKER_HOST"] = f"ssh://root@{HOST}/nonexistent.sock"
    far.fails("ps", saying="/nonexistent.sock")
    far.settings["DOCKER_HOST"] = f"ssh://nobody@{HOST}{engine_path}"
    far.fails("ps", saying="Permission denied")
    far.settings["DOCKER_HOST"] = f"ssh://root@127.0.0.1:1{engine_path}"
    far.fails("ps", saying="Connection refused")
    far.settings["PATH"] = f"{directory}/empty"
    far.fails("ps", saying="ssh")


if __name__ == "__main__":
    main("ssh", ["ssh", "sshd", "ssh-keygen", "pgrep"], test)
