"""Releases for the tests: copies of this project that are the same in nothing but what the test is about."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from tests.provision.conftest import load_plugin

PARTS = ["app", "requirements", "web/dist", "pyproject.toml"]

# Goes below app/main.py: answers that no product has, and the place where a release is broken.
DOOR = """

import asyncio as _asyncio
from pathlib import Path as _Path

_make = __getattr__


def _is_live() -> bool:
    return _Path("/srv/groundwork/current").resolve() == _Path(__file__).resolve().parents[1]


async def _say(send, status, body=b"{{}}"):
    await send({{"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}})
    await send({{"type": "http.response.body", "body": body}})


class _Door:  # it has the app's state and all else, so that it is rehearsed before the first request as an app is
    def __init__(self, behind):
        self._behind = behind

    def __getattr__(self, name):
        return getattr(self._behind, name)

    async def __call__(self, scope, receive, send):
        path = scope.get("path", "")
        if path.startswith("/api/v1/slow/"):
            await send({{"type": "http.response.start", "status": 200, "headers": [(b"x-accel-buffering", b"no")]}})
            for _ in range(int(path.rpartition("/")[2])):
                await send({{"type": "http.response.body", "body": b"x", "more_body": True}})
                await _asyncio.sleep(1)
            await send({{"type": "http.response.body", "body": b"end"}})
            return
        if path == "/api/v1/slow-post":
            size, more = 0, True
            while more:
                message = await receive()
                size, more = size + len(message.get("body", b"")), message.get("more_body", False)
            return await _say(send, 200, str(size).encode())
        {fault}
        await self._behind(scope, receive, send)


def __getattr__(name):
    return _Door(_make(name))
"""
MIGRATION = '''"""Half of it, then an error."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("half_way", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO half_way (id) VALUES (1)")
    {then}
'''


class Builder:
    """Makes artifacts. The web build is the one that is there; only the back end differs."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "source"
        for part in PARTS:
            (self.source / part).parent.mkdir(parents=True, exist_ok=True)
            if (project / part).is_dir():
                shutil.copytree(project / part, self.source / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(project / part, self.source / part)
        self.artifacts = load_plugin("modules", "release_artifact")
        versions = sorted(file.name[:4] for file in (self.source / "app/migrations/versions").glob("[0-9]*.py"))
        self.head = versions[-1]

    def build(self, name: str, fault: str = "pass", files: dict[str, str] | None = None) -> tuple[Path, str]:
        """Build a release; `fault` runs in each request, `files` go over the project's. Returns file and id."""
        main = (self.source / "app/main.py").read_text(encoding="utf-8")
        door = DOOR.format(fault=fault.replace("\n", "\n        "))
        written = {
            "app/main.py": f"{main}{door}\nTEST_RELEASE = {name!r}\n",
            f"web/dist/assets/Lazy-{name}.js": f"// lazy chunk of {name}\n",
            **(files or {}),
        }
        before: dict[Path, bytes | None] = {}
        for path, text in written.items():
            file = self.source / path
            before[file] = file.read_bytes() if file.exists() else None
            file.write_text(text, encoding="utf-8")
        try:
            time.sleep(1.05)  # ids are told apart by the second
            built: dict[str, Any] = self.artifacts.build(self.source, self.folder / "artifacts", check=False)
        finally:
            for file, content in before.items():
                file.unlink() if content is None else file.write_bytes(content)
        return Path(built["path"]), str(built["manifest"]["id"])

    def main_with(self, code: str) -> dict[str, str]:
        """app/main.py with code of its own at its end."""
        return {"app/main.py": (self.source / "app/main.py").read_text(encoding="utf-8") + code}

    def migration(self, then: str) -> dict[str, str]:
        """A next migration that makes a table with a row, and then does something."""
        revision = f"{int(self.head) + 1:04d}"
        text = MIGRATION.format(revision=revision, head=self.head, then=then)
        return {f"app/migrations/versions/{revision}_half_way.py": text}
