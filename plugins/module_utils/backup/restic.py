"""The repository, by Debian's restic: encrypted, deduplicated, in a folder, over SFTP or in S3."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from .model import Plan, RefusedError

Snapshot = dict[str, Any]
RESTIC = "/usr/bin/restic"
STALL_SECONDS = 90  # without reading anything
LOOK_EVERY = 5.0
FULL_BYTES = 16 * 1024 * 1024  # less than a pack of restic's
# The first that restic's words match is what a person is told.
NO_REPOSITORY = ("There is no repository at {repository}.", "see backup_repository; is its disk mounted?")
DAMAGED = ("The repository {repository} is damaged: {words}", "see docs/backups.md, A damaged repository")
KEPT_ELSEWHERE = "give the key that was kept elsewhere: backup_key_file"
# What ssh says is lost as often as not: it ends, and restic with it.
NO_SFTP = (
    "The server of {repository} does not answer, does not let us in or has another key than is known: {words}",
    "as root, sftp USER@HOST says which; see docs/backups.md, Where to",
)
MEANINGS: tuple[tuple[str, tuple[str, str]], ...] = (
    ("wrong password or no key found", ("The key {key} does not open the repository {repository}.", KEPT_ELSEWHERE)),
    ("unable to start the sftp session", NO_SFTP),
    ("Is there a repository at the following location", NO_REPOSITORY),
    ("repository does not exist", NO_REPOSITORY),
    ("no space left on device", ("The disk is full: {words}", "df -h")),
    ("already locked", ("Another restic is at work in {repository}: {words}", "if it is dead: restic unlock")),
    ("ciphertext verification failed", DAMAGED),
    ("errors", DAMAGED),
)


def shown(repository: str) -> str:
    """The address without a password."""
    return re.sub(r"//[^/@]*@", "//", repository)


class MissingError(RefusedError):
    """There is no repository."""


class Repository:
    """What one plan backs up to. Every method raises RefusedError in words of a person's."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def _run(self, *words: str, folder: Path | None = None) -> str:
        plan = self.plan
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "SSL_CERT_FILE") if name in os.environ},
            "TZ": "UTC",
            **plan.environment,
            "RESTIC_REPOSITORY": plan.repository,
            "RESTIC_PASSWORD_FILE": str(plan.key),
            "RESTIC_CACHE_DIR": str(plan.backups / ".restic-cache"),
        }
        options = [word for option in plan.options for word in ("--option", option)]
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            try:
                process = subprocess.Popen(  # noqa: S603  # our own words, no shell
                    [RESTIC, *options, *words], cwd=folder, env=environment, stdout=out, stderr=err
                )
            except FileNotFoundError as error:
                raise RefusedError("restic is not installed.", "ansible-playbook site.yml --tags backup") from error
            stood_still = _wait(process)
            out.seek(0)
            err.seek(0)
            printed, complained = out.read(), err.read()
        if stood_still:
            complained += f"\nrestic did nothing for {STALL_SECONDS} s and was ended"
        if process.returncode != 0:
            raise self._refused(complained + "\n" + printed)
        return printed

    def _refused(self, output: str) -> RefusedError:
        lines = [line for line in output.splitlines() if line.strip() and not line.startswith("{")]
        lines += [str(told) for told in _messages(output, "error")]
        if self._is_full():
            output += "\nno space left on device"
        # A crash says why first, and then where in its own code for pages.
        chosen = lines[:2] if "goroutine" in output else lines[-3:]
        words = "; ".join(line.strip() for line in chosen)[:600] or "restic said nothing"
        for sign, (meaning, fix) in MEANINGS:
            if sign.lower() in output.lower():
                repository = shown(self.plan.repository)
                told = meaning.format(key=self.plan.key, repository=repository, words=words)
                return (MissingError if "no repository" in meaning else RefusedError)(told, fix)
        return RefusedError(f"restic failed: {words}")

    def _is_full(self) -> bool:
        """Version 0.14 sometimes stands still or crashes on a full disk, and says nothing of it."""
        if not Path(self.plan.repository).is_dir():
            return False
        status = os.statvfs(self.plan.repository)
        return status.f_bavail * status.f_frsize < FULL_BYTES

    def require(self) -> None:
        """It is there, and the key opens it."""
        if not self.plan.key.is_file():
            raise RefusedError(f"The key {self.plan.key} is missing.", KEPT_ELSEWHERE)
        self._run("cat", "config", "--no-lock")

    def make(self) -> None:
        self._run("init")

    def unlock(self) -> None:
        """Remove locks of processes that are gone; only one of ours runs at a time."""
        self._run("unlock")

    def backup(self, folder: Path, tags: list[str]) -> dict[str, Any]:
        """Store a folder; what restic says of it at the end. Inodes there are new links, so ctime says nothing."""
        words = [word for tag in tags for word in ("--tag", tag)]
        start = ("backup", "--json", "--ignore-ctime", "--host", self.plan.product)
        printed = self._run(*start, *words, ".", folder=folder)
        summary = _messages(printed, "summary")
        if not summary:
            raise RefusedError("restic did not say what it stored")
        return summary[-1]

    def restore(self, snapshot: str, target: Path) -> None:
        self._run("restore", snapshot, "--target", str(target))

    def size(self, snapshot: str) -> int:
        """Bytes that restoring takes."""
        return int(json.loads(self._run("stats", "--json", "--mode", "restore-size", snapshot))["total_size"])

    def forget(self, snapshot: str) -> None:
        """Drop one that turned out bad."""
        self._run("forget", snapshot)

    def retain(self) -> None:
        """Keep what the plan says, and free the room of the others."""
        keep = [word for period, count in self.plan.keep.items() for word in (f"--keep-{period}", str(count)) if count]
        if keep:
            self._run("forget", "--host", self.plan.product, "--group-by", "host", *keep, "--prune", "--quiet")

    def snapshots(self) -> list[Snapshot]:
        """Those of this product, newest first: id, made_at, release, revision."""
        listed = json.loads(self._run("snapshots", "--json", "--host", self.plan.product)) or []
        found = [
            {
                "id": each["short_id"],
                "made_at": f"{each['time'][:19]}Z",
                **dict(tag.split("=", 1) for tag in each.get("tags") or [] if "=" in tag),
            }
            for each in listed
        ]
        return sorted(found, key=lambda each: str(each["made_at"]), reverse=True)

    def pick(self, wanted: str) -> Snapshot:
        """The newest, or the one whose id begins so. Raises RefusedError that lists what there is."""
        there = self.snapshots()
        fitting = there[:1] if wanted == "latest" else [each for each in there if wanted.startswith(str(each["id"]))]
        if fitting:
            return fitting[0]
        listing = "\n".join(f"  {each['id']}  {each['made_at']}  {each.get('release', '')}" for each in there)
        raise RefusedError(f"There is no backup {wanted} in {shown(self.plan.repository)}.\n{listing}".rstrip())


def _work(pid: int) -> str:
    """How much a process has read, of disks and of the network: its status lines go on when it stands still."""
    try:
        return Path(f"/proc/{pid}/io").read_text("utf-8").partition("wchar")[0]
    except OSError:
        return ""  # it has ended


def _wait(process: subprocess.Popen[bytes]) -> bool:
    """Wait for its end; True when it stood still and was ended."""
    seen, since = "", time.monotonic()
    while True:
        try:
            process.wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            now = _work(process.pid)
            if now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > STALL_SECONDS:
                process.kill()
                process.wait()
                return True
        else:
            return False


def _messages(printed: str, kind: str) -> list[dict[str, Any]]:
    found = []
    for line in printed.splitlines():
        if line.startswith("{"):
            try:
                message = json.loads(line)
            except ValueError:
                continue  # a line that was cut off
            if message.get("message_type") == kind:
                found.append(message)
    return found
