"""DingTalk's group robot: a timestamp and an HMAC of it in the address."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from app.notify.channels import robots
from app.notify.channels.port import Note, Parcel, SendError, Target, cut

MOST_BYTES = 16_000
# A robot takes 20 messages a minute; one that got more is silent for ten.
RATE_SECONDS = 600
SECURITY = 310_000  # one number for three reasons; the words tell them apart
BUSY = -1
REFUSALS = {
    130_101: robots.too_often(RATE_SECONDS),
    410_100: robots.too_often(RATE_SECONDS),
    300_001: robots.UNKNOWN,
    300_005: robots.UNKNOWN,
    400_013: robots.UNKNOWN,
    400_101: robots.UNKNOWN,
    400_102: robots.UNKNOWN,
}


def sign(secret: str, milliseconds: int) -> str:
    mac = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


class DingTalk:
    def wrap(self, target: Target, note: Note, now: float) -> Parcel:
        url = target.url
        if target.secret:
            moment = round(now * 1000)
            joint = "&" if "?" in url else "?"
            url = f"{url}{joint}timestamp={moment}&sign={quote_plus(sign(target.secret, moment))}"
        return robots.parcel(url, {"msgtype": "text", "text": {"content": cut(note.in_full(), MOST_BYTES)}})

    def read(self, target: Target, answer: Mapping[str, Any]) -> None:
        number = robots.number_in(target, answer, "errcode")
        if number == BUSY:
            raise SendError("channel_broken", f"{target.name} is busy.", retry=True, said=answer.get("errmsg"))
        if number:
            said = str(answer.get("errmsg") or "")
            refusal = _security(said) if number == SECURITY else REFUSALS.get(number)
            raise robots.refused(target, number, said, refusal)


def _security(said: str) -> robots.Refusal:
    words = said.lower()
    if "keyword" in words:
        return robots.KEYWORD
    return robots.NOT_ALLOWED if "whitelist" in words or "ip " in words else robots.SIGNATURE
