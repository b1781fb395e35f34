"""Feishu's and Lark's group robot: a timestamp and an HMAC keyed by it in the body."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from app.notify.channels import robots
from app.notify.channels.port import Note, Parcel, Target, cut

MOST_BYTES = 16_000
RATE_SECONDS = 60
REFUSALS = {
    19_021: robots.SIGNATURE,
    19_022: robots.NOT_ALLOWED,
    19_024: robots.KEYWORD,
    19_001: robots.UNKNOWN,
    9_499: robots.too_often(RATE_SECONDS),
    11_232: robots.too_often(RATE_SECONDS),
}
LANGUAGES = {"zh-CN": "zh_cn", "en": "en_us"}


def sign(secret: str, seconds: int) -> str:
    """The message is empty: what is signed is the key."""
    return base64.b64encode(hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


class Feishu:
    def wrap(self, target: Target, note: Note, now: float) -> Parcel:
        # Of the form `text` the pieces `<at user_id="all">` are understood; of a post's text they are not.
        content = [[{"tag": "text", "text": cut(note.text, MOST_BYTES)}]]
        if note.link:
            content.append([{"tag": "a", "text": note.link, "href": note.link}])
        post = {LANGUAGES[note.locale]: {"title": note.subject, "content": content}}
        body: dict[str, Any] = {"msg_type": "post", "content": {"post": post}}
        if target.secret:
            seconds = round(now)
            body |= {"timestamp": str(seconds), "sign": sign(target.secret, seconds)}
        return robots.parcel(target.url, body)

    def read(self, target: Target, answer: Mapping[str, Any]) -> None:
        number = robots.number_in(target, answer, "code", "StatusCode")
        if number:
            raise robots.refused(target, number, answer.get("msg"), REFUSALS.get(number))
