"""docs/add-excel.md, followed to the letter on a copy of the app to which add-a-resource.md has added announcements."""

import sys
from pathlib import Path

import pytest

from app.core.settings import PROJECT_ROOT
from tests.app.core.doc_page import copy_app, follow, run

LONGEST = 25
DRIVE = """
import asyncio, sys
from pathlib import Path
from app.core.passwords import Passwords
from app.iam.users.models import User
from app.main import create_app
from tests.app.harness import PASSWORD, Person, client_of, log_in, make_settings
from tests.app.images.studio import Studio
from tests.app.transfer.conftest import Desk, rows_of, workbook

async def drive():
    app = create_app(make_settings(Path(sys.argv[1])))
    async with app.router.lifespan_context(app), client_of(app) as client:
        hashed = Passwords().hash(PASSWORD)
        grace = User(username="grace", display_name="G", password_hash=hashed, is_administrator=True)
        async with app.state.database.work() as work:
            (await work.writing()).add(grace)
        token = (await log_in(client, "grace")).json()["access_token"]
        desk = Desk(Person(grace, client, token), Studio(app))
        rows = [("Title", "Content", "Shown"), ("Hello", "=World", "No"), ("Bye", "All", "")]
        done = await desk.do("announcements", rows)
        assert (done["state"], done["create_count"]) == ("done", 2), done
        _, content = await desk.export("announcements", query={"sort": "-title"})
        assert [row[:3] for row in rows_of(content)] == [list(rows[0]), list(rows[1]), ["Bye", "All", "Yes"]]
        bad = await desk.check("announcements", workbook([rows[0], ("", "x", "perhaps")]))
        assert await desk.issues(bad["id"]) == [("A2", "required"), ("C2", "not_a_choice")]
        assert (await desk.go_on(done["id"], "undo"))["undone_count"] == 2

asyncio.run(drive())
print("driven")
"""


@pytest.mark.slow
def test_the_page_gives_what_it_promises(tmp_path: Path) -> None:
    copy_app(tmp_path)
    _, _, commands = follow(PROJECT_ROOT / "docs" / "add-a-resource.md", tmp_path)
    lines, _, _ = follow(PROJECT_ROOT / "docs" / "add-excel.md", tmp_path)
    assert lines <= LONGEST
    for command in commands:
        run(tmp_path, sys.executable, *command.replace('"', "").split()[1:])
    assert run(tmp_path, sys.executable, "-c", DRIVE, str(tmp_path)).endswith("driven\n")
