"""The worker: the one process that carries out jobs. `python -m app worker run` starts it."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from contextlib import suppress

import uvloop
from loguru import logger

from app import ports, sheets, tables, tasks
from app.core.database import Database
from app.core.databases import provider_of
from app.core.databases.port import Hold
from app.core.logs import configure_logging
from app.core.niceness import Niceness
from app.core.release import read_release
from app.core.settings import Settings
from app.iam.menus import rights
from app.jobs.engine.chores import Chores
from app.jobs.engine.durable import Durable
from app.jobs.engine.runner import Runner
from app.jobs.engine.scribe import Scribe
from app.system.parameters.service import CachedParameters

PATIENCE = 30.0
READERS = 8
ENDING_SECONDS = 0.2  # the process ends with it, and by then every job has been left or has ended
REQUIRED = (ports, rights, sheets, tables, tasks)  # imported for what they declare


async def work(settings: Settings, loading: Niceness) -> None:
    """Carry out jobs until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    hold = await provider_of(settings).sole_worker(stopping)
    if hold is None:
        return
    try:
        await _work(settings, hold, stopping, loading)
    finally:
        await hold.let_go()


async def _work(settings: Settings, hold: Hold, stopping: asyncio.Event, loading: Niceness) -> None:
    release = read_release(settings.manifest).id
    host, pid = socket.gethostname(), os.getpid()
    name = f"{host[:40]}-{pid}-{secrets.token_hex(3)}"
    database = Database(settings, patience=PATIENCE, readers=READERS)
    parameters = CachedParameters(database)
    scribe = Scribe(database, name)
    durable = Durable(settings)
    runner = Runner(database, parameters, durable, scribe, name, release)
    chores = Chores(database, parameters, durable, {"name": name, "release": release, "host": host, "pid": pid})
    await runner.adopt()
    durable.launch(runner.carry_out)
    await chores.beat()
    loading.end()
    logger.info("Worker {} of release {} is at work", name, release)
    beside = [asyncio.create_task(each) for each in (scribe.run(), chores.run(), hold.watch(), database.tend())]
    running = asyncio.create_task(runner.run(stopping))
    try:
        # None of them ends by itself: one that fails ends the worker, and its supervisor starts another.
        done, _ = await asyncio.wait({running, *beside}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        logger.info("Asked to stop: no more jobs are taken")
        with suppress(TimeoutError):
            async with asyncio.timeout(settings.worker_grace_seconds):
                await runner.idle.wait()
        await runner.leave()
        await scribe.flush()
        await chores.sign_off()
    finally:
        for task in beside:
            task.cancel()
        await durable.stop(ENDING_SECONDS)
        await database.close()
    logger.info("Worker {} has stopped", name)


def run(settings: Settings, loading: Niceness) -> None:
    """`loading` has begun, and ends when it is at work."""
    configure_logging(settings, name="worker")
    # As uvicorn's: reading a model's tokens costs half of what it costs in asyncio's own loop.
    uvloop.run(work(settings, loading))
    # Threads of a task that did not heed its cancelling must not keep the process.
    logger.complete()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
