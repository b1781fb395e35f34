"""Fixtures: the app with a mail server to talk to. For the conftest.py of a folder whose tests send mail."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.settings import Settings
from tests.app.harness import make_settings
from tests.app.smtp import Catcher, smtp_server


@pytest.fixture
async def smtp() -> AsyncIterator[Catcher]:
    async with smtp_server() as catcher:
        yield catcher


@pytest.fixture
def settings(tmp_path: Path, database_url: str, smtp: Catcher, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("app.notify.tasks.LOOK_SECONDS", 0.02)
    return make_settings(
        tmp_path,
        database_url=database_url,
        mail_host="127.0.0.1",
        mail_port=smtp.port,
        mail_tls="none",
        mail_from="hello@groundwork.test",
        public_url="https://groundwork.test",
        captcha_max_number=300,
    )
