"""Where the parts of a release lie on a machine, and what they say; see docs/architecture.md, "On the machine"."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

COLOURS = ("blue", "green")
VENV_MARK = ".complete"  # written last inside a venv, so a half-made one is not taken for whole


def is_prepared(venv: Path) -> bool:
    """Return whether a virtual environment was made to its end and still has its interpreter."""
    return (venv / VENV_MARK).exists() and (venv / "bin" / "python").exists()


@dataclass(frozen=True)
class Layout:
    """The folders of one product."""

    root: Path
    run_dir: Path

    def release(self, release_id: str) -> Path:
        """Return the folder of a release."""
        return self.root / "releases" / release_id

    def slot(self, colour: str) -> Path:
        """Return the symlink that says which release a colour runs."""
        return self.root / "slots" / colour

    def slot_record(self, colour: str) -> Path:
        """Return the file with the digest of what a colour was last started with."""
        return self.root / "slots" / f"{colour}.started"

    def standby(self, colour: str) -> Path:
        """Return the file that asks a colour's next process to load its release and wait (app/standby.py)."""
        return self.run_dir / f"{colour}.standby"

    def standby_begun(self, colour: str) -> Path:
        """Return the file that such a process makes when it begins to load."""
        return self.run_dir / f"{colour}.standby-begun"

    def standby_called(self, colour: str) -> Path:
        """Return the file that tells it to go on."""
        return self.run_dir / f"{colour}.standby-called"

    @property
    def marks(self) -> Path:
        """Return the file that says which releases were proven good or bad."""
        return self.root / "marks.json"

    @property
    def lock(self) -> Path:
        """Return the file of the run that may change releases now."""
        return self.root / "deploy.lock"

    @property
    def at_work(self) -> Path:
        """Return the file that a stage holds with flock while it works, so that an orphan of a killed run is seen."""
        return self.root / "deploy.at-work"

    @property
    def restore(self) -> Path:
        """Return the journal of a restore: there as long as one is under way, or was interrupted."""
        return self.root / "shared" / "private" / "restore.json"

    @property
    def drift_baseline(self) -> Path:
        """Return what the drift check compares the machine with."""
        return self.root / "shared" / "private" / "drift-baseline.json"

    @property
    def audit(self) -> Path:
        """Return the log of every deploy and rollback."""
        return self.root / "shared" / "audit.jsonl"

    @property
    def current(self) -> Path:
        """Return the symlink to the live release."""
        return self.root / "current"

    @property
    def current_socket(self) -> Path:
        """Return the symlink that nginx's upstream goes through."""
        return self.run_dir / "current.sock"


def link_name(link: Path) -> str:
    """Return the last part of a symlink's target, or '' when there is no such link."""
    return link.readlink().name if link.is_symlink() else ""


def live_colour(layout: Layout) -> str:
    """Return the colour that nginx's upstream points at, or '' before the first release is live."""
    colour = link_name(layout.current_socket).removesuffix(".sock")
    return colour if colour in COLOURS and link_name(layout.current) else ""


def manifests(layout: Layout) -> list[dict[str, Any]]:
    """Return the manifests of all whole releases, oldest first. A folder without a manifest is not a release."""
    found = []
    for file in sorted(layout.root.glob("releases/*/manifest.json")):
        if file.parent.suffix == ".partial":
            continue
        manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        found.append(manifest)
    return found


def instance_digest(layout: Layout, release_id: str, config_files: list[str]) -> str:
    """Return a digest of all that an instance reads when it starts: its release, its venv and its configuration.

    A missing file counts as empty, so that making or removing it changes the digest. The order in which the files are
    named does not count: some of Ansible's filters give another one in each run.
    """
    total = hashlib.sha256(release_id.encode())
    for file in [layout.release(release_id) / "venv" / VENV_MARK, *map(Path, sorted(config_files))]:
        total.update(hashlib.sha256(file.read_bytes() if file.is_file() else b"").digest())
    return total.hexdigest()


def utc_now() -> str:
    """Return the machine's time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def point(link: Path, target: str) -> None:
    """Make `link` point at `target` in one step that no reader can see half-done."""
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
