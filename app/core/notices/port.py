"""Posting a notice: in the caller's transaction, so that nobody is told of what did not happen."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.notices.kinds import NoticeKind, Texts, Value, declare_notice, find_notice, text
from app.core.people import ADMINISTRATORS, Audience

LINK_FORM = re.compile(r"(/(?![/\\])[!-~]*)?")
LONGEST_LINK = 512

ALERT = declare_notice(
    "system.alert",
    {"code": text("schedule.failed"), "details": text("name: nightly report\nerror: the disk is full")},
    en=Texts("Alert", "${product}: ${code}", "Something needs attention: ${code}.\n\n${details}"),
    zh_cn=Texts("告警", "${product}：${code}", "有情况需要处理：${code}。\n\n${details}"),
    is_alert=True,
    by_mail=True,
)

PostNotice = Callable[[AsyncSession, NoticeKind, Audience, Mapping[str, Value], str], Awaitable[None]]
_posters: list[PostNotice] = []


def notices_are_posted_by(post: PostNotice) -> None:
    _posters[:] = [post]


async def notify(
    session: AsyncSession, kind: NoticeKind, *, to: Audience, values: Mapping[str, Value], link: str = ""
) -> None:
    """Tell these people, and the channels that take this kind, once the transaction is committed.

    `to`: ADMINISTRATORS, a permission label, or ids of accounts. `link`: a path of the front end.
    """
    kind.check(values)
    if len(link) > LONGEST_LINK or not LINK_FORM.fullmatch(link):
        raise ValueError("a notice links to a path of the front end")
    if not _posters:
        raise RuntimeError("nobody posts notices here: import app.ports")
    await _posters[0](session, kind, to, values, link)


async def alert(session: AsyncSession, code: str, details: Mapping[str, Any], link: str = "") -> None:
    """Tell the administrators that something is wrong. In the words of the kind `code`, or those of every alert."""
    kind = find_notice(code)
    if kind is not None and kind.is_alert and kind.variables.keys() == details.keys():
        await notify(session, kind, to=ADMINISTRATORS, values=details, link=link)
        return
    lines = "\n".join(f"{name}: {value}" for name, value in details.items())
    await notify(session, ALERT, to=ADMINISTRATORS, values={"code": code, "details": lines}, link=link)
