"""setup.sh refuses what it cannot use, in words, before it touches the machine."""

from __future__ import annotations

import subprocess

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
