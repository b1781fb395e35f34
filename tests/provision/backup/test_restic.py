"""What restic says, and what it does not say, becomes a sentence. Here it is a script."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible.module_utils.backup import restic
from ansible.module_utils.backup.model import RefusedError

from tests.provision.backup.conftest import Site


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exec sleep 60", "did nothing for"),
        ("echo 'panic: nil pointer' >&2; echo goroutine 1 >&2; seq 50 >&2; exit 2", "panic: nil pointer; goroutine 1$"),
        ("echo 'Fatal: wrong password or no key found' >&2; exit 1", "does not open the repository"),
        ("exit 3", "restic said nothing"),
    ],
)
def test_each_way_to_fail_is_told(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    program = tmp_path / "restic"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(restic, "RESTIC", str(program))
    monkeypatch.setattr(restic, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(restic, "STALL_SECONDS", 0.3)
    with pytest.raises(RefusedError, match=words):
        restic.Repository(site.plan).require()


def test_a_crash_on_a_full_disk_is_a_full_disk(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.repository.mkdir()
    monkeypatch.setattr(restic, "RESTIC", "/bin/false")
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((4096, 4096, 9, 9, 9, 9, 9, 9, 0, 255)))
    with pytest.raises(RefusedError, match="The disk is full"):
        restic.Repository(site.plan).require()
