"""Jobs as a user meets them: one that goes round through the worker, and how long the oldest has waited."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

from .app import LOGOUT, Login, log_in, require
from .http import ask
from .model import CheckFailedError, Context, Observation, count, observe

PING, JOBS = "/api/v1/jobs/ping", "/api/v1/jobs/"
LOOK_EVERY = 0.2
UNFINISHED = ("queued", "running")


def job_round_trip(context: Context, *, username: str, password_file: str, seconds: int) -> Observation:
    """A job is asked for, done by the worker, and its answer is of the release that serves."""
    expected = f"done within {seconds} s by the worker of {context.release or 'the release served'}"
    login = log_in(context, username, password_file)
    try:
        location = _ask_for_one(context, login)
        job = _follow(context, login, location, seconds)
        if job.get("state") in UNFINISHED:
            with suppress(CheckFailedError):  # a courtesy: nobody waits for it any more
                ask(context, f"{location}/cancel", method="POST", headers=login.rights)
    finally:
        with suppress(CheckFailedError):  # that a session ends is the login row's to prove
            ask(context, LOGOUT, method="POST", headers=login.ending)
    return _judged(context, expected, job, seconds)


def _ask_for_one(context: Context, login: Login) -> str:
    """Where its state can be asked."""
    headers = login.rights | {"Content-Type": "application/json"}
    accepted = ask(context, PING, method="POST", headers=headers, body=json.dumps({"text": "link-check"}).encode())
    require(context, accepted, PING, 202, "the app refuses the token that it has just given")
    location = str(accepted.headers.get("Location", ""))
    if not location.startswith(JOBS):
        raise CheckFailedError("202 without a Location", f"{PING} does not say where the job's state can be asked")
    return location


def _follow(context: Context, login: Login, location: str, seconds: int) -> dict[str, Any]:
    """The job when it has ended, or as it is when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask(context, location, headers=login.rights)
        require(context, answer, location, 200, "the app refuses the token that it has just given")
        job = answer.json()
        if job.get("state") not in UNFINISHED or time.monotonic() >= deadline:
            return job
        time.sleep(LOOK_EVERY)


def _judged(context: Context, expected: str, job: dict[str, Any], seconds: int) -> Observation:
    state = str(job.get("state"))
    if state == "queued":
        cause = f"no worker has taken it within {seconds} s: none runs, or those that run are busy"
        return observe(expected, f"queued, {job.get('place_in_line') or '?'} in line", cause)
    if state == "running":
        return observe(expected, "running", f"a worker has taken it and not ended it within {seconds} s")
    if state != "done":
        error = job.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        return observe(expected, state, f"the job ended as {state}{f' ({code})' if code else ''}")
    result = job.get("result")
    told = result.get("release") if isinstance(result, dict) else None
    if context.release and told != context.release:
        return observe(expected, f"done by {told}", f"the worker runs another release than was deployed: {told}")
    return Observation(True, expected, f"done by the worker of {told}")


def jobs_waiting(context: Context, *, path: str, seconds: int) -> Observation:
    """No job that may begin has waited longer than this."""
    expected = f"none longer than {seconds} s"
    answer = ask(context, path)
    require(context, answer, path, 200, "the app does not accept who is asking")
    told = answer.json()
    oldest = told.get("oldest_queued_seconds")
    if oldest is None:
        return Observation(True, expected, "none waits")
    waiting, alive = count(int(told.get("queued") or 0), "job"), int(told.get("workers_alive") or 0)
    observed = f"{waiting} waiting, the oldest for {oldest:.0f} s"
    if oldest <= seconds:
        return Observation(True, expected, observed)
    why = f"{count(alive, 'worker')} {'does' if alive == 1 else 'do'} not keep up" if alive else "no worker is alive"
    return observe(expected, observed, f"the oldest waiting job has waited for {oldest:.0f} s: {why}")
