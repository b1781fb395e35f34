"""Tasks that tests have done, and what they leave behind to be counted."""

import asyncio
import contextlib
import json
import time
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Body
from app.jobs import Job, JobContext, JobError, task

STARTED: dict[int, int] = {}
CLEANED: list[int] = []
ENDED: list[tuple[int, str]] = []


class Steps(Body):
    """`seconds` each; every step that is done leaves a line in `folder`."""

    folder: str
    steps: int = Field(ge=1)
    seconds: float = Field(ge=0)


class Sleep(Body):
    seconds: float = 60


class Nothing(Body):
    words: str = ""


async def _note(session: AsyncSession, job: Job) -> None:
    ENDED.append((job.id, job.state))


def _leave(context: JobContext, payload: Steps, what: str, number: int) -> None:
    with (Path(payload.folder) / f"{context.job_id}.jsonl").open("a") as file:
        file.write(json.dumps([what, number, context.attempt]) + "\n")


async def _step(context: JobContext, payload: Steps, number: int) -> int:
    _leave(context, payload, "ran", number)
    await asyncio.sleep(payload.seconds)
    return number * number


@task("test.steps", payload=Steps, queue="system", time_limit=60)
async def steps(context: JobContext, payload: Steps) -> dict[str, Any]:
    total = 0
    for number in range(payload.steps):
        total += await context.step(f"step {number}", _step, context, payload, number)
        _leave(context, payload, "finished", number)
        await context.emit("piece", {"number": number})
        await context.progress((number + 1) / payload.steps, f"{number + 1} of {payload.steps}")
    return {"total": total}


@task("test.sleep", payload=Sleep, queue="system", time_limit=60, on_end=_note, schedulable="Sleeps.")
async def sleep(context: JobContext, payload: Sleep) -> None:
    STARTED[context.job_id] = context.attempt
    try:
        await asyncio.sleep(payload.seconds)
    finally:
        CLEANED.append(context.job_id)


@task("test.hasty", payload=Sleep, queue="system", time_limit=0.2, on_end=_note)
async def hasty(context: JobContext, payload: Sleep) -> None:
    await asyncio.sleep(payload.seconds)


@task("test.refuses", payload=Nothing, queue="system", on_end=_note, schedulable="Fails.")
async def refuses(context: JobContext, payload: Nothing) -> None:
    raise JobError("model_unreachable", payload.words, details={"where": "here"})


@task("test.breaks", payload=Nothing, queue="system")
async def breaks(context: JobContext, payload: Nothing) -> None:
    raise RuntimeError("a secret of the inside")


@task("test.unkept", payload=Nothing, queue="system")
async def unkept(context: JobContext, payload: Nothing) -> dict[str, Any]:
    return {"not": object()}


@task("test.cancels_itself", payload=Nothing, queue="system")
async def cancels_itself(context: JobContext, payload: Nothing) -> None:
    raise asyncio.CancelledError


@task("test.for_administrators", payload=Sleep, queue="system", user_may_cancel=False, retryable=False)
async def for_administrators(context: JobContext, payload: Sleep) -> None:
    await asyncio.sleep(payload.seconds)


@task("test.joined", payload=Nothing, queue="system")
async def joined(context: JobContext, payload: Nothing) -> None:
    for character in payload.words:
        await context.emit("delta", {"text": character}, joined=True)
    await context.emit("usage", {"prompt": 1})
    await context.emit("delta", {"text": "."}, joined=True)


@task("test.image", payload=Sleep, queue="images")
async def image(context: JobContext, payload: Sleep) -> None:
    STARTED[context.job_id] = len(STARTED)
    await asyncio.sleep(payload.seconds)


@task("test.deaf", payload=Sleep, queue="system")
async def deaf(context: JobContext, payload: Sleep) -> None:
    ends = asyncio.get_running_loop().time() + payload.seconds
    while asyncio.get_running_loop().time() < ends:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.1)


@task("test.many", payload=Nothing, queue="system")
async def many(context: JobContext, payload: Nothing) -> None:
    for character in payload.words:
        await context.emit("delta", {"text": character})


class Chatter(Body):
    seconds: float
    pause: float


@task("test.chatter", payload=Chatter, queue="chat")
async def chatter(context: JobContext, payload: Chatter) -> None:
    """Says the time, as a model says words."""
    ends = time.time() + payload.seconds
    while time.time() < ends:
        await context.emit("delta", {"text": f"{time.time():.4f} "}, joined=True)
        await asyncio.sleep(payload.pause)


class Arguments(Body):
    """One of each that a form can show."""

    words: str = Field(max_length=20, description="Some words.")
    number: int = Field(3, ge=1, le=9)
    share: float | None = None
    is_loud: bool = False
    colour: Literal["red", "blue"] = "red"
    sizes: list[Literal["s", "m"]] = Field(default=["s"], min_length=1)
    notes: list[str] = Field(default=[], max_length=3)


@task("test.arguments", payload=Arguments, queue="system", schedulable="Gives back what it is given.")
async def arguments(context: JobContext, payload: Arguments) -> dict[str, Any]:
    return payload.model_dump()


def _failed(job: Job) -> bool:
    return job.state == "failed"


@task("test.picky", payload=Nothing, queue="system", on_end=_note, on_end_of=_failed)
async def picky(_: JobContext, payload: Nothing) -> None:
    if payload.words:
        raise JobError("picky", payload.words)
