"""Readiness, and the last link-check report."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Literal

from loguru import logger
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import Database
from app.core.migrations import is_ahead
from app.core.write_queue import WriteQueueTimeoutError
from app.system.health import repository
from app.system.health.errors import link_check_not_run
from app.system.health.schemas import LinkCheckReport, ReadinessCheck

CHECK_SECONDS = 3.0


async def readiness(database: Database, heads: frozenset[str]) -> list[ReadinessCheck]:
    async def reads_and_may_write() -> str:
        async with database.work() as work:
            async with work.reading() as session:
                await repository.read_something(session)
            await work.writing()
        return "read, and took the write lock"

    async def at_head() -> str:
        async with database.work() as work, work.reading() as session:
            current = await repository.current_revisions(session)
        if is_ahead(current, heads):
            return f"at {_named(current)}, made by a later release"
        if current != heads:
            raise LookupError(f"at {_named(current)}, this release needs {_named(heads)}")
        return f"at {_named(current)}"

    return [await _check("database", reads_and_may_write), await _check("migrations", at_head)]


def _named(revisions: frozenset[str]) -> str:
    return ", ".join(sorted(revisions)) or "no revision"


async def _check(name: Literal["database", "migrations"], ask: Callable[[], Awaitable[str]]) -> ReadinessCheck:
    started = perf_counter()
    ok = False
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            detail = await ask()
        ok = True
    except LookupError as error:
        detail = str(error)
    except (TimeoutError, WriteQueueTimeoutError):
        detail = f"no answer within {CHECK_SECONDS:g} s"
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        # The words of the driver go to the log; they may hold paths, and anyone may ask this route.
        logger.error("Readiness check {} failed: {}", name, error)
        detail = f"failed: {type(error).__name__}, see the error log"
    return ReadinessCheck(name=name, ok=ok, detail=detail, ms=round((perf_counter() - started) * 1000, 2))


async def last_link_check(report: Path) -> LinkCheckReport:
    try:
        content = await asyncio.to_thread(report.read_bytes)
    except FileNotFoundError:
        raise link_check_not_run() from None
    return LinkCheckReport.model_validate_json(content)
