"""Checks as data in, rows out: the kinds there are, their arguments, and how a table of them is run."""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

from . import app, backups, files, jobs, models, pages, processes, sockets, supervisor, systemd
from .model import Check, CheckFailedError, CheckFunction, Context

KINDS: dict[str, CheckFunction] = {
    "backup_age": backups.backup_age,
    "backup_result": backups.backup_result,
    "command": systemd.command,
    "directory": files.directory,
    "front_page": pages.front_page,
    "gunicorn_processes": processes.gunicorn_processes,
    "job_round_trip": jobs.job_round_trip,
    "jobs_waiting": jobs.jobs_waiting,
    "listening": sockets.listening,
    "login_round_trip": app.login_round_trip,
    "loopback_only": sockets.loopback_only,
    "model_answers": models.model_answers,
    "ready": app.ready,
    "release_served": app.release_served,
    "status": pages.status,
    "supervisor_program": supervisor.supervisor_program,
    "systemd_service": systemd.systemd_service,
    "systemd_timers": systemd.systemd_timers,
    "walkable": files.walkable,
}
LOOK_EVERY = 0.25
AT_ONCE = 4  # checks mostly wait for others; more at once would only make their times say less


class BadCheckError(Exception):
    """A check as data is not one: the message names which, and what is wrong."""


def prepare(described: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Validates the whole table before anything is looked at; without the rows of what is not there.

    Raises BadCheckError.
    """
    checks: list[Check] = []
    for raw in described:
        name = str(raw["id"])
        if any(name == check.id for check in checks):
            raise BadCheckError(f"check {name}: this id is there twice")
        function = KINDS.get(str(raw["kind"]))
        if function is None:
            raise BadCheckError(f"check {name}: unknown kind {raw['kind']!r}, there are: {', '.join(sorted(KINDS))}")
        arguments = _arguments(name, str(raw["kind"]), function, raw.get("with") or {})
        if Path(raw.get("only_where") or "/").exists():
            words = (str(raw["hop"]), str(raw["check"]), str(raw.get("fix") or ""))
            checks.append(Check(name, *words, function, arguments))
    return checks


def _arguments(name: str, kind: str, function: CheckFunction, given: Mapping[str, Any]) -> dict[str, Any]:
    where = f"check {name} (kind {kind})"
    takes = {key: value for key, value in inspect.signature(function).parameters.items() if key != "context"}
    if unknown := sorted(set(given) - set(takes)):
        raise BadCheckError(f"{where}: unknown argument {', '.join(unknown)}; it takes {', '.join(takes)}")
    # null means "not given", so that a template can leave an argument out.
    present = {key: value for key, value in given.items() if value is not None}
    required = [key for key, parameter in takes.items() if parameter.default is parameter.empty]
    if missing := [key for key in required if key not in present]:
        raise BadCheckError(f"{where}: missing argument {', '.join(missing)}")
    types = get_type_hints(function)
    return {key: _converted(f"{where}: argument {key}", value, types[key]) for key, value in present.items()}


def _converted(where: str, value: Any, wanted: Any) -> Any:
    if wanted is str and isinstance(value, str):
        return str(value)
    if wanted is int:
        # A template may hand a number over as text.
        if isinstance(value, str) and value.isdigit():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return int(value)
    if wanted in (list[str], list[int]) and isinstance(value, (list, tuple)):
        inner = str if wanted == list[str] else int
        return [_converted(where, item, inner) for item in value]
    words = {str: "text", int: "a whole number", list[str]: "a list of texts", list[int]: "a list of whole numbers"}
    raise BadCheckError(f"{where} must be {words[wanted]}, not {value!r}")


def run(context: Context, checks: Sequence[Check]) -> list[dict[str, Any]]:
    """The rows, in the order of the checks. A check that breaks becomes a failed row, never a passed one."""
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(partial(_row, context), checks))


def run_steadily(context: Context, checks: Sequence[Check], wait: float, settle: float) -> list[dict[str, Any]]:
    """The rows, once the first has passed (or after `wait` seconds), and only if it still does `settle` seconds later.

    The whole table is not repeated while it waits: a log-in that fails again and again would lock its account.
    """

    def first_fails() -> bool:
        return not _row(context, checks[0])["ok"]

    started = time.monotonic()
    while time.monotonic() < started + wait and first_fails():
        time.sleep(LOOK_EVERY)
    settled = time.monotonic() + settle
    rows = run(context, checks)
    while settle and all(row["ok"] for row in rows) and time.monotonic() < settled:
        time.sleep(LOOK_EVERY)
        if first_fails():
            lost = {"ok": False, "cause": f"it passed, and within {settle:g} s it no longer did: it does not stay up"}
            rows[0] |= lost | {"observed": "up, then gone"}
    return rows


def _row(context: Context, check: Check) -> dict[str, Any]:
    started = time.monotonic()
    row: dict[str, Any] = {"id": check.id, "hop": check.hop, "check": check.check}
    try:
        seen = check.function(context, **check.arguments)
        row |= {
            "expected": seen.expected,
            "observed": seen.observed,
            "ok": seen.ok,
            "cause": seen.cause,
            "fix": seen.fix,
        }
    except CheckFailedError as stop:
        row |= {"expected": check.check, "observed": stop.observed, "ok": False, "cause": stop.cause, "fix": stop.fix}
    except Exception as error:  # whatever breaks: the table must be whole, and the row must not pass
        reason = f"the check itself broke: {type(error).__name__}: {error}"
        row |= {"expected": check.check, "observed": "not looked at", "ok": False, "cause": reason, "fix": ""}
    if not row["ok"]:
        row["fix"] = row["fix"] or check.fix
    row["ms"] = round((time.monotonic() - started) * 1000, 1)
    return {key: row[key] for key in ("id", "hop", "check", "expected", "observed", "ok", "ms", "cause", "fix")}


def summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line for a person."""
    failed = [str(row["id"]) for row in rows if not row["ok"]]
    if failed:
        return f"{len(failed)} of {len(rows)} link checks failed: {', '.join(failed)}"
    return f"{len(rows)} of {len(rows)} link checks passed"
