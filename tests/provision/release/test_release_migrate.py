"""The command line of a release brings the database up: one process where it can do both, two where it is older."""

from __future__ import annotations

import getpass
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.release_layout import Layout
from ansible.module_utils.release_lock import take_lock

from tests.provision.conftest import RunModule
from tests.provision.release.conftest import add_release

# The release's Python: it notes what it is asked for and what it finds in the descriptors, and does what it is told to.
SIMULATED = f"""#!{sys.executable}
import json, os, pathlib, sys
words, here = sys.argv[3:], pathlib.Path(__file__).parent
given = dict(zip(words, words[1:]))
told = json.loads((here / "tell").read_text())
verb = " ".join(words[:2] if words[0] == "db" else words[:1])
seen = os.read(int(given["--probe-password-fd"]), 99).decode() if "--probe-password-fd" in given else None
with (here / "asked").open("a") as file:
    print(json.dumps([verb, "--demo-data" in words, seen]), file=file)
if verb in told["fails"]:
    print("ERROR: it broke", file=sys.stderr)
    sys.exit(told["fails"][verb])
if told["migrates"] and "--snapshot" in given:
    pathlib.Path(given["--snapshot"]).write_text("as it was")
    print("changed: 0001 -> 0002")
if told["first"] and "--first-password-fd" in given:
    os.write(int(given["--first-password-fd"]), b"first\\n")
"""


class Machine:
    def __init__(self, layout: Layout, run_module: RunModule) -> None:
        self.layout, self.run_module = layout, run_module
        self.shared = layout.root / "shared"
        for release in ("old", "new"):
            add_release(layout, release, release)
            python = self.bin(release) / "python"
            python.write_text(SIMULATED)
            python.chmod(0o755)
        (layout.release("new") / "app/cli").mkdir()
        (layout.release("new") / "app/cli/prepare.py").touch()
        take_lock(layout, {"id": "run", "stage": "begin"}, "")

    def bin(self, release: str) -> Path:
        folder: Path = self.layout.release(release)
        return folder / "venv/bin"

    def migrate(
        self,
        release: str,
        fails: dict[str, int] | None = None,
        *,
        migrates: bool = False,
        first: bool = False,
        **more: Any,
    ) -> dict[str, Any]:
        tell = {"fails": fails or {}, "migrates": migrates, "first": first}
        (self.bin(release) / "tell").write_text(json.dumps(tell))
        (self.bin(release) / "asked").write_text("")
        return self.run_module(
            "release_migrate",
            root=str(self.layout.root),
            run="run",
            release=release,
            user=getpass.getuser(),
            environment={"APP_ENV_FILE": "/dev/null"},
            data=str(self.shared),
            probe_password=str(self.shared / "probe"),
            first_password=str(self.shared / "first"),
            **more,
        )

    def asked(self, release: str) -> list[list[Any]]:
        return [json.loads(line) for line in (self.bin(release) / "asked").read_text().splitlines()]


@pytest.fixture
def machine(layout: Layout, run_module: RunModule) -> Machine:
    return Machine(layout, run_module)


BOTH = pytest.mark.parametrize(("release", "verbs"), [("new", ["prepare"]), ("old", ["db upgrade", "seed"])])


@BOTH
def test_each_release_is_asked_in_words_it_knows(machine: Machine, release: str, verbs: list[str]) -> None:
    result = machine.migrate(release, demo_data=True)
    assert result["failed"] is False, result
    asked = machine.asked(release)
    assert [verb for verb, _, _ in asked] == verbs
    assert asked[-1][1:] == [True, (machine.shared / "probe").read_text()]
    assert (result["changed"], result["snapshot"]) == (True, "")  # the probe's password was made
    assert machine.migrate(release)["changed"] is False
    assert machine.asked(release)[-1][1] is False
    assert not (machine.shared / "first").exists()


@BOTH
def test_the_snapshot_and_the_first_password_are_kept_for_root(
    machine: Machine, release: str, verbs: list[str]
) -> None:
    result = machine.migrate(release, migrates=True, first=True)
    assert (result["failed"], result["changed"]) == (False, True), result
    kept = Path(result["snapshot"])
    assert (kept.parent, kept.read_text()) == (machine.layout.root / "backups", "as it was")
    assert (machine.shared / "first").read_text() == "first\n"
    for file in (kept, machine.shared / "first", machine.shared / "probe"):
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.stat().st_uid == os.geteuid()


@BOTH
@pytest.mark.parametrize(("status", "to_blame"), [(1, True), (3, False)])
def test_a_failure_says_what_failed_and_who_is_to_blame(
    machine: Machine, release: str, verbs: list[str], status: int, to_blame: bool
) -> None:
    result = machine.migrate(release, {verbs[0]: status})
    assert (result["failed"], result["release_is_bad"]) == (True, to_blame)
    assert result["msg"].startswith(f"'{verbs[0]}' failed: it broke.")
    assert [verb for verb, _, _ in machine.asked(release)] == verbs[:1]
    assert not (machine.shared / "first").exists()
