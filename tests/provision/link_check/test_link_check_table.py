"""The table as data, its report on disk, and the module as Ansible runs it."""

from __future__ import annotations

import grp
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.link_check import report as reports
from ansible.module_utils.link_check import table
from ansible.module_utils.link_check.model import Context

PROJECT = Path(__file__).resolve().parents[3]


def described(**change: Any) -> dict[str, Any]:
    row = {"id": "config", "hop": "nginx", "check": "it is good", "kind": "command", "with": {"argv": ["true"]}}
    return row | change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "guess"}, "check config: unknown kind 'guess', there are: backup_age, backup_result, command"),
        ({"with": {}}, "check config (kind command): missing argument argv"),
        ({"with": {"argv": None}}, "check config (kind command): missing argument argv"),
        ({"with": {"argv": ["x"], "shell": "y"}}, "unknown argument shell; it takes argv"),
        ({"with": {"argv": "nginx -t"}}, "argument argv must be a list of texts, not 'nginx -t'"),
        ({"with": {"argv": [1]}}, "argument argv must be text, not 1"),
        ({"kind": "loopback_only", "with": {"port": "eighty"}}, "argument port must be a whole number, not 'eighty'"),
        ({"kind": "loopback_only", "with": {"port": True}}, "argument port must be a whole number, not True"),
    ],
)
def test_a_bad_check_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    with pytest.raises(table.BadCheckError) as refused:
        table.prepare([described(**change)])
    assert words in str(refused.value)


def test_a_row_of_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    rows = [described(), described(id="jobs", only_where=str(tmp_path / "worker.py"))]
    assert [check.id for check in table.prepare(rows)] == ["config"]
    (tmp_path / "worker.py").touch()
    assert [check.id for check in table.prepare(rows)] == ["config", "jobs"]
    with pytest.raises(table.BadCheckError):
        table.prepare([described(only_where=str(tmp_path / "not-there"), kind="guess")])


@pytest.mark.parametrize(("goes_after", "is_ok"), [(1.0, False), (30.0, True)])
def test_the_first_row_must_still_pass_after_a_while(tmp_path: Path, goes_after: float, is_ok: bool) -> None:
    """Counted from its first success: what other rows take is part of it."""
    there = tmp_path / "there"
    there.touch()
    slow = described(id="slow", **{"with": {"argv": ["sleep", "0.4"]}})
    checks = table.prepare([described(**{"with": {"argv": ["test", "-e", str(there)]}}), slow])
    timer = threading.Timer(goes_after, there.unlink)
    timer.start()
    started = time.monotonic()
    rows = table.run_steadily(Context(url=""), checks, wait=0, settle=1.5)
    took = time.monotonic() - started
    timer.cancel()
    assert [row["ok"] for row in rows] == [is_ok, True]
    if is_ok:
        assert took >= 1.5
    else:
        assert "it does not stay up" in rows[0]["cause"]


def test_an_id_may_be_there_once() -> None:
    with pytest.raises(table.BadCheckError, match="check config: this id is there twice"):
        table.prepare([described(), described()])


def test_a_number_may_come_as_text() -> None:
    [check] = table.prepare([described(kind="listening", **{"with": {"ports": ["80", 443]}})])
    assert check.arguments == {"ports": [80, 443]}


def test_a_check_that_breaks_is_a_failed_row_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(context: Context) -> Any:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setitem(table.KINDS, "broken", broken)
    checks = table.prepare([described(id="a"), described(id="b", kind="broken", fix="call", **{"with": {}})])
    good, bad = table.run(Context(url="http://127.0.0.1:1"), checks)
    assert good["ok"]
    assert (bad["ok"], bad["fix"]) == (False, "call")
    assert bad["cause"] == "the check itself broke: ZeroDivisionError: by nothing"
    assert table.summary([good, bad]) == "1 of 2 link checks failed: b"


def made(second: int = 0, ok: bool = True) -> dict[str, Any]:
    started = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    row = {"id": "a", "ok": ok}
    return dict(reports.build("shop", "web1", Context(url="http://x"), started, 1.26, [row]))


def test_a_report_counts() -> None:
    assert made()["ok"] is True
    bad = made(ok=False)
    assert (bad["ok"], bad["passed"], bad["failed"], bad["started_at"], bad["ms"], bad["schema"]) == (
        False,
        0,
        1,
        "2026-01-01T00:00:00.000Z",
        1.3,
        1,
    )
    nothing = reports.build("shop", "web1", Context(url="http://x"), datetime.now(tz=UTC), 1, [])
    assert nothing["ok"] is False


def test_report_is_written_whole_with_its_modes_and_history_is_pruned(tmp_path: Path) -> None:
    folder = tmp_path / "link-check"
    group = "www-data" if os.geteuid() == 0 else grp.getgrgid(os.getegid()).gr_name
    for second in range(4):
        reports.write(made(second), folder, group, keep=2)
    assert json.loads((folder / "latest.json").read_text()) == made(3)
    kept = sorted(path.name for path in (folder / "history").iterdir())
    assert kept == ["20260101T000002.000Z.json", "20260101T000003.000Z.json"]
    for path, mode in ((folder, 0o750), (folder / "history", 0o750), (folder / "latest.json", 0o640)):
        info = path.stat()
        assert (stat.S_IMODE(info.st_mode), grp.getgrgid(info.st_gid).gr_name) == (mode, group), path
    assert stat.S_IMODE((folder / "history" / kept[0]).stat().st_mode) == 0o640
    assert sorted(path.name for path in folder.iterdir()) == ["history", "latest.json"]


def test_a_report_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(reports.ReportNotWrittenError, match="there is no group no-such-group"):
        reports.write(made(), tmp_path / "x", "no-such-group", keep=2)
    with pytest.raises(reports.ReportNotWrittenError, match="gone/x: No such file or directory"):
        reports.write(made(), tmp_path / "gone" / "x", "", keep=2)


PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars: {ansible_python_interpreter: "%(python)s"}
  module_defaults:
    link_check: {product: shop, host: web1, url: "http://127.0.0.1:1", report_dir: "%(folder)s/report"}
  tasks:
    - link_check:
        checks: [{id: fine, hop: a, check: b, kind: command, with: {argv: ["true"]}}]
        report_dir: "%(folder)s/unwanted"
      check_mode: true
      register: checked
    - link_check:
        checks:
          - {id: fine, hop: a, check: 它能用, kind: command, with: {argv: ["true"]}}
          - {id: walk, hop: a, check: b, kind: walkable, with: {user: "%(user)s", path: /usr}}
      register: passed
    - link_check:
        checks:
          - {id: front, hop: a, check: b, kind: front_page, fix: repair it}
          - {id: fine, hop: a, check: b, kind: command, with: {argv: ["true"]}}
      register: failed
      ignore_errors: true
    - link_check: {checks: [{id: odd, hop: a, check: b, kind: guess}]}
      register: refused
      ignore_errors: true
    - link_check: {checks: []}
      register: empty
      ignore_errors: true
    - copy:
        dest: "%(folder)s/results.json"
        content: "{{ {'checked': checked, 'passed': passed, 'failed': failed, 'refused': refused, 'empty': empty}
                     | to_json }}"
"""


def pythons() -> list[str]:
    """The system's Python, and a newer one where there is one: Debian 13 has 3.13."""
    newer = shutil.which("python3.13")
    works = newer and subprocess.run([newer, "--version"], capture_output=True, check=False).returncode == 0
    return ["/usr/bin/python3", *([newer] if newer and works else [])]


@pytest.mark.slow
@pytest.mark.parametrize("python", pythons())
def test_the_module_as_ansible_runs_it(tmp_path: Path, python: str) -> None:
    user = "www-data" if os.geteuid() == 0 else "nobody"
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(PLAYBOOK % {"python": python, "folder": tmp_path, "user": user})
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\nlibrary = {PROJECT}/plugins/modules\nmodule_utils = {PROJECT}/plugins/module_utils\n"
    )
    environment = os.environ | {"ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"), "ANSIBLE_LOCALHOST_WARNING": "false"}
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [program, str(playbook)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "results.json").read_text())

    assert results["checked"]["link_check"]["ok"] is True
    assert not (tmp_path / "unwanted").exists()

    passed = results["passed"]
    assert (passed["changed"], passed["msg"]) == (False, "2 of 2 link checks passed")
    assert passed["link_check"]["rows"][0]["check"] == "它能用"
    columns = ["id", "hop", "check", "expected", "observed", "ok", "ms", "cause", "fix"]
    assert sorted(passed["link_check"]["rows"][0]) == sorted(columns)

    states = {name: result["failed"] for name, result in results.items()}
    assert states == {"checked": False, "passed": False, "failed": True, "refused": True, "empty": True}
    failed = results["failed"]
    assert (failed["changed"], failed["msg"]) == (False, "1 of 2 link checks failed: front")
    row = failed["link_check"]["rows"][0]
    assert (row["cause"], row["fix"]) == ("nobody listens on port 1 of 127.0.0.1", "repair it")
    assert json.loads((tmp_path / "report" / "latest.json").read_text()) == failed["link_check"]
    assert len(list((tmp_path / "report" / "history").iterdir())) == 2

    assert results["refused"]["msg"].startswith("check odd: unknown kind 'guess'")
    assert "link_check" not in results["refused"]
    assert "a table without rows proves nothing" in results["empty"]["msg"]
