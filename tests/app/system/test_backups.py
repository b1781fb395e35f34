"""The report of the backups, and asking for one."""

import json

import pytest

from app.core.settings import Settings
from tests.app.harness import SignInAs, problem_code

PATH = "/api/v1/system/backups"
GOOD = {
    "snapshot": "0a1b2c3d",
    "made_at": "2026-11-22T03:00:00Z",
    "release": "r1",
    "revision": "0008",
    "tables": 30,
    "rows": 1000,
    "files": 12,
    "bytes": 4096,
    "bytes_added": 512,
}
REPORT = {
    "repository": "/srv/groundwork/backups/restic",
    "ok": True,
    "running_since": None,
    "finished_at": "2026-11-22T03:00:09Z",
    "seconds": 9.0,
    "message": "",
    "fix": "",
    "last_good": GOOD,
    "snapshots": [{"id": "0a1b2c3d", "made_at": "2026-11-22T03:00:00Z", "release": "r1"}],
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Where backups are taken."""
    request = settings.database_path.parent / ".backup-request"
    return settings.model_copy(update={"backup_request": request})


async def test_the_report_is_answered(sign_in_as: SignInAs, settings: Settings) -> None:
    person = await sign_in_as(is_administrator=True)
    assert (await person.get(PATH)).json() == {"is_offered": True, "requested_at": None, "report": None}
    settings.backup_report.write_text(json.dumps(REPORT | {"schema": 1, "product": "shop"}))
    assert (await person.get(PATH)).json()["report"] == REPORT


async def test_asking_for_one_leaves_a_file_that_says_nothing(sign_in_as: SignInAs, settings: Settings) -> None:
    person = await sign_in_as(is_administrator=True)
    asked = await person.send("POST", "/system/backups", {})
    assert asked.status_code == 202
    assert asked.json()["requested_at"] is not None
    assert settings.backup_request is not None
    assert settings.backup_request.read_bytes() == b""
    again = await person.send("POST", "/system/backups", {})
    assert again.json()["requested_at"] == asked.json()["requested_at"]
    settings.backup_request.unlink()  # as the program does when it begins
    assert (await person.get(PATH)).json()["requested_at"] is None


@pytest.mark.parametrize("content", ["", "[]", '{"ok": true}'])
async def test_a_broken_report_is_our_error_and_says_nothing(
    sign_in_as: SignInAs, settings: Settings, content: str
) -> None:
    person = await sign_in_as(is_administrator=True)
    settings.backup_report.write_text(content)
    answer = await person.get(PATH)
    assert (answer.status_code, answer.json()["detail"]) == (500, "Internal error")


class TestWhereNoneAreTaken:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"backup_request": None})

    async def test_nobody_can_ask(self, sign_in_as: SignInAs) -> None:
        person = await sign_in_as(is_administrator=True)
        assert (await person.get(PATH)).json()["is_offered"] is False
        answer = await person.send("POST", "/system/backups", {})
        assert (answer.status_code, problem_code(answer)) == (409, "backup_not_offered")
