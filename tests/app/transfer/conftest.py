"""Somebody who exports and imports, and a worker in the test."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openpyxl import Workbook, load_workbook

from app.jobs import Job
from tests.app.harness import Person, SignInAs
from tests.app.iam.conftest import holder
from tests.app.images.studio import Studio

__all__ = ["holder"]  # a fixture of theirs

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Rows = Sequence[Sequence[Any]]


def workbook(rows: Rows, title: str = "Sheet") -> bytes:
    """As a person would make it: texts that look like formulas are texts."""
    book = Workbook()
    page: Any = book.active
    page.title = title
    for number, row in enumerate(rows, 1):
        for position, value in enumerate(row, 1):
            cell = page.cell(number, position)
            cell.value = value
            if isinstance(value, str) and not value.startswith("#"):
                cell.data_type = "s"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def rows_of(content: bytes, sheet: int = 0) -> list[list[Any]]:
    return [list(row) for row in load_workbook(io.BytesIO(content)).worksheets[sheet].iter_rows(values_only=True)]


@dataclass
class Desk:
    """What one person does with workbooks."""

    person: Person
    studio: Studio

    async def export(self, resource: str, **body: Any) -> tuple[Job, bytes]:
        answer = await self.person.send("POST", "/exports", {"resource": resource, **body})
        assert answer.status_code == 202, answer.text
        job = await self.studio.run(answer.json()["id"])
        assert job.result is not None, job.error_message
        got = await self.person.client.get(job.result["download_url"])
        assert (got.status_code, got.headers["content-type"]) == (200, XLSX)
        return job, got.content

    async def send(self, resource: str, content: bytes, name: str = "file.xlsx", **query: str) -> httpx.Response:
        return await self.person.client.post(
            "/api/v1/imports",
            params={"resource": resource, **query},
            files={"file": (name, content, XLSX)},
            headers=self.person.headers,
        )

    async def check(self, resource: str, content: bytes, **query: str) -> dict[str, Any]:
        """Upload it and look at it; the import as it is then."""
        answer = await self.send(resource, content, **query)
        assert answer.status_code == 202, answer.text
        await self.studio.run(answer.json()["id"])
        return await self.get(answer.json()["import_id"])

    async def get(self, import_id: int) -> dict[str, Any]:
        found: dict[str, Any] = (await self.person.send("GET", f"/imports/{import_id}")).json()
        return found

    async def go_on(self, import_id: int, verb: str) -> dict[str, Any]:
        """Confirm it, or take it back."""
        answer = await self.person.send("POST", f"/imports/{import_id}/{verb}")
        assert answer.status_code == 202, answer.text
        await self.studio.run(answer.json()["id"])
        return await self.get(import_id)

    async def issues(self, import_id: int) -> list[tuple[str | None, str]]:
        answer = await self.person.send("GET", f"/imports/{import_id}/issues?page_size=200")
        return [(item["cell"] or f"row {item['row']}", item["code"]) for item in answer.json()["items"]]

    async def do(self, resource: str, rows: Rows) -> dict[str, Any]:
        """All the way; it must be right."""
        found = await self.check(resource, workbook(rows))
        assert (found["state"], found["error_count"]) == ("checked", 0), await self.issues(found["id"])
        return await self.go_on(found["id"], "confirm")


@pytest.fixture
async def admin(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("grace", is_administrator=True)


@pytest.fixture
def studio(app: FastAPI) -> Studio:
    return Studio(app)


@pytest.fixture
def desk(admin: Person, studio: Studio) -> Desk:
    return Desk(admin, studio)
