"""What setup.sh says to somebody whose machine is not ready to be provisioned, one mistake after the other."""

from __future__ import annotations

import subprocess

from witness import Machine

TRUST = "ssh-keyscan -t ed25519 target >>/root/.ssh/known_hosts 2>/dev/null"


def on_target(controller: Machine, command: str) -> None:
    """Run a shell command on the target as its owner, who needs neither SSH nor Python there."""
    target = controller.container.removesuffix("controller") + "target"
    subprocess.run(["podman", "exec", target, "sh", "-c", command], check=True, capture_output=True)


def refusal(controller: Machine) -> str:
    """What setup.sh says, which must stop before it installs anything."""
    run = controller.run("cd /root/groundwork && ./setup.sh ops@target")
    assert run.rc == 1, run.stdout + run.stderr
    assert "setup.sh stopped while it" in run.stderr
    assert controller.run("test -e /root/groundwork/.venv").rc != 0
    return str(run.stderr)


def test_a_host_that_was_never_seen(machine: Machine) -> None:
    said = refusal(machine)
    assert "its host key is not known here" in said
    assert "ssh ops@target" in said
    machine.out(TRUST)


def test_a_key_that_is_not_let_in(machine: Machine) -> None:
    said = refusal(machine)
    assert "does not let ops in with a key of yours" in said
    assert "ssh-copy-id ops@target" in said
    on_target(
        machine,
        "install -d -o ops -m 0700 /home/ops/.ssh"
        " && install -o ops -m 0600 /root/controller.pub /home/ops/.ssh/authorized_keys",
    )


def test_a_user_without_sudo(machine: Machine) -> None:
    said = refusal(machine)
    assert "ops may not use sudo there without a password" in said
    assert "--ask-become-pass" in said
    on_target(machine, "echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops")


def test_a_host_without_python(machine: Machine) -> None:
    on_target(machine, "mv /usr/bin/python3 /usr/bin/python3.away")
    try:
        said = refusal(machine)
    finally:
        on_target(machine, "mv /usr/bin/python3.away /usr/bin/python3")
    assert "has no Python" in said
    assert "apt-get install -y python3" in said


def test_a_host_key_that_has_changed(machine: Machine) -> None:
    on_target(
        machine,
        "rm /etc/ssh/ssh_host_* && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key"
        " && systemctl restart ssh",
    )
    said = refusal(machine)
    assert "its host key is not the one it had" in said
    assert "ssh-keygen -R target" in said
    machine.out(f"ssh-keygen -R target && {TRUST}")


def test_a_name_that_nobody_has(machine: Machine) -> None:
    run = machine.run("cd /root/groundwork && ./setup.sh ops@nobody.invalid")
    assert run.rc == 1
    assert "Could not resolve hostname" in run.stderr
    assert "ssh -v ops@nobody.invalid" in run.stderr
