"""Alerts: told in the transaction that raises them, and whoever fails to pass one on stops nobody."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import alerts
from app.core.alerts import Alert, declare_alert, raise_alert
from app.core.database import Database
from tests.app.harness import rows


async def test_an_alert_goes_to_the_log_the_pages_and_every_listener(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Alert] = []

    async def broken(session: AsyncSession, alert: Alert) -> None:
        raise RuntimeError("no mail server")

    async def listener(session: AsyncSession, alert: Alert) -> None:
        heard.append(alert)

    monkeypatch.setattr(alerts, "_kinds", {})
    monkeypatch.setattr(alerts, "_listeners", [])
    alerts.listen(broken)
    alerts.listen(listener)
    kind = declare_alert("test_alert", "Something is wrong.")
    with pytest.raises(ValueError, match="twice"):
        declare_alert("test_alert", "Again.")
    async with database.work() as work:
        await raise_alert(await work.writing(), kind, {"secret": "of some"}, link="/here")
    assert [(alert.kind.code, alert.details, alert.link) for alert in heard] == [
        ("test_alert", {"secret": "of some"}, "/here")
    ]
    # Everybody's pages hear that there was one, and not of what.
    assert rows(database.settings, "SELECT name, data, user_id FROM core_event") == [
        ("alert", '{"code": "test_alert"}', None)
    ]
