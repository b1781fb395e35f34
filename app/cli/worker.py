"""`worker`: the process that carries out jobs."""

import asyncio

import typer

from app.core.database import Database
from app.core.niceness import GIVING_WAY, Niceness
from app.core.settings import Settings, get_settings
from app.jobs.queues import service
from app.jobs.queues.schemas import Queues

cli = typer.Typer(no_args_is_help=True, help="The worker that carries out jobs.")


@cli.command()
def run() -> None:
    """Carry out jobs until asked to stop (SIGTERM). A second worker waits until the first has ended."""
    loading = Niceness(GIVING_WAY)
    loading.begin()
    from app.worker import run as run_worker  # large: only this command needs it

    run_worker(get_settings(), loading)


async def _overview(settings: Settings) -> Queues:
    database = Database(settings)
    try:
        async with database.work() as work, work.reading() as session:
            return await service.overview(session, settings)
    finally:
        await database.close()


@cli.command()
def status(*, json: bool = typer.Option(False, help="As JSON.")) -> None:
    """What waits and runs, and who works on it. Exit 1 when no worker is alive."""
    found = asyncio.run(_overview(get_settings()))
    if json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        for queue in found.queues:
            oldest = (
                "" if queue.oldest_queued_seconds is None else f", the oldest for {queue.oldest_queued_seconds:.0f} s"
            )
            typer.echo(f"{queue.name}: {queue.queued} waiting{oldest}, {queue.running} of {queue.concurrency} running")
        for worker in found.workers:
            state = "at work" if worker.is_alive else "gone"
            typer.echo(f"worker {worker.name} of release {worker.release}: {state}, last seen {worker.seen_at:%F %T}Z")
    if not any(worker.is_alive for worker in found.workers):
        raise typer.Exit(1)
