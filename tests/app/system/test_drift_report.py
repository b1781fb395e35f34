"""The last drift report."""

import json

import pytest

from app.core.settings import Settings
from tests.app.harness import SignInAs, problem_code

PATH = "/api/v1/system/drift"
REPORT = {
    "checked_at": "2026-11-22T03:00:00Z",
    "ok": False,
    "findings": [
        {
            "kind": "mode",
            "path": "/srv/groundwork/shared/secrets",
            "expected": "root:groundwork 0750",
            "observed": "root:groundwork 0777",
            "fix": "ansible-playbook site.yml --tags base",
        }
    ],
}


async def test_the_last_report_is_answered(sign_in_as: SignInAs, settings: Settings) -> None:
    person = await sign_in_as(is_administrator=True)
    settings.drift_report.write_text(json.dumps(REPORT | {"schema": 1, "seconds": 0.3}))
    answer = await person.get(PATH)
    assert answer.json() == REPORT


async def test_before_the_first_check(sign_in_as: SignInAs) -> None:
    person = await sign_in_as(is_administrator=True)
    answer = await person.get(PATH)
    assert (answer.status_code, problem_code(answer)) == (404, "drift_not_checked")


@pytest.mark.parametrize("content", ["", "[]", '{"ok": true}'])
async def test_a_broken_report_is_our_error_and_says_nothing(
    sign_in_as: SignInAs, settings: Settings, content: str
) -> None:
    person = await sign_in_as(is_administrator=True)
    settings.drift_report.write_text(content)
    answer = await person.get(PATH)
    assert (answer.status_code, answer.json()["detail"]) == (500, "Internal error")


async def test_only_with_the_label_of_the_link_check(sign_in_as: SignInAs) -> None:
    person = await sign_in_as()
    answer = await person.get(PATH)
    assert (answer.status_code, problem_code(answer)) == (403, "permission_denied")
