"""Bad releases, each undone by itself: the old one serves, the reason is named, and the next good deploy works."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from conftest import FULL, Releases
from prober import Prober
from witness import SHARED, Machine, Web

ERROR_SECONDS = 5.0
WORKER_RUNS = "readlink /proc/$(systemctl show -P MainPID groundwork-worker)/cwd"


@dataclass(frozen=True)
class Bad:
    """One way to be broken: where it is met, and the words of its reason."""

    name: str
    stage: str
    says: str
    fault: str = "pass"
    main: str = ""
    files: dict[str, str] = field(default_factory=dict)
    migration: str = ""
    page: str = ""


RAISE = "raise RuntimeError('this release cannot"
# The seeds of `migrate` load the app too; this is broken only where it serves.
AS_SERVER = "\nimport sys\nif 'gunicorn' in sys.argv[0]:\n"
BAD = [
    Bad("cannot-import", "migrate", "this release cannot be imported", main=f"\n{RAISE} be imported')\n"),
    Bad("cannot-start", "start", "this release cannot start", main=f"{AS_SERVER}    {RAISE} start')\n"),
    Bad(
        "never-ready",
        "verify",
        "readiness",
        fault="if path == '/api/v1/health/ready':\n    return await _say(send, 503)",
    ),
    Bad(
        "wrong-version",
        "verify",
        "release-served",
        fault="if path == '/health':\n    return await _say(send, 200, b'{\"release\":\"20010101T000000Z-other\"}')",
    ),
    Bad("half-migrated", "migrate", "no such table: nowhere", migration="op.execute('INSERT INTO nowhere VALUES (1)')"),
    Bad(
        "crashes",
        "verify",
        "does not stay up",
        # Counted from the first proof on: a busy machine may take longer than that to get there.
        fault="if path == '/api/v1/health/ready':\n    import os, signal, threading\n"
        "    threading.Timer(3, os.kill, [os.getppid(), signal.SIGKILL]).start()",
    ),
]
BAD_LATER = [
    Bad(
        "fails-later",
        "switch",
        "did not do: readiness",
        fault="if path and _is_live():\n    return await _say(send, 500)",
    ),
    Bad(
        "forgets-people",
        "switch",
        "did not do: login",
        fault="if path == '/api/v1/users/me' and _is_live():\n    return await _say(send, 500)",
    ),
    Bad("no-worker", "prove", "job-round", files={"app/worker.py": f"{RAISE} work')\n"}),
    Bad("broken-page", "prove", "front-page", page='<script type="module" src="/assets/not-there.js"></script></body>'),
]


def build(releases: Releases, bad: Bad) -> tuple[str, str]:
    """Its artifact and id."""
    files = dict(bad.files)
    if bad.main:
        files |= releases.builder.main_with(bad.main)
    if bad.page:
        page = (releases.builder.source / "web/dist/index.html").read_text(encoding="utf-8")
        files["web/dist/index.html"] = page.replace("</body>", bad.page)
    if bad.migration:
        files |= releases.builder.migration(bad.migration)
    artifact, release = releases.builder.build(bad.name, bad.fault, files)
    return str(artifact), release


def undone(machine: Machine, web: Web, releases: Releases, bad: Bad, live: str) -> str:
    """Deploy it, see it undone; returns what was printed."""
    artifact, release = build(releases, bad)
    run = releases.play("deploy", release_artifact=artifact)
    assert run.code != 0, run.end
    assert bad.says in run.text, run.end
    assert machine.release == live == web.get("/health").json["release"]
    last = releases.audit[-1]
    assert (last["outcome"], last["failed_stage"], last["release"]) == ("bad", bad.stage, release)
    assert releases.marks[release]["mark"] == "bad"
    again = releases.play("deploy", release_artifact=artifact)
    assert again.code != 0
    assert f"Release {release} was found bad" in again.text
    assert bad.stage in again.text
    assert machine.release == live
    if FULL:
        releases.deploy_good(f"after-{bad.name}")
    return run.text


@pytest.mark.parametrize("bad", BAD, ids=[bad.name for bad in BAD])
def test_nobody_meets_it(machine: Machine, web: Web, releases: Releases, prober: Prober, bad: Bad) -> None:
    live = machine.release
    undone(machine, web, releases, bad, live)
    prober.reads_and_writes()
    prober.unnoticed()
    assert machine.serving_units == [machine.api_unit]


@pytest.mark.parametrize("bad", BAD_LATER, ids=[bad.name for bad in BAD_LATER])
def test_what_turns_bad_after_the_switch_is_switched_back(
    machine: Machine, web: Web, releases: Releases, prober: Prober, bad: Bad
) -> None:
    undone(machine, web, releases, bad, machine.release)
    prober.reads_and_writes()
    assert prober.error_seconds <= ERROR_SECONDS
    assert machine.out(WORKER_RUNS).endswith(machine.release), "the worker was not taken back"


def test_a_failed_migration_left_nothing_and_a_snapshot_is_kept_for_root(machine: Machine, releases: Releases) -> None:
    database = f"{SHARED}/data/groundwork.db"
    ask = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall())"
    tables = machine.out(f"python3 -c '{ask}' {database} 'pragma table_list'")
    assert "half_way" not in tables
    snapshots = machine.lines("ls -l /srv/groundwork/backups/*.db")
    assert snapshots
    assert all(line.startswith("-rw------- 1 root root") for line in snapshots)
    newest = machine.out("ls -t /srv/groundwork/backups/*.db | head -1")
    assert machine.out(f"python3 -c '{ask}' {newest} 'pragma integrity_check'") == "[('ok',)]"


def test_the_next_good_deploy_works_and_a_bad_one_may_be_tried_again(
    machine: Machine, releases: Releases, prober: Prober
) -> None:
    good = releases.deploy_good("after-the-bad-ones")
    artifact, _ = build(releases, BAD[1])
    run = releases.play("deploy", release_artifact=artifact, release_retry_bad=True)
    assert run.code != 0
    assert "was found bad at" not in run.text
    assert machine.release == good
    unproven = [name for name in releases.ids if releases.marks.get(name, {}).get("mark") != "good"]
    assert len(unproven) <= 3  # release_keep_failed, and the one of just now
    prober.unnoticed()


def test_a_good_migration_is_left_in_place_by_a_rollback(
    machine: Machine, web: Web, releases: Releases, prober: Prober
) -> None:
    before = machine.release
    artifact, after = releases.builder.build("migrates", files=releases.builder.migration("pass"))
    run = releases.deploy(artifact)
    assert run.code == 0, run.end
    assert machine.release == after
    back = releases.play("rollback")
    assert back.code == 0, back.end
    assert machine.release == before == web.get("/health").json["release"]
    prober.reads_and_writes()
    prober.unnoticed()
