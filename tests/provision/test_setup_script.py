"""setup.sh refuses what it cannot use, in words, before it touches the machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.provision.conftest import PROJECT


def setup(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROJECT / "setup.sh"), *options], capture_output=True, text=True, check=False, timeout=20
    )


def test_help_names_every_option() -> None:
    done = setup("--help")
    assert done.returncode == 0
    assert all(option in done.stdout for option in ("--port", "--domain", "--check", "--help"))


@pytest.mark.parametrize(
    ("options", "culprit"),
    [
        (["--port", "abc"], "'abc', which is not a port number"),
        (["--port=0"], "'0', which is not a port number"),
        (["--port", "65536"], "'65536', which is not a port number"),
        (["--port"], "--port wants a number"),
        (["--domain"], "--domain wants a name"),
        (["--domain", "a b"], "'a b', which is not a host name"),
        (["--domain", '"; rm -rf /'], "which is not a host name"),
    ],
)
def test_a_wrong_option_is_named_with_what_to_do(options: list[str], culprit: str) -> None:
    done = setup(*options)
    assert done.returncode == 1
    assert culprit in done.stderr
    assert "Do:   ./setup.sh" in done.stderr


REACHED = "there:uid=1000;\nthere:python\nthere:sudo"


@pytest.mark.parametrize(
    ("said", "why", "do"),
    [
        (
            "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.",
            "its host key is not the one it had",
            "ssh-keygen -R shop.example.org",
        ),
        ("Host key verification failed.", "its host key is not known here", "ssh ann@shop.example.org"),
        (
            "ann@shop.example.org: Permission denied (publickey).",
            "with a key of yours",
            "ssh-copy-id ann@shop.example.org",
        ),
        (
            "ssh: Could not resolve hostname shop.example.org",
            "Could not resolve hostname",
            "ssh -v ann@shop.example.org",
        ),
        ("", "ssh said: nothing", "ssh -v ann@shop.example.org"),
        (REACHED.replace("there:python", ""), "it has no Python", "sudo apt-get install -y python3"),
        (REACHED.replace("there:sudo", "Permission denied"), "ann may not use sudo there", "--ask-become-pass"),
    ],
)
def test_another_machine_that_does_not_do_is_explained(tmp_path: Path, said: str, why: str, do: str) -> None:
    (tmp_path / "said").write_text(said)
    simulated = tmp_path / "ssh"
    simulated.write_text(f"#!/bin/sh\ncat '{tmp_path}/said'\nexit 255\n")
    simulated.chmod(0o755)
    done = subprocess.run(
        [str(PROJECT / "setup.sh"), "ann@shop.example.org"],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 1
    assert why in done.stderr
    assert "Do:   " in done.stderr
    assert do in done.stderr.partition("Do:")[2]
    assert not (PROJECT / "inventory/remote/shop.example.org").exists()
