"""A job that goes round and the longest wait, asked of a simulated app behind a real nginx."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.provision.link_check.conftest import Look, Site


def round_trip(site: Site, look: Look, folder: Path, seconds: int = 1) -> dict[str, Any]:
    file = folder / "password"
    file.write_text("the canary password\n")
    return look("job_round_trip", site.context, username="link-check", password_file=str(file), seconds=seconds)


def test_a_job_goes_round(site: Site, look: Look, tmp_path: Path) -> None:
    row = round_trip(site, look, tmp_path)
    assert row["ok"], row
    assert row["expected"] == "done within 1 s by the worker of r1"
    assert row["observed"] == "done by the worker of r1"
    assert site.app.tokens == set(), "its session is left open"


@pytest.mark.parametrize(
    ("job", "observed", "cause"),
    [
        ({"state": "queued", "place_in_line": 3}, "queued, 3 in line", "no worker has taken it within 1 s: none runs"),
        ({"state": "running"}, "running", "a worker has taken it and not ended it within 1 s"),
        ({"state": "failed", "error": {"code": "broken"}}, "failed", "the job ended as failed (broken)"),
        ({"state": "cancelled", "error": None}, "cancelled", "the job ended as cancelled"),
        ({"state": "done", "result": {"release": "r0"}}, "done by r0", "the worker runs another release"),
        ({"state": "done", "result": None}, "done by None", "the worker runs another release"),
    ],
)
def test_a_job_that_does_not_go_round(
    site: Site, look: Look, tmp_path: Path, job: dict[str, Any], observed: str, cause: str
) -> None:
    site.app.job = job
    started = time.monotonic()
    row = round_trip(site, look, tmp_path)
    assert not row["ok"]
    assert row["observed"] == observed
    assert cause in row["cause"]
    assert row["fix"] == "the row's fix"
    assert time.monotonic() - started < 5
    # Nobody waits for it any more, so it must not stand in the line for ever.
    assert bool(site.app.cancelled) is (job["state"] in ("queued", "running"))
    assert site.app.tokens == set()


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        ({"override": {"/api/v1/jobs/ping": (404, "text/plain", "")}}, "/api/v1/jobs/ping answers 404"),
        ({"override": {"/api/v1/jobs/ping": (503, "text/plain", "")}}, "the app says that it cannot serve now"),
        ({"override": {"/api/v1/jobs/7": (500, "text/plain", "")}}, "/api/v1/jobs/7 answers 500"),
        ({"location": ""}, "does not say where the job's state can be asked"),
        ({"location": "http://elsewhere/"}, "does not say where the job's state can be asked"),
        ({"password": "another"}, "another password than"),
    ],
)
def test_a_job_that_cannot_be_asked_for(
    site: Site, look: Look, tmp_path: Path, broken: dict[str, Any], cause: str
) -> None:
    for name, value in broken.items():
        setattr(site.app, name, value)
    row = round_trip(site, look, tmp_path)
    assert not row["ok"]
    assert cause in row["cause"]
    assert site.app.tokens == set()


@pytest.mark.parametrize(
    ("jobs", "ok", "observed", "cause"),
    [
        ({"oldest_queued_seconds": None, "queued": 0, "workers_alive": 0}, True, "none waits", ""),
        ({"oldest_queued_seconds": 4.2, "queued": 1}, True, "1 job waiting, the oldest for 4 s", ""),
        (
            {"oldest_queued_seconds": 61.0, "queued": 3, "workers_alive": 1},
            False,
            "3 jobs waiting, the oldest for 61 s",
            "has waited for 61 s: 1 worker does not keep up",
        ),
        ({"oldest_queued_seconds": 61, "queued": 3, "workers_alive": 0}, False, "61 s", "no worker is alive"),
    ],
)
def test_the_oldest_waiting_job(
    site: Site, look: Look, jobs: dict[str, Any], ok: bool, observed: str, cause: str
) -> None:
    site.app.jobs = jobs
    row = look("jobs_waiting", site.context, path="/api/v1/health/jobs", seconds=60)
    assert row["ok"] is ok
    assert observed in row["observed"]
    assert cause in row["cause"]
