"""An installation with rows of every kind, and a new one beside it."""

from __future__ import annotations

import asyncio
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.chat.conversations.models import Conversation, Message
from app.chat.providers.models import ChatProvider
from app.cli import cli, data
from app.core.database import Database
from app.core.secret_box import SecretBox
from app.core.settings import Settings
from app.iam.account.models import Avatar
from app.iam.menus.models import Menu
from app.iam.roles.models import Role, RoleMenu, UserRole
from app.iam.users.models import User
from app.images.gallery.models import Picture
from app.images.providers.models import ImageProvider
from app.jobs.models import Job, JobEvent
from app.system.operation_log.models import OperationRecord
from tests.app.harness import make_settings

TEXTS = [
    "",
    "\\N",
    "\\",
    "NULL",
    "=1+1",
    'a "quoted", text',
    "two\r\nlines\n",
    "\r",
    "\t",
    "中文 😀",
    " spaces ",
    "nul \0",
]
Run = Callable[..., Result]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Run:
    """`at(settings, "export", path)`: the command line of an installation."""

    def run(settings: Settings, *arguments: object) -> Result:
        monkeypatch.setattr(data, "get_settings", lambda: settings)
        return CliRunner().invoke(cli, ["data", *map(str, arguments)])

    return run


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    """Another machine, with nothing on it yet and a secret key of its own."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return make_settings(folder, secret_key="another-secret-key-of-more-than-32-characters")


async def fill(settings: Settings, password_hash: str) -> None:
    """Rows with whatever a column can hold; also what refers to a later row of its own table."""
    database = Database(settings)
    async with database.work() as work:
        session = await work.writing()
        users = [User(username=f"user{n}", display_name=f"=U{n}", password_hash=password_hash) for n in range(3)]
        session.add_all(users)
        await session.flush()
        users[0].creator_id = users[2].id  # a later row
        users[1].email, users[1].last_login_at = "", datetime(2026, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)
        users[2].is_deleted = True
        owner = users[0].id
        role = Role(code="r", name="R")
        sealed = SecretBox.of(settings, "chat_provider.key").seal("sk-secret")
        provider = ChatProvider(name="P", kind="openai", base_url="http://x", sealed_key=sealed)
        session.add_all([role, provider, ImageProvider(name="I", kind="builtin", sizes=["1x1"], known_models=[])])
        await session.flush()
        menu = Menu(kind="page", name="m", path="/m", title="M")
        session.add(menu)
        await session.flush()
        session.add_all([UserRole(user_id=owner, role_id=role.id), RoleMenu(role_id=role.id, menu_id=menu.id)])
        session.add(Avatar(key="a" * 32, user_id=owner, content=bytes(range(256))))
        talk = Conversation(user_id=owner, title="T", provider_id=provider.id, temperature=0.1 + 0.2)
        session.add(talk)
        await session.flush()
        parent = None
        for text in TEXTS:
            message = Message(conversation_id=talk.id, user_id=owner, parent_id=parent, role="user", content=text)
            message.thinking = None if text == "" else text
            message.error = {"said": text, "n": [1, 2.5, None, True]}
            session.add(message)
            await session.flush()
            parent = message.id
        removed = Job(kind="images.sweep", queue="system", payload={}, user_id=owner)
        session.add_all(
            [Job(kind="images.sweep", queue="system", payload={"a": None}, rank=-3, progress=1e-9), removed]
        )
        await session.flush()
        session.add(JobEvent(job_id=removed.id - 1, name="state", data={"x": "\\N"}))
        await session.delete(removed)  # its id must not be given again
        picture = Picture(
            creator_id=owner,
            job_id=1,
            number=0,
            prompt="湖",
            provider_name="I",
            model="m",
            width=1,
            height=2,
            seed=2**53,
            file_key="b" * 32,
            content_type="image/png",
            bytes=3,
            disk_bytes=2**40,
        )
        log = OperationRecord(
            username="u",
            action="a",
            resource="r",
            method="POST",
            path="/",
            outcome="success",
            status=200,
            duration_ms=1,
            client_network="::1",
            request_id="x" * 16,
            changes=[{"before": "\\N", "after": None}],
        )
        session.add_all([picture, log])
    await database.close()
    picture_file = settings.output_path / "bb" / f"{'b' * 32}.png"
    picture_file.parent.mkdir(parents=True)
    picture_file.write_bytes(b"png")
    (settings.output_path / "zips").mkdir()
    (settings.output_path / "zips" / "x.zip").write_bytes(b"left out")


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, template_database: Path) -> Path:
    """An export of all that, with files; made once."""
    folder = tmp_path_factory.mktemp("exported")
    settings = make_settings(folder)
    shutil.copyfile(template_database, settings.database_path)
    asyncio.run(fill(settings, "a hash"))
    asyncio.run(data._export(settings, folder / "all.zip", files=True))
    return folder / "all.zip"


@pytest.fixture
def filled(settings: Settings, password_hash: str) -> Settings:
    asyncio.run(fill(settings, password_hash))
    return settings


def manifest_of(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        found: dict[str, object] = json.loads(archive.read("manifest.json"))
    return found
