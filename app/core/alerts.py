"""Alerts: what somebody who looks after the product should hear of. Raised by domains, delivered by whoever listens.

A domain declares each kind once and raises it in the transaction that it is about, so an alert is taken back with it:

    FAILED = declare_alert("backup_failed", "A backup failed.")
    await raise_alert(session, FAILED, {"backup": 7}, link="/backups")

By itself an alert is a line of the log, and an event `alert` with its code alone for open pages (everybody's: details
are not for everybody). A domain that brings alerts to people (mail, an inbox, webhooks) adds itself with `listen`, in
every process: the worker raises alerts too.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import publish

Level = Literal["warning", "error"]


@dataclass(frozen=True, slots=True)
class AlertKind:
    """`code` is stable and translated by whoever shows it; `meaning` is a sentence of English."""

    code: str
    meaning: str
    level: Level


@dataclass(frozen=True, slots=True)
class Alert:
    """`details` are JSON-able and hold no secrets; `link` is a path of the site that shows what it is about."""

    kind: AlertKind
    details: Mapping[str, Any] = field(default_factory=dict)
    link: str | None = None


Listener = Callable[[AsyncSession, Alert], Awaitable[None]]
_kinds: dict[str, AlertKind] = {}
_listeners: list[Listener] = []


def declare_alert(code: str, meaning: str, *, level: Level = "error") -> AlertKind:
    if code in _kinds:
        raise ValueError(f"the alert {code} is declared twice")
    _kinds[code] = kind = AlertKind(code, meaning, level)
    return kind


def declared_alerts() -> dict[str, AlertKind]:
    return dict(_kinds)


def listen(listener: Listener) -> None:
    """Called in the transaction that raises, before its commit: write what is to be sent, and send it afterwards."""
    _listeners.append(listener)


async def raise_alert(
    session: AsyncSession, kind: AlertKind, details: Mapping[str, Any] | None = None, *, link: str | None = None
) -> None:
    """Whatever becomes of the telling, what it is about goes on."""
    alert = Alert(kind, dict(details or {}), link)
    logger.log(kind.level.upper(), "Alert {}: {} {}", kind.code, kind.meaning, alert.details)
    await publish(session, "alert", {"code": kind.code})
    for listener in _listeners:
        try:
            async with session.begin_nested():
                await listener(session, alert)
        except Exception:
            logger.exception("The alert {} could not be passed on", kind.code)
