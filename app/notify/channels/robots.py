"""What the robots of group chats have in common: JSON both ways, and a number in the answer that says how it went.

Messages are plain text. In the richer forms a value could hold a link under another name, or call everybody by `@all`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.notify.channels.port import Parcel, SendError, Target, malformed

JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True)
class Refusal:
    """`after`: seconds that such a robot is to be left alone; without it the same will never be taken."""

    code: str
    words: str
    after: int | None = None


SIGNATURE = Refusal("channel_signature", "did not accept the signature: the secret is another one, or a clock is wrong")
KEYWORD = Refusal("channel_keyword", "takes only messages with certain keywords, and this one has none of them")
NOT_ALLOWED = Refusal("channel_not_allowed", "does not take messages from the address of this server")
UNKNOWN = Refusal("channel_unknown", "knows no robot at this address: it was removed, or the address is incomplete")


def too_often(seconds: int) -> Refusal:
    return Refusal("channel_rate_limited", "was sent too many messages and takes none for a while", seconds)


def parcel(url: str, body: Mapping[str, Any]) -> Parcel:
    return Parcel(url, json.dumps(body, ensure_ascii=False).encode(), JSON_HEADERS)


def number_in(target: Target, answer: Mapping[str, Any], *names: str) -> int:
    """The number by which the answer says how it went; 0 is well."""
    for name in names:
        value = answer.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    raise malformed(target)


def refused(target: Target, number: int, said: object, refusal: Refusal | None) -> SendError:
    if refusal is None:
        return SendError(
            "channel_refused", f"{target.name} refused the message (code {number}).", retry=False, said=said
        )
    words = f"{target.name} {refusal.words} (code {number})."
    return SendError(refusal.code, words, retry=refusal.after is not None, after=refusal.after, said=said)
