"""The port of app.core.notices: one notice becomes rows of inboxes, letters, and messages to channels."""

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.database import SETTINGS
from app.core.events import publish
from app.core.mail import Locale, spoken
from app.core.notices import NoticeKind
from app.core.notices.kinds import Value
from app.core.people import Audience, Somebody, find_people
from app.core.settings import Settings
from app.notify.channels.models import Channel, ChannelKind
from app.notify.channels.repository import enabled
from app.notify.channels.service import takes
from app.notify.inbox import repository as inbox
from app.notify.inbox.models import InboxNotice
from app.notify.inbox.service import EVENT, wishes
from app.notify.models import OutboxMessage
from app.notify.service import Outbox
from app.notify.templates.rendering import Wording, Words, render
from app.notify.templates.service import wordings


async def post(
    session: AsyncSession, kind: NoticeKind, audience: Audience, values: Mapping[str, Value], link: str
) -> None:
    settings: Settings = session.info[SETTINGS]
    notice = _Notice(settings, kind, await wordings(session, kind), values, link)
    people = await find_people(session, audience)
    chosen = {row.user_id: row for row in await inbox.preferences(session, [one.id for one in people], kind.code)}
    told: list[int] = []
    for person in people:
        wants_inbox, wants_mail = wishes(kind, chosen.get(person.id))
        if wants_inbox:
            session.add(notice.for_inbox(person))
            told.append(person.id)
        if wants_mail and person.email and settings.sends_mail:
            session.add(notice.by_mail(person.email, spoken(person.locale), person.time_zone))
    await _to_channels(session, notice, await enabled(session))
    await session.flush()
    for user_id in told:
        await publish(session, EVENT, user_id=user_id)


async def _to_channels(session: AsyncSession, notice: "_Notice", channels: Sequence[Channel]) -> None:
    for channel in channels:
        if takes(channel, notice.kind) and not (channel.kind == ChannelKind.EMAIL and not notice.settings.sends_mail):
            session.add(notice.for_channel(channel))


class _Notice:
    """One notice, in whichever language and zone it is asked for."""

    def __init__(
        self,
        settings: Settings,
        kind: NoticeKind,
        texts: Mapping[Locale, Wording],
        values: Mapping[str, Value],
        link: str,
    ) -> None:
        self.settings, self.kind = settings, kind
        self._texts, self._values, self._link = texts, values, link
        self._url = f"{settings.public_url}{link}" if settings.public_url and link else ""

    def _words(self, locale: Locale, time_zone: str | None) -> Words:
        return render(self.kind, self._texts[locale], self._values, product=self.settings.title, time_zone=time_zone)

    def for_inbox(self, person: Somebody) -> InboxNotice:
        words = {locale: self._words(locale, person.time_zone) for locale in self._texts}
        return InboxNotice(
            user_id=person.id,
            kind=self.kind.code,
            is_alert=self.kind.is_alert,
            texts={locale: {"subject": each.subject, "body": each.text} for locale, each in words.items()},
            link=self._link,
        )

    def by_mail(self, address: str, locale: Locale, time_zone: str | None) -> OutboxMessage:
        message = Outbox(self.settings).wrapped(self._words(locale, time_zone).letter(address, locale, self._url))
        message.kind = self.kind.code
        return message

    def for_channel(self, channel: Channel) -> OutboxMessage:
        locale = spoken(channel.locale)
        if channel.kind == ChannelKind.EMAIL:
            message = self.by_mail(channel.address, locale, None)
        else:
            words = self._words(locale, None)
            message = OutboxMessage(
                message_id=secrets.token_hex(16),
                medium=channel.kind,
                recipient=channel.name,
                subject=words.subject[:256],
                text=words.text,
                html="",
                locale=locale,
                link=self._url,
                kind=self.kind.code,
                next_attempt_at=utc_now(),
            )
        message.channel_id = channel.id
        return message
