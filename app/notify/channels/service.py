"""What can be done with channels: the usual, with secrets sealed, and a test."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Service
from app.core.database import SETTINGS
from app.core.errors import not_valid
from app.core.mail import Letter, Locale, spoken
from app.core.notices import NoticeKind, find_notice
from app.core.secret_box import SecretBox, SecretUnreadableError
from app.core.settings import Settings
from app.core.upstreams import check_reach
from app.jobs import JobError
from app.notify.channels import sending
from app.notify.channels.models import Channel, ChannelKind
from app.notify.channels.port import Note, SendError, Target
from app.notify.channels.repository import channels
from app.notify.channels.schemas import NoticeChannelAnswer, NoticeChannelTest
from app.notify.message import as_html, as_text, compose, subject_line
from app.notify.smtp import send_mail

URL, SECRET = "notice_channel.url", "notice_channel.secret"
TEST_SECONDS = 8.0
TESTS: Mapping[Locale, tuple[str, str]] = {
    "en": ("{title}: a test", "This message shows that the channel works. Nothing has happened."),
    "zh-CN": ("{title}：测试消息", "收到此消息说明通道可用，并没有发生任何事情。"),
}


class ChannelService(Service[Channel, NoticeChannelAnswer]):
    async def create(self, session: AsyncSession, values: Mapping[str, Any]) -> Channel:
        return await super().create(session, _sealed(session, values))

    async def update(self, session: AsyncSession, id_: int, values: Mapping[str, Any]) -> Channel:
        return await super().update(session, id_, _sealed(session, values))

    async def check(self, session: AsyncSession, row: Channel) -> None:
        unknown = sorted(code for code in row.notices or [] if find_notice(code) is None)
        if unknown:
            raise not_valid("notices", "unknown", f"There is no notice {unknown[0]}.")
        if row.kind == ChannelKind.EMAIL:
            if not row.address:
                raise not_valid("address", "missing", "Say where the mails go.")
            row.sealed_url = row.sealed_secret = None
            row.host, row.allow_private = "", False
            return
        row.address = ""
        if row.sealed_url is None:
            raise not_valid("url", "missing", "Say where the channel is.")
        moved = _changed(row, "sealed_url") or _changed(row, "kind")
        if inspect(row).persistent and moved and row.has_secret and not _changed(row, "sealed_secret"):
            # Or whoever may change a channel could have messages signed for a server of his own.
            raise not_valid("secret", "key_needed", "The stored secret belongs to the former address: enter it again.")
        if moved or _changed(row, "allow_private"):
            try:
                url = SecretBox.of(session.info[SETTINGS], URL).open(row.sealed_url)
            except SecretUnreadableError as error:
                raise not_valid("url", "key_unreadable", str(error)) from None
            check_reach(session, url, allow_private=bool(row.allow_private), opens=bool(row.allow_private), field="url")


service = ChannelService("notice_channel", "notice_channels", channels, NoticeChannelAnswer)


def _sealed(session: AsyncSession, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed as `url` and `secret` becomes what is kept; left out, it stays; an empty secret takes it away."""
    kept, settings = dict(values), session.info[SETTINGS]
    url = kept.pop("url", None)
    if url:
        kept["sealed_url"] = SecretBox.of(settings, URL).seal(url)
        kept["host"] = urlsplit(url).netloc
    if "secret" in kept:
        secret = kept.pop("secret")
        kept["sealed_secret"] = SecretBox.of(settings, SECRET).seal(secret) if secret else None
    return kept


def _changed(row: Channel, field: str) -> bool:
    return bool(inspect(row).attrs[field].history.has_changes())


def takes(channel: Channel, kind: NoticeKind) -> bool:
    """Whether this kind goes to the channel, by its rule."""
    return kind.code in channel.notices or (kind.is_alert and channel.all_alerts)


def target_of(settings: Settings, row: Channel) -> Target:
    """Where a webhook is, and what it is signed with. Raises SendError when that cannot be read any more."""
    try:
        url = SecretBox.of(settings, URL).open(row.sealed_url or "")
        secret = SecretBox.of(settings, SECRET).open(row.sealed_secret) if row.sealed_secret else None
    except SecretUnreadableError as error:
        raise SendError("key_unreadable", f"{row.name}: {error}", retry=False) from error
    return Target(row.name, url, secret, row.allow_private)


async def test(settings: Settings, row: Channel) -> NoticeChannelTest:
    """Send a message that says that it is a test, at once and once."""
    started = perf_counter()
    failure: JobError | None = None
    try:
        await _send_test(settings, row)
    except JobError as error:
        failure = error
    return NoticeChannelTest(
        ok=failure is None,
        ms=round((perf_counter() - started) * 1000),
        error_code=failure and failure.code,
        error=failure and failure.message,
        said=((failure and failure.details) or {}).get("said"),
    )


async def _send_test(settings: Settings, row: Channel) -> None:
    subject, words = TESTS[spoken(row.locale)]
    note = Note(uuid4().hex, "test", row.locale, subject.format(title=settings.title), words, settings.public_url)
    if row.kind == ChannelKind.EMAIL:
        letter = Letter(row.address, spoken(row.locale), note.subject, (words,))
        text, html = as_text(letter, settings.title), as_html(letter, settings.title)
        message = compose(settings, row.address, subject_line(letter), text, html, note.id)
        await send_mail(settings, row.address, message, seconds=TEST_SECONDS)
    else:
        await sending.send(ChannelKind(row.kind), target_of(settings, row), note, seconds=TEST_SECONDS)
