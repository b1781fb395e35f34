"""docs/add-a-resource.md, followed to the letter on a copy of the app."""

import sys
from pathlib import Path

import pytest

from app.core.settings import PROJECT_ROOT
from tests.app.core.doc_page import copy_app, follow, run

PAGE = PROJECT_ROOT / "docs" / "add-a-resource.md"
LONGEST = 60

DRIVE = """
import asyncio, sys
from pathlib import Path
from app.core.passwords import Passwords
from app.iam.users.models import User
from app.main import create_app
from tests.app.harness import PASSWORD, client_of, log_in, make_settings

async def drive():
    app = create_app(make_settings(Path(sys.argv[1])))
    async with app.router.lifespan_context(app), client_of(app) as client:
        async with app.state.database.work() as work:
            session = await work.writing()
            for name, may in (("grace", True), ("ada", False)):
                hashed = Passwords().hash(PASSWORD)
                session.add(User(username=name, display_name=name, password_hash=hashed, is_administrator=may))
        tokens = {name: (await log_in(client, name)).json()["access_token"] for name in ("grace", "ada")}

        async def ask(method, path, body=None, name="grace"):
            headers = {"Authorization": f"Bearer {tokens[name]}"}
            answer = await client.request(method, f"/api/v1/announcements{path}", headers=headers, json=body)
            return answer.status_code, answer.json() if answer.content else None

        body = {"title": "Hello", "content": "World"}
        status, made = await ask("POST", "", body)
        assert (status, made["title"], made["creator_name"], made["is_enabled"]) == (201, "Hello", "grace", True), made
        assert (await ask("POST", "", body, "ada"))[0] == 403
        status, problem = await ask("POST", "", body)
        assert (status, problem["errors"][0]["loc"]) == (409, ["body", "title"]), problem
        assert (await ask("POST", "", {**body, "creator_id": 1}))[0] == 422
        path = f"/{made['id']}"
        assert (await ask("PATCH", path, {"content": "All"}))[1]["content"] == "All"
        assert (await ask("POST", "/batch-enable", {"ids": [made["id"]], "is_enabled": False}))[0] == 204
        for query, total in (("?q=ell&is_enabled=false&sort=-title", 1), ("?q=zz", 0), ("?is_enabled=true", 0)):
            assert (await ask("GET", query))[1]["total"] == total, query
        assert (await ask("GET", "?sort=content"))[0] == 422
        assert (await ask("DELETE", path))[0] == 204
        assert (await ask("GET", path))[0] == 404
        assert (await ask("POST", "/restore", {"ids": [made["id"]]}))[0] == 204
        assert (await ask("POST", "/batch-delete", {"ids": [made["id"]]}))[0] == 204
        headers = {"Authorization": f"Bearer {tokens['grace']}"}
        bin_page = await client.get("/api/v1/recycle-bin/announcements", headers=headers)
        assert bin_page.json()["total"] == 1, bin_page.text
        logged = await client.get("/api/v1/operation-logs?resource=announcements&outcome=success", headers=headers)
        assert logged.json()["total"] == 6, logged.text

asyncio.run(drive())
print("driven")
"""


@pytest.mark.slow
def test_the_page_gives_what_it_promises(tmp_path: Path) -> None:
    copy_app(tmp_path)
    lines, _, commands = follow(PAGE, tmp_path)
    assert f"**{lines} lines**" in PAGE.read_text(), f"it takes {lines} lines"
    assert lines <= LONGEST
    for command in commands:
        python, *arguments = command.split(maxsplit=4)
        assert python == "python"
        arguments = [argument for part in arguments for argument in part.replace('"', "").split(" ")]
        assert "changed: " in run(tmp_path, sys.executable, *arguments)
    (migration,) = (tmp_path / "app" / "migrations" / "versions").glob("*_announcements.py")
    assert "uq_system_announcement_title" in migration.read_text()
    assert "unchanged" in run(tmp_path, sys.executable, "-m", "app", "db", "revise", "-m", "nothing")
    assert run(tmp_path, sys.executable, "-c", DRIVE, str(tmp_path)).endswith("driven\n")
