"""On one machine, in this order: data of every kind, backups, and everything that can go wrong with them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from backups import DISK, KEPT_ELSEWHERE, REMEMBERED, Backups
from site_data import Person, make_everything
from witness import PRIVATE, ROOT, SHARED, Machine, Web, wait_until

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
JOURNAL = f"{PRIVATE}/restore.json"


def test_data_of_every_kind_are_backed_up_and_tried(machine: Machine, web: Web, backups: Backups) -> None:
    made = make_everything(machine, web)
    before = backups.look()
    rows, files = before["rows"], before["files"]
    assert len([table for table in rows if rows[table]]) > 15
    assert [name for name in files if name.startswith("data/output/")]
    snapshot = backups.take()
    good = backups.report["last_good"]
    assert good["rows"] >= sum(len(each) for each in rows.values()) - 5
    assert good["files"] >= len(files)
    # What a person is told to do when the key is made.
    KEPT_ELSEWHERE.write_text(machine.out("groundwork backup key"), encoding="utf-8")
    REMEMBERED.write_text(json.dumps({**made, "snapshot": snapshot, "before": before}), encoding="utf-8")
    # Encrypted: nothing that the site knows can be read in the repository.
    secret = machine.read(f"{SHARED}/secrets/app_secret_key").strip()
    assert machine.run(f"grep -rqF '{secret}' /mnt/backups/restic").rc == 1


def test_the_unit_takes_one_in_its_sandbox_when_somebody_asks(machine: Machine, web: Web, backups: Backups) -> None:
    before = backups.report["finished_at"]
    admin = Person(web, "admin", machine.password("first-password"))
    assert admin.ask("GET", "/system/backups").json["report"]["ok"] is True
    assert admin.ask("POST", "/system/backups", {}).status == 202
    wait_until(
        "it was taken", lambda: backups.report["finished_at"] != before and not backups.report["running_since"], 240
    )
    assert backups.report["ok"], backups.report
    assert machine.run(f"test -e {SHARED}/data/.backup-request").rc == 1
    state = admin.ask("GET", "/system/backups").json
    assert (state["requested_at"], len(state["report"]["snapshots"])) == (None, 2)


def test_the_rows_of_the_table_pass(backups: Backups) -> None:
    run = backups.play("verify")
    assert run.code == 0, run.end
    report = json.loads(backups.machine.read(f"{SHARED}/link-check/latest.json"))
    rows = {row["id"]: row for row in report["rows"]}
    assert rows["backup-result"]["ok"]
    assert rows["backup-age"]["ok"]


def test_a_full_disk_in_mid_backup(machine: Machine, backups: Backups, remembered: dict[str, Any]) -> None:
    machine.out(f"head -c 30000000 /dev/urandom > {SHARED}/data/output/large")
    used = int(machine.out("df --output=used -B1 /mnt/backups | tail -1"))
    subprocess.run(["mount", "-o", f"remount,size={used + 8_000_000}", str(DISK)], check=True)
    try:
        run = backups.play("backup")
        assert run.code != 0
        assert "The disk is full" in run.text, run.end
        assert backups.report["ok"] is False
        assert backups.answers()
        verified = backups.play("verify")
        assert verified.code != 0
        assert "backup-result" in verified.text
    finally:
        subprocess.run(["mount", "-o", "remount,size=1g", str(DISK)], check=True)
        machine.out(f"rm {SHARED}/data/output/large")
    assert remembered["snapshot"] in machine.out("groundwork backup list")
    assert machine.out(f"ls -A {ROOT}/backups | grep -c '[.]taking\\|[.]trying' || true") == "0"
    backups.take()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("damaged", "damaged"),
        ("key", "does not open the repository"),
        ("missing", "There is no repository at /mnt/backups/nowhere"),
        ("unknown", "There is no backup deadbeef"),
    ],
)
def test_what_is_refused_changes_nothing(backups: Backups, tmp_path: Path, fault: str, words: str) -> None:
    before = backups.look()
    given: dict[str, Any] = {}
    if fault == "damaged":
        shutil.rmtree(DISK / "damaged", ignore_errors=True)
        shutil.copytree(DISK / "restic", DISK / "damaged")
        for pack in (path for path in (DISK / "damaged/data").rglob("*") if path.is_file()):
            content = bytearray(pack.read_bytes())
            content[len(content) // 2] ^= 0xFF
            pack.chmod(0o600)
            pack.write_bytes(content)
        given["backup_repository"] = "/mnt/backups/damaged"
    elif fault == "key":
        (tmp_path / "key").write_text("another\n", encoding="utf-8")
        given["backup_key_file"] = str(tmp_path / "key")
    elif fault == "missing":
        given["backup_repository"] = "/mnt/backups/nowhere"
    else:
        given["backup_snapshot"] = "deadbeef"
    run = backups.play("restore", **given)
    assert run.code != 0
    assert words in run.text, run.end
    assert "Nothing was changed, and the site answered all the time" in run.text
    backups.is_as_before(before)
    assert backups.answers()
    assert backups.machine.run(f"ls {PRIVATE}/restore* {ROOT}/deploy.lock").rc != 0


def test_killed_in_mid_restore(machine: Machine, backups: Backups, remembered: dict[str, Any]) -> None:
    machine.out(f"echo later > {SHARED}/data/output/later")
    before = backups.look()
    process = subprocess.Popen(
        **backups.command("restore", backup_snapshot=remembered["snapshot"]), stdout=subprocess.DEVNULL
    )
    swapped = f"test -e {SHARED}/data.before-restore/secrets"
    wait_until("the data are exchanged", lambda: machine.run(swapped).rc == 0 or process.poll() is not None, 240)
    process.kill()
    assert process.wait() == -9, "it had ended"
    # The old data are there, and nothing but a restore touches the site.
    assert machine.run(f"test -e {JOURNAL} && test -e {SHARED}/data.before-restore/data/output/later").rc == 0
    refused = backups.play("rollback")
    assert refused.code != 0
    assert "A restore of this machine was interrupted" in refused.text, refused.end
    healed = backups.play("restore", backup_snapshot="none")
    assert healed.code == 0, healed.end
    backups.is_as_before(before)
    assert backups.answers()
    assert machine.run(f"test -e {JOURNAL}").rc == 1


def test_a_backup_of_the_release_before(
    machine: Machine, web: Web, backups: Backups, remembered: dict[str, Any], tmp_path: Path
) -> None:
    """The live release has a migration more; what is restored is brought to it."""
    sys.path.append(str(PROJECT / "molecule/release/tests"))
    from releases import Builder

    builder = Builder(PROJECT, tmp_path)
    artifact, release = builder.build("later", files=builder.migration("pass"))
    deployed = backups.play("deploy", release_artifact=str(artifact))
    assert deployed.code == 0, deployed.end
    assert machine.release == release
    restored = backups.play("restore", backup_snapshot=remembered["snapshot"])
    assert restored.code == 0, restored.end
    assert machine.release == release
    rows, before = backups.look()["rows"], remembered["before"]
    assert "half_way" in rows
    assert rows["alembic_version"] != before["rows"]["alembic_version"]
    backups.is_as_before(before, but=("alembic_version",))
    assert machine.run(f"test -e {SHARED}/data.before-restore/data/output/later").rc == 0
    Person(web, *remembered["mei"])
