"""The app with a mail server and robots to talk to, people, and a worker in the test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.core.database import Database
from app.jobs import Job
from app.notify.channels.models import Channel
from app.notify.channels.service import service as channel_service
from app.notify.models import OutboxMessage
from tests.app.harness import Person, SignInAs
from tests.app.iam.conftest import Holder, holder
from tests.app.images.studio import Studio
from tests.app.mail_fixtures import settings, smtp
from tests.simulators import robots
from tests.simulators.serving import serving

__all__ = ["Holder", "holder", "settings", "smtp"]  # fixtures of theirs

URLS = {
    "dingtalk": f"{robots.DINGTALK}?access_token={robots.TOKEN}",
    "feishu": f"{robots.FEISHU}{robots.TOKEN}",
    "wecom": f"{robots.WECOM}?key={robots.TOKEN}",
    "generic": robots.GENERIC,
}
AddChannel = Callable[..., Awaitable[Channel]]


@pytest.fixture
async def admin(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("grace", is_administrator=True, email="grace@example.test")


@pytest.fixture
async def robot() -> AsyncIterator[tuple[str, robots.Group]]:
    """Address and memory of a server with every kind of robot."""
    app = robots.make_app()
    async with serving(app) as address:
        yield address, app[robots.GROUP]


@pytest.fixture
def group(robot: tuple[str, robots.Group]) -> robots.Group:
    return robot[1]


@pytest.fixture
def add_channel(database: Database, robot: tuple[str, robots.Group]) -> AddChannel:
    """A channel of a kind at the robots', who are on this machine."""

    async def add(kind: str, **columns: Any) -> Channel:
        values = {"name": f"Ops {kind}", "kind": kind, "allow_private": True, "locale": "en"}
        if kind != "email":
            values |= {"url": robot[0] + URLS[kind], "secret": robots.SECRET}
        async with database.work() as work:
            return await channel_service.create(await work.writing(), {**values, "all_alerts": True, **columns})

    return add


@pytest.fixture
async def studio(app: FastAPI) -> Studio:
    return Studio(app)


@asynccontextmanager
async def working(studio: Studio) -> AsyncIterator[None]:
    """Carries out deliveries as they come."""

    async def work() -> None:
        while True:
            await studio.run_all("notify.deliver")
            await asyncio.sleep(0.02)

    running = asyncio.create_task(work())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})


@pytest.fixture
async def worker(studio: Studio) -> AsyncIterator[None]:
    async with working(studio):
        yield


async def rows(database: Database) -> list[OutboxMessage]:
    async with database.work() as work, work.reading() as session:
        return list((await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))).all())


async def jobs(database: Database) -> list[Job]:
    async with database.work() as work, work.reading() as session:
        return list((await session.scalars(select(Job).order_by(Job.id))).all())
