"""Fills a scratch database with 100,000 users and 1,000,000 rows of each log, and measures every list of the API.

    nice python bench/lists.py                      about 3 minutes and 1.5 GB of disk
    python bench/lists.py --users 1000 --logs 5000  a short form, to see that it works

Lists, sorts and filters are read from the OpenAPI document, so a new list is measured without a change here: every
sort on the first and on a deep page, every filter on the first. In this process, through the whole app but not the
network. The exit status is not 0 when the 95th percentile of a list is over 200 ms, or a query walks a large table
without an index.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fastapi import FastAPI
from loguru import logger
from sqlalchemy import JSON, Boolean, DateTime, Integer

from app.cli.database import upgrade_to_head
from app.core.passwords import Passwords
from app.iam.users.models import User
from app.main import create_app
from app.tables import metadata
from tests.app.harness import PASSWORD, client_of, log_in, make_settings
from tests.app.plans import recorded

LIMIT_MS = 200.0
DEEP_PAGE = 5_000  # of 20 rows: where counting stops
MOMENT = "strftime('%Y-%m-%d %H:%M:%S.000000', 1760000000 + i * 17, 'unixepoch')"
NETWORK = "printf('203.0.%d.%d', i % 40, i % 250)"
USER = "1 + i % 997"
LOG_NAME = "CASE WHEN i % 3 = 0 THEN 'user7' ELSE 'user' || (i % 5000) END"
# Columns as SQL of `i`, 1 to the number of rows; the others get an empty value of their type.
FILLED: dict[str, dict[str, str]] = {
    "iam_user": {
        "id": "i + 1",
        "username": "'user' || i",
        "display_name": "CASE i % 2 WHEN 0 THEN '用户' ELSE 'Person ' END || i",
        "email": "'user' || i || '@example.org'",
        "password_hash": "'x'",
        "is_active": "i % 10 != 0",
        "created_at": MOMENT,
        "last_login_at": f"CASE i % 4 WHEN 0 THEN NULL ELSE {MOMENT} END",
        "creator_id": USER,
    },
    "iam_session": {
        "id": "printf('%032x', i)",
        "user_id": "i + 1",
        "created_at": MOMENT,
        "refreshed_at": MOMENT,
        "expires_at": "'2099-01-01 00:00:00.000000'",
        "client_network": NETWORK,
        "refresh_id": "printf('%032x', i)",
        "user_agent": "'Mozilla/5.0'",
    },
    "iam_login_log": {
        "created_at": MOMENT,
        "username": LOG_NAME,
        "user_id": USER,
        "outcome": "CASE WHEN i % 50 = 0 THEN 'wrong_password' WHEN i % 9999 = 0 THEN 'limited' ELSE 'success' END",
        "client_network": NETWORK,
        "user_agent": "'Mozilla/5.0'",
    },
    "system_operation_log": {
        "created_at": MOMENT,
        "creator_id": USER,
        "username": LOG_NAME,
        "action": "CASE i % 7 WHEN 0 THEN 'create_user' ELSE 'update_user' END",
        "resource": "CASE i % 3 WHEN 0 THEN 'roles' ELSE 'users' END",
        "resource_id": "CAST(i % 100000 AS TEXT)",
        "method": "'PATCH'",
        "path": "'/api/v1/users/' || i",
        "outcome": "CASE WHEN i % 40 = 0 THEN 'denied' WHEN i % 9999 = 0 THEN 'error' ELSE 'success' END",
        "status": "200",
        "duration_ms": "i % 90",
        "client_network": NETWORK,
        "request_id": "printf('%032x', i)",
    },
    "system_activation_code": {
        "code": "printf('%020d', i)",
        "days": "1 + i % 30",
        "batch": "printf('B%d', i % 100)",
        "is_enabled": "i % 20 != 0",
        "creator_id": USER,
        "redeemer_id": "CASE i % 3 WHEN 0 THEN NULL ELSE i + 1 END",
        "started_at": f"CASE i % 3 WHEN 0 THEN NULL ELSE {MOMENT} END",
        "deadline": f"CASE i % 3 WHEN 0 THEN NULL ELSE {MOMENT} END",
        "created_at": MOMENT,
    },
}
# What to ask of filters that are no enumeration.
VALUES: dict[str, list[str]] = {
    "q": ["user7", "用户99", "zzz", "a"],
    "username": ["user7", "user4999", "nobody"],
    "email": ["user77@example.org"],
    "creator_id": ["7", "999999"],
    "user_id": ["7", "999999"],
    "role_id": ["1"],
    "type_id": ["1"],
    "client_network": ["203.0.7.7", "198.51.100.1"],
    "action": ["update_user", "nothing"],
    "resource": ["users", "nothing"],
    "resource_id": ["77"],
    "request_id": [f"{77:032x}"],
    "batch": ["B7"],
    "created_from": ["1760000000", "1776000000"],
    "created_to": ["1761000000", "2026-01-01T00:00:00Z"],
}


def _empty(column: Any) -> str:
    if isinstance(column.type, Boolean | Integer):
        return "0"
    if isinstance(column.type, JSON):
        return "'[]'"
    return MOMENT if isinstance(getattr(column.type, "impl", None), DateTime) else "''"


def fill(path: Path, counts: dict[str, int]) -> None:
    """Rows made by SQLite itself, with nothing that makes a crash harmless: the database is thrown away."""
    with sqlite3.connect(path) as connection:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;")
        for table, given in FILLED.items():
            columns = dict(given)
            for column in metadata.tables[table].columns:
                needed = not column.nullable and column.server_default is None and not column.primary_key
                if needed and column.name not in columns:
                    columns[column.name] = _empty(column)
            known = {name: made for name, made in columns.items() if name in metadata.tables[table].columns}
            started = time.perf_counter()
            connection.execute(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {counts[table]})"  # noqa: S608 - words of this file
                f" INSERT INTO {table} ({', '.join(known)}) SELECT {', '.join(known.values())} FROM n"
            )
            print(f"{table}: {counts[table]:,} rows in {time.perf_counter() - started:.1f} s")  # noqa: T201
        connection.execute("PRAGMA journal_mode = WAL")


def lists(document: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Path and parameters of every GET route that answers a page."""
    for path, operations in document["paths"].items():
        operation = operations.get("get", {})
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        if {"page", "page_size"} <= names and not path.endswith("/export"):
            yield path, operation["parameters"]


def queries(parameters: list[dict[str, Any]], schemas: dict[str, Any]) -> Iterator[str]:
    for parameter in parameters:
        name, schema = parameter["name"], parameter["schema"]
        kinds = [schemas.get(kind.get("$ref", "").rpartition("/")[2], kind) for kind in schema.get("anyOf", [schema])]
        choices = [str(value) for kind in kinds for value in kind.get("enum", ())]
        if name == "sort":
            for value in choices:
                yield f"sort={value}"
                yield f"sort={value}&page={DEEP_PAGE}"
        elif parameter["in"] == "query" and name not in {"page", "page_size"}:
            if any(kind.get("type") == "boolean" for kind in kinds):
                choices = ["true", "false"]
            for value in choices or VALUES.get(name, ["1"]):
                yield f"{name}={value}"
    if not any(parameter["name"] == "sort" for parameter in parameters):
        yield f"page={DEEP_PAGE}"
    yield "page_size=200"


async def measure(app: FastAPI, repeats: int, clock: Callable[[], float]) -> list[dict[str, Any]]:
    results = []
    schemas = app.openapi()["components"]["schemas"]
    large = set(FILLED)
    async with app.router.lifespan_context(app), client_of(app) as client:
        token = (await log_in(client, "admin")).json()["access_token"]
        for path, parameters in lists(app.openapi()):
            address = path.replace("{id}", "1").replace("{resource}", "users")
            times: dict[str, list[float]] = {}
            plans: list[str] = []
            # The first request of a list pays for what is prepared once.
            await client.get(address, headers={"Authorization": f"Bearer {token}"})
            for query in dict.fromkeys(queries(parameters, schemas)):
                with recorded(app.state.database) as seen:
                    for _ in range(repeats):
                        started = clock()
                        answer = await client.get(f"{address}?{query}", headers={"Authorization": f"Bearer {token}"})
                        times.setdefault(query, []).append((clock() - started) * 1000)
                        if answer.status_code not in (200, 404):
                            raise RuntimeError(f"{address}?{query}: {answer.status_code} {answer.text}")
                seen.found = seen.found[: len(seen.found) // repeats]
                # People are few enough to be searched for a part of a name.
                walked = large - {"iam_user"} if query.startswith("q=") else large
                plans += seen.bad_plans(app.state.settings, walked, may_sort=True)
            results.append(summary(path, times, plans))
    return results


def summary(path: str, times: dict[str, list[float]], plans: list[str]) -> dict[str, Any]:
    every = [ms for of_query in times.values() for ms in of_query]
    slowest = max(times, key=lambda query: median(times[query]))
    return {
        "list": path,
        "queries": len(times),
        "p50_ms": round(median(every), 1),
        "p95_ms": round(quantiles(every, n=20)[-1], 1),
        "slowest": slowest,
        "slowest_p50_ms": round(median(times[slowest]), 1),
        "walks_whole_table": sorted(set(plans)),
    }


async def _administrator(app: FastAPI) -> None:
    async with app.router.lifespan_context(app), app.state.database.work() as work:
        session = await work.writing()
        hashed = Passwords().hash(PASSWORD)
        session.add(User(username="admin", display_name="Admin", password_hash=hashed, is_administrator=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--logs", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cpu", action="store_true", help="measure processor time: for a machine that others use too")
    parser.add_argument("--keep", type=Path, help="folder of a database to fill, or to use if it is filled already")
    parser.add_argument("--output", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    logger.remove()
    with tempfile.TemporaryDirectory(prefix="lists-") as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(exist_ok=True)
        settings = make_settings(folder)
        is_filled = settings.database_path.exists()
        upgrade_to_head(settings)
        app = create_app(settings)
        if not is_filled:
            asyncio.run(_administrator(app))
            fill(settings.database_path, {t: options.logs if t.endswith("_log") else options.users for t in FILLED})
        clock = time.process_time if options.cpu else time.perf_counter
        results = asyncio.run(measure(app, options.repeats, clock))
    bad = 0
    print(f"{'list':44} {'p50':>7} {'p95':>7}  slowest query (p50)")  # noqa: T201
    for row in results:
        wrong = row["p95_ms"] > LIMIT_MS or row["slowest_p50_ms"] > LIMIT_MS or row["walks_whole_table"]
        bad += bool(wrong)
        shown = f"{row['p50_ms']:7.1f} {row['p95_ms']:7.1f}  {row['slowest']} ({row['slowest_p50_ms']})"
        print(f"{row['list']:44} {shown}{'  <-- too slow or without an index' if wrong else ''}")  # noqa: T201
        for plan in row["walks_whole_table"]:
            print(f"    {plan}")  # noqa: T201
    if options.output:
        options.output.write_text(
            json.dumps({"users": options.users, "logs": options.logs, "lists": results}, indent=2)
        )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
