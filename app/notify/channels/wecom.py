"""WeCom's group robot: the key in the address is all that it asks for."""

from collections.abc import Mapping
from typing import Any

from app.notify.channels import robots
from app.notify.channels.port import Note, Parcel, SendError, Target, cut

MOST_BYTES = 2_048
RATE_SECONDS = 60
BUSY = -1
REFUSALS = {
    93_000: robots.UNKNOWN,
    93_004: robots.UNKNOWN,
    93_008: robots.UNKNOWN,
    45_009: robots.too_often(RATE_SECONDS),
}


class WeCom:
    def wrap(self, target: Target, note: Note, now: float) -> Parcel:
        return robots.parcel(target.url, {"msgtype": "text", "text": {"content": _fitting(note)}})

    def read(self, target: Target, answer: Mapping[str, Any]) -> None:
        number = robots.number_in(target, answer, "errcode")
        if number == BUSY:
            raise SendError("channel_broken", f"{target.name} is busy.", retry=True, said=answer.get("errmsg"))
        if number:
            raise robots.refused(target, number, answer.get("errmsg"), REFUSALS.get(number))


def _fitting(note: Note) -> str:
    """There is little room: the text is cut, the link at its end is not."""
    end = f"\n\n{note.link}" if note.link else ""
    return cut(f"{note.subject}\n\n{note.text}", MOST_BYTES - len(end.encode())) + end
