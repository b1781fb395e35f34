"""DBOS behind a small port: it remembers which jobs were begun and which of their steps are done.

The job table says what is to be done and how it ended; this only makes sure that what was begun is taken up again
after a crash (docs/decisions/0080). Imported by the worker and by `db upgrade` only.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar, cast

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from app.core.databases import provider_of
from app.core.settings import Settings
from app.jobs.engine.port import CarryOut
from app.jobs.errors import JobError

T = TypeVar("T")
# The same in every release and on every start, or what an earlier one left is not taken up.
VERSION, EXECUTOR = "1", "worker"
THREADS = 32
FORGOTTEN_AT_ONCE = 500
_carry_out: CarryOut | None = None


def migrate(settings: Settings) -> None:
    """Make or change the engine's own tables in the app's database."""
    logging.getLogger("dbos").setLevel(logging.ERROR)
    DBOS.migrate(provider_of(settings).jobs_url())


@DBOS.workflow(name="job", max_recovery_attempts=None)
async def _job(job_id: int) -> None:
    if _carry_out is None:
        raise asyncio.CancelledError  # not launched by us: left for whoever is
    await _carry_out(job_id)


class Durable:
    """The `Engine`. One a process, as DBOS is; launched in the event loop that the jobs are to run in."""

    def __init__(self, settings: Settings) -> None:
        provider = provider_of(settings)
        self._url, self._engine = provider.jobs_url(), provider.jobs()
        self._is_launched = False

    def launch(self, carry_out: CarryOut) -> None:
        global _carry_out
        _carry_out = carry_out
        config: DBOSConfig = {
            "name": "jobs",
            "system_database_url": self._url,
            "system_database_engine": self._engine,
            "run_migrations": False,
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "serializer": DBOSPortableJSONSerializer(),
            "max_executor_threads": THREADS,
            "enable_otlp": False,
            "log_level": "ERROR",
        }
        DBOS(config=config)
        DBOS.launch()
        self._is_launched = True

    async def start(self, job_id: int) -> None:
        with SetWorkflowID(f"job-{job_id}"):
            await DBOS.start_workflow_async(_job, job_id)

    async def step(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        async def recorded() -> dict[str, Any]:
            try:
                # As it would come back after a crash, so that nobody relies on more.
                return {"value": json.loads(json.dumps(await call(), allow_nan=False))}
            except JobError as error:
                return {"error": {"code": error.code, "message": error.message, "details": error.details}}

        found = await DBOS.run_step_async({"name": name}, recorded)
        if "error" in found:
            error = found["error"]
            raise JobError(error["code"], error["message"], details=error["details"])
        return cast(T, found["value"])

    async def forget(self, before: datetime) -> int:
        ended = await DBOS.list_workflows_async(
            status=["SUCCESS", "ERROR"],
            end_time=before.isoformat(),
            limit=FORGOTTEN_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            await DBOS.delete_workflows_async([workflow.workflow_id for workflow in ended])
        return len(ended)

    async def stop(self, seconds: float = 2) -> None:
        if self._is_launched:
            self._is_launched = False
            loop, ended = asyncio.get_running_loop(), asyncio.Event()

            def end() -> None:
                DBOS.destroy()
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    loop.call_soon_threadsafe(ended.set)

            # In a thread of its own: those of the loop are waited for when it closes, however little is waited here.
            threading.Thread(target=end, name="dbos-end", daemon=True).start()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await ended.wait()
        self._engine.dispose()
