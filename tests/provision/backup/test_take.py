"""A backup is taken while others write, tried by restoring it, and told of; what is wrong is refused in words."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from ansible.module_utils.backup import manifest, report, restore, sqlite, take
from ansible.module_utils.backup.model import RefusedError
from ansible.module_utils.backup.restic import Repository, shown

from tests.provision.backup.conftest import Site

TIMES = 50 if os.environ.get("GROUNDWORK_FULL") else 2


def damage(site: Site) -> None:
    """Change a byte in the middle of every pack of the repository."""
    packs = [path for path in (site.repository / "data").rglob("*") if path.is_file()]
    assert packs
    for pack in packs:
        content = bytearray(pack.read_bytes())
        content[len(content) // 2] ^= 0xFF
        pack.chmod(0o600)
        pack.write_bytes(content)


@pytest.mark.slow
def test_one_is_taken_tried_and_told_of(site: Site) -> None:
    site.plan.request.touch()
    told = site.good()
    good = told["last_good"]
    assert (good["rows"], good["tables"], good["release"], good["revision"]) == (501, 3, "r1", "0008")
    assert good["files"] == 5
    assert [each["id"] for each in told["snapshots"]] == [good["snapshot"]]
    assert told["snapshots"][0]["release"] == "r1"
    assert told["running_since"] is None
    assert not site.plan.request.exists()
    assert sorted(path.name for path in site.plan.backups.iterdir()) == [".backup-lock", ".restic-cache"]
    assert "a key" not in site.plan.report.read_text()


@pytest.mark.slow
def test_all_that_was_acknowledged_before_it_began_is_in_it(site: Site, tmp_path: Path) -> None:
    for _ in range(TIMES):
        with site.writers() as acknowledged:
            time.sleep(0.5)
            before = len(acknowledged)
            told = site.good()
            during = len(acknowledged) - before
        assert during > 100, "the writers were held up"
        target = tmp_path / told["last_good"]["snapshot"]
        Repository(site.plan).restore(told["last_good"]["snapshot"], target)
        found = target / "shared/data/shop.db"
        assert sqlite.damage(site.plan, found) == ""
        with closing(sqlite3.connect(found)) as database:
            there = {row[0] for row in database.execute("SELECT id FROM notes")}
        assert set(acknowledged[:before]) <= there


def test_a_copy_in_many_steps_is_of_one_moment(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the reading transaction each write makes SQLite begin again, and this never ends."""
    monkeypatch.setattr(sqlite, "PAGES_A_STEP", 1)
    with closing(sqlite3.connect(site.database)) as database:
        database.executemany("INSERT INTO notes (text) VALUES (?)", [("x" * 4000,) for _ in range(200)])
        database.commit()
    with site.writers() as acknowledged:
        time.sleep(0.1)
        began = len(acknowledged)
        sqlite.copy(site.plan, tmp_path / "copy.db")
        ended = len(acknowledged)
    assert ended - began > 20, "it was over before anybody wrote"
    rows = sqlite.contents(site.plan, tmp_path / "copy.db")["tables"]["notes"]
    assert 700 + began <= rows <= 700 + began + 5


@pytest.mark.slow
def test_only_so_many_are_kept_and_only_once_the_new_one_is_good(site: Site) -> None:
    ids = [site.good()["last_good"]["snapshot"] for _ in range(3)]
    told = report.read(site.plan)
    assert [each["id"] for each in told["snapshots"]] == [ids[2], ids[1]]


@pytest.mark.slow
def test_a_file_that_goes_meanwhile_is_still_whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = site.root / "shared/data/output/pictures/a.png"
    really = Repository.backup

    def backup(self: Repository, folder: Path, tags: list[str]) -> object:
        picture.unlink(missing_ok=True)
        return really(self, folder, tags)

    monkeypatch.setattr(Repository, "backup", backup)
    assert site.good()["last_good"]["files"] == 5


@pytest.mark.slow
def test_a_link_and_a_pipe_in_the_data_are_left_out(site: Site) -> None:
    (site.root / "shared/data/link").symlink_to("/etc/shadow")
    os.mkfifo(site.root / "shared/data/pipe")
    assert site.good()["last_good"]["files"] == 5


@pytest.mark.slow
def test_what_differs_on_trial_is_dropped_and_the_last_good_one_stays(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.good()["last_good"]
    monkeypatch.setattr(take, "verify", lambda *_: ["shared/data/shop.db has other content"])
    told = site.take()
    assert (told["ok"], told["last_good"]) == (False, first)
    assert "shop.db has other content" in told["message"]
    assert [each["id"] for each in Repository(site.plan).snapshots()] == [first["snapshot"]]


@pytest.mark.parametrize("change", ["row", "file", "gone", "more", "revision"])
def test_every_difference_is_named(site: Site, change: str) -> None:
    described = take.stage(site.plan)
    staged = site.plan.staging
    picture = staged / "shared/data/output/pictures/a.png"
    assert manifest.differences(site.plan, described, staged) == []
    if change == "row":
        described["database"]["tables"]["notes"] += 1
    elif change == "revision":
        described["database"]["revision"] = "0009"
    elif change == "file":
        picture.unlink()
        picture.write_text("b picture")
    elif change == "gone":
        picture.unlink()
    else:
        (staged / "shared/more").touch()
    words = {
        "row": "notes has 500 rows, 501 were backed up",
        "revision": "the schema has another revision",
        "file": "a.png has other content",
        "gone": "a.png is missing",
        "more": "shared/more was not in it",
    }
    assert words[change] in "; ".join(manifest.differences(site.plan, described, staged))


@pytest.mark.slow
def test_a_damaged_repository_is_seen_and_told(site: Site) -> None:
    first = site.good()["last_good"]
    damage(site)
    told = site.take()
    assert (told["ok"], told["last_good"]) == (False, first)
    assert "damaged" in told["message"]
    assert "docs/backups.md" in told["fix"]


@pytest.mark.slow
def test_a_wrong_key_and_a_missing_one(site: Site) -> None:
    site.good()
    site.plan.key.write_text("another\n")
    told = site.take()
    assert "does not open the repository" in told["message"]
    site.plan.key.unlink()
    assert "is missing" in site.take()["message"]


@pytest.mark.slow
def test_a_repository_that_is_gone_is_not_silently_begun_anew(site: Site) -> None:
    site.good()
    site.repository.rename(site.repository.with_name("unmounted"))
    told = site.take()
    assert told["ok"] is False
    assert "It had backups until now" in told["message"]
    assert site.take(begin_anew=True)["ok"]


@pytest.mark.slow
def test_a_full_disk_is_said_before_and_in_the_middle(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    first = site.good()["last_good"]
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((4096, 4096, 9, 9, 9, 9, 9, 9, 0, 255)))
    told = site.take()
    assert (told["ok"], told["last_good"]) == (False, first)
    assert "Not enough disk" in told["message"]
    monkeypatch.undo()
    full = sqlite.copy

    def no_room(*_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sqlite, "copy", no_room)
    assert "No space left" in site.take()["message"]
    assert not site.plan.staging.exists()
    monkeypatch.setattr(sqlite, "copy", full)
    assert site.good()


def test_one_at_a_time_and_none_in_mid_restore(site: Site) -> None:
    with take.alone(site.plan), pytest.raises(RefusedError, match="Another backup"):
        site.take()
    restore.begin(site.plan, "1234")
    with pytest.raises(RefusedError, match="A restore is under way"):
        site.take()


@pytest.mark.slow
def test_the_command_without_ansible(site: Site) -> None:
    done = site.command()
    assert done.returncode == 0, done.stderr
    assert "restored on trial and compared: 501 rows in 3 tables, 5 files" in done.stdout
    listed = json.loads(site.command("list", "--json").stdout)
    assert len(listed) == 1
    assert listed[0]["id"] in site.command("list").stdout
    key = site.command("key")
    assert key.stdout == "a key\n"
    assert "away from this machine" in key.stderr
    site.plan.key.write_text("another\n")
    refused = site.command("take")
    assert refused.returncode == 2
    assert refused.stderr.startswith("backup: The key ")
    assert "\nfix: " in refused.stderr


def test_an_address_is_shown_without_its_password() -> None:
    assert shown("rest:https://me:secret@host/x") == "rest:https://host/x"
    assert shown("s3:https://host/bucket") == "s3:https://host/bucket"
