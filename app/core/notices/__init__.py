"""The port for notices: a domain declares a kind with its texts, and posts it in the transaction it tells of.

    FAILED = declare_notice("backup.failed", {"name": text("nightly")}, en=Texts(...), zh_cn=Texts(...), is_alert=True)
    await notify(session, FAILED, to=ADMINISTRATORS, values={"name": name}, link="/backups")

Who is told gets a row in the inbox, and a mail where that is wished; channels get what their rules name. A domain whose
failures have no kind of their own calls `alert`. docs/notices.md.
"""

from app.core.notices.kinds import (
    NoticeKind,
    Texts,
    Variable,
    declare_notice,
    find_notice,
    known_notices,
    moment,
    number,
    text,
)
from app.core.notices.port import ALERT, alert, notices_are_posted_by, notify
from app.core.people import ADMINISTRATORS

__all__ = [
    "ADMINISTRATORS",
    "ALERT",
    "NoticeKind",
    "Texts",
    "Variable",
    "alert",
    "declare_notice",
    "find_notice",
    "known_notices",
    "moment",
    "notices_are_posted_by",
    "notify",
    "number",
    "text",
]
