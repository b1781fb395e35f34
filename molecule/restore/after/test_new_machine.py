"""A new machine like the lost one, with nothing of it but the disk of the backups and the key kept elsewhere."""

from __future__ import annotations

from typing import Any

from backups import KEPT_ELSEWHERE, Backups
from site_data import Person
from witness import SHARED, Machine, Web


def test_its_own_key_opens_nothing(backups: Backups) -> None:
    before = backups.look()
    run = backups.play("restore")
    assert run.code != 0
    assert "does not open the repository" in run.text, run.end
    backups.is_as_before(before)


def test_every_row_and_file_comes_back(machine: Machine, backups: Backups, remembered: dict[str, Any]) -> None:
    run = backups.play("restore", backup_snapshot=remembered["snapshot"], backup_key_file=str(KEPT_ELSEWHERE))
    assert run.code == 0, run.end
    backups.is_as_before(remembered["before"])
    assert machine.run(f"ls {SHARED}/private/restore*").rc != 0, "the key that was lent is still there"


def test_people_log_in_and_who_was_logged_in_still_is(web: Web, remembered: dict[str, Any]) -> None:
    admin = Person(web, "admin", remembered["password"])
    Person(web, *remembered["mei"])
    messages = admin.ask("GET", f"/conversations/{remembered['conversation']}/messages").json["items"]
    assert messages[0]["content"] == "你好, is this kept?"
    refreshed = web.ask(
        "POST", "/api/v1/auth/refresh", {"Cookie": remembered["cookie"], "X-Requested-With": "XMLHttpRequest"}, b""
    )
    assert refreshed.status == 200, refreshed.text


def test_backups_go_on_with_the_key_of_the_lost_machine(machine: Machine, backups: Backups) -> None:
    run = backups.play("site", backup_key_file=str(KEPT_ELSEWHERE))
    assert run.code == 0, run.end
    count = len(machine.lines("groundwork backup list"))
    backups.take()
    assert len(machine.lines("groundwork backup list")) >= count
