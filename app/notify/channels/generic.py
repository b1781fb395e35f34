"""A service of one's own: JSON, and an HMAC over the moment and the body in a header (docs/notices.md).

The receiver computes HMAC-SHA256 of `TIMESTAMP.BODY` with the secret, compares it with what stands after `v1=`, and
refuses a moment that is more than some minutes away, so that nobody can send an old message again.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from app.notify.channels.port import Note, Parcel, Target

ID, TIMESTAMP, SIGNATURE = "X-Webhook-Id", "X-Webhook-Timestamp", "X-Webhook-Signature"


def sign(secret: str, seconds: int, body: bytes) -> str:
    return "v1=" + hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


class Generic:
    def wrap(self, target: Target, note: Note, now: float) -> Parcel:
        seconds = round(now)
        message = {
            "id": note.id,
            "kind": note.kind,
            "language": note.locale,
            "subject": note.subject,
            "text": note.text,
            "link": note.link,
            "sent_at": seconds,
        }
        body = json.dumps(message, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", ID: note.id, TIMESTAMP: str(seconds)}
        if target.secret:
            headers[SIGNATURE] = sign(target.secret, seconds, body)
        return Parcel(target.url, body, headers)

    def read(self, target: Target, answer: Mapping[str, Any]) -> None:
        """The status says it all."""
