"""A restore lies beside the data until it was compared, and its exchange by renames can be taken back at any point."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from ansible.module_utils.backup import restore, take
from ansible.module_utils.backup.model import RefusedError

from tests.provision.backup.conftest import Site
from tests.provision.backup.test_take import damage
from tests.provision.conftest import RunModule


@pytest.fixture
def changed(site: Site) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Files as backed up, and as they are now: a row and a file more, another key, one password more and one gone."""
    backed_up = site.files()
    take.stage(site.plan)
    shutil.copytree(site.plan.staging, site.stored)  # copied, for what is staged are links
    take.sweep(site.plan)
    with closing(sqlite3.connect(site.database)) as database:
        database.execute("INSERT INTO notes (text) VALUES ('later')")
        database.execute("PRAGMA journal_mode=DELETE")
        database.commit()
    site.write("data/output/pictures/b.png", "later")
    site.write("secrets/app_secret_key", "another\n")
    site.write("private/first-password", "later\n")
    (site.root / "shared/private/probe-password").unlink()
    return backed_up, site.files()


Changed = tuple[dict[str, bytes], dict[str, bytes]]


def beside(site: Site) -> str:
    """What fetch does, without a repository: what was staged lies beside the data."""
    shutil.rmtree(site.plan.restoring, ignore_errors=True)
    shutil.copytree(site.stored, site.plan.restoring)
    return "0a1b2c3d"


def without_database(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if not name.endswith("shop.db")}


def test_all_comes_back_and_what_was_there_is_kept(site: Site, changed: Changed) -> None:
    backed_up, now = changed
    restore.begin(site.plan, beside(site))
    assert site.files() == now, "beside the data, not over it"
    restore.swap(site.plan)
    restore.keep(site.plan)
    assert without_database(site.files()) == without_database(backed_up)
    assert site.rows() == 500
    assert (site.plan.before / "secrets/app_secret_key").read_text() == "another\n"
    assert not site.plan.journal.exists()
    assert not site.plan.restoring.exists()
    assert restore.undo(site.plan) is False, "what is proven is not taken back"


def test_it_is_taken_back_from_wherever_it_stopped(
    site: Site, changed: Changed, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, now = changed
    really: Callable[[Path, Path], None] = restore._move  # each rename is a place to be killed at
    for after in range(12):
        left = after

        def move(source: Path, target: Path) -> None:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            really(source, target)

        restore.begin(site.plan, beside(site))
        monkeypatch.setattr(restore, "_move", move)
        try:
            restore.swap(site.plan)
            whole = True
        except KeyboardInterrupt:
            whole = False
        left = 2  # and taking it back is killed as well
        try:
            restore.undo(site.plan)
        except KeyboardInterrupt:
            monkeypatch.setattr(restore, "_move", really)
            assert restore.undo(site.plan)
        monkeypatch.setattr(restore, "_move", really)
        assert site.files() == now, after
        assert not site.plan.journal.exists()
        if whole:
            break
    assert whole
    assert after >= 8


def test_one_that_was_proven_and_killed_is_finished(
    site: Site, changed: Changed, monkeypatch: pytest.MonkeyPatch
) -> None:
    backed_up, _ = changed
    restore.begin(site.plan, beside(site))
    restore.swap(site.plan)
    with monkeypatch.context() as patch:
        patch.setattr(restore.shutil, "rmtree", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            restore.keep(site.plan)
    restore.undo(site.plan)
    assert without_database(site.files()) == without_database(backed_up)
    assert not site.plan.journal.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("damaged", "damaged"),
        ("key", "does not open the repository"),
        ("missing", "There is no repository at"),
        ("unknown", "There is no backup deadbeef"),
        ("disk", "Not enough disk"),
        ("product", "The backup is of shop in"),
    ],
)
def test_what_is_refused_changes_nothing(
    site: Site, changed: Changed, monkeypatch: pytest.MonkeyPatch, fault: str, words: str
) -> None:
    _, now = changed
    site.good()
    wanted = "latest"
    if fault == "damaged":
        damage(site)
    elif fault == "key":
        site.plan.key.write_text("another\n")
    elif fault == "missing":
        site.repository.rename(site.repository.with_name("gone"))
    elif fault == "unknown":
        wanted = "deadbeef"
    elif fault == "disk":
        monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((4096, 4096, 9, 9, 9, 9, 9, 9, 0, 255)))
    else:
        other = site.root.with_name("elsewhere")
        site.root.rename(other)
        site.root, site.plan_file = other, other / "shared/private/backup.json"
        site.plan_with(key=str(other / "shared/private/backup-key"))
    with pytest.raises(RefusedError, match=words):
        restore.fetch(site.plan, wanted)
    assert site.files() == now
    assert not site.plan.restoring.exists()
    assert not site.plan.journal.exists()


@pytest.mark.slow
def test_the_module_says_why_and_what_helps(site: Site, run_module: RunModule) -> None:
    given = {"plan": str(site.plan_file)}
    taken = run_module("backup_step", step="take", **given)
    assert (taken["failed"], taken["changed"], taken["backup"]["rows"]) == (False, True, 501)
    fetched = run_module("backup_step", step="fetch", **given)
    assert "501 rows and 5 files" in fetched["msg"]
    for step in ("begin", "swap", "undo"):
        assert run_module("backup_step", step=step, **given)["changed"] is True
    assert run_module("backup_step", step="undo", **given)["changed"] is False
    site.plan.key.write_text("another\n")
    refused = run_module("backup_step", step="take", **given)
    assert refused["failed"]
    assert "does not open" in refused["msg"]
    assert "backup_key_file" in refused["fix"]
    held = run_module("backup_step", step="fetch", run="somebody", **given)
    assert held["failed"], "without the lock nothing is restored"
