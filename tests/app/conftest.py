"""A database built by alembic for each test, the app on it, and people to ask it."""

import gc
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli.database import upgrade_to_head
from app.core.database import Database
from app.core.databases.sqlite import Sqlite
from app.core.passwords import Passwords
from app.core.settings import Settings
from app.iam.sessions.router import COOKIE_PATH, cookie_name
from app.iam.sessions.service import Caller
from app.iam.users.models import User
from tests.app.harness import (
    ADDRESS,
    DATABASE,
    PASSWORD,
    AddUser,
    Person,
    SignInAs,
    a_user,
    client_of,
    log_in,
    make_settings,
    served,
)
from tests.app.postgres import TEMPLATE, Postgres


@pytest.fixture(autouse=True, scope="session")
def no_settings_from_outside() -> Iterator[None]:
    """Whoever runs the tests may have settings of a running product in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("APP_")]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True, scope="session")
def few_collections() -> None:
    """What is imported and built stays: each collection of the garbage would walk through all of it again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def statements_compiled_once() -> Iterator[None]:
    """A product has two engines for years, the tests two each: SQLite's share one dialect and what it compiled."""
    make_engine = Sqlite._engine
    shared: list[tuple[Any, Any]] = []

    def make(provider: Sqlite, *options: Any, **more: Any) -> AsyncEngine:
        engine = make_engine(provider, *options, **more)
        sync = engine.sync_engine
        if not shared:
            shared.append((sync.dialect, sync._compiled_cache))
        sync.dialect, sync._compiled_cache = shared[0]
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sqlite, "_engine", make)
        yield


@pytest.fixture(scope="session")
def template_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = make_settings(tmp_path_factory.mktemp("template"))
    upgrade_to_head(settings)
    return settings.database_path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres()
    try:
        server.start()
        upgrade_to_head(make_settings(tmp_path_factory.mktemp("postgres"), database_url=server.create(TEMPLATE)))
        yield server
    finally:
        server.remove()


@pytest.fixture
def database_kind() -> str:
    """What the test runs on; some folders have it on both."""
    return DATABASE


@pytest.fixture
def database_url(tmp_path: Path, database_kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Of a new database at head. A test that is about one kind is marked with it."""
    about = {kind for kind in ("sqlite", "postgresql") if request.node.get_closest_marker(kind)}
    if about and database_kind not in about:
        pytest.skip(f"it is not about {database_kind}")
    if database_kind == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        with server.database() as url:
            yield url
    else:
        shutil.copyfile(request.getfixturevalue("template_database"), tmp_path / "test.db")
        yield f"sqlite+aiosqlite:///{tmp_path}/test.db"


@pytest.fixture(scope="session")
def new_settings(request: pytest.FixtureRequest) -> Callable[..., Settings]:
    """With a database at head, for what lives longer than a test: `new_settings(folder, ...)`."""

    def make(folder: Path, **changes: object) -> Settings:
        if DATABASE == "postgresql":
            server: Postgres = request.getfixturevalue("postgres")
            return make_settings(folder, database_url=server.create(f"of_{folder.name}", TEMPLATE), **changes)
        settings = make_settings(folder, **changes)
        shutil.copyfile(request.getfixturevalue("template_database"), settings.database_path)
        return settings

    return make


@pytest.fixture(autouse=True, scope="session")
def cheap_hashes() -> Iterator[None]:
    """Argon2 at its lowest effort: what is proven here does not depend on the price of a hash."""
    lowest = partial(Argon2Hasher, time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.core.passwords.Argon2Hasher", lowest)
        yield


@pytest.fixture(scope="session")
def password_hash(cheap_hashes: None) -> str:
    return Passwords().hash(PASSWORD)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return make_settings(tmp_path, database_url=database_url)


@pytest.fixture
async def app(settings: Settings, cheap_hashes: None) -> AsyncIterator[FastAPI]:
    async with served(settings) as app:
        yield app


@pytest.fixture
def database(app: FastAPI) -> Database:
    database: Database = app.state.database
    return database


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
def add_user(database: Database, password_hash: str) -> AddUser:
    async def add(username: str = "ada", **columns: object) -> User:
        user = a_user(username, password_hash, **columns)
        async with database.work() as work:
            (await work.writing()).add(user)
        return user

    return add


@pytest.fixture
def sign_in_as(app: FastAPI, client: httpx.AsyncClient, database: Database, password_hash: str) -> SignInAs:
    """Somebody new with a session and its cookie, as after a log-in: that one has tests of its own (`log_in`)."""

    async def sign_in(username: str = "ada", **columns: object) -> Person:
        async with database.work() as work:
            session = await work.writing()
            user = a_user(username, password_hash, **columns)
            session.add(user)
            await session.flush()
            signed_in = await app.state.sign_in.open_session(session, user, Caller(ADDRESS, "tests"), remember=False)
        cookie = cookie_name(app.state.settings)
        client.cookies.set(cookie, signed_in.refresh_token, domain="groundwork.test", path=COOKIE_PATH)
        return Person(user, client, signed_in.access_token)

    return sign_in


@pytest.fixture
def log_in_as(client: httpx.AsyncClient, add_user: AddUser) -> SignInAs:
    """The same by the form, which leaves a row in the log of log-ins."""

    async def by_form(username: str = "ada", **columns: object) -> Person:
        user = await add_user(username, **columns)
        answer = await log_in(client, username)
        assert answer.status_code == 200, answer.text
        return Person(user, client, answer.json()["access_token"])

    return by_form
