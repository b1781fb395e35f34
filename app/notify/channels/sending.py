"""Sending one message to a channel that is no mail: the way out, the status, and then the service's own answer."""

from collections.abc import Mapping
from http import HTTPStatus
from time import time

from app.core.outgoing import AddressRefusedError, OutgoingError, Reply, outgoing
from app.core.upstreams import seconds_to_wait
from app.notify.channels.dingtalk import DingTalk
from app.notify.channels.feishu import Feishu
from app.notify.channels.generic import Generic
from app.notify.channels.models import ChannelKind
from app.notify.channels.port import Dialect, Note, SendError, Target, malformed, not_reached
from app.notify.channels.wecom import WeCom

SECONDS = 15.0
LARGEST_ANSWER = 65_536
DIALECTS: Mapping[ChannelKind, Dialect] = {
    ChannelKind.DINGTALK: DingTalk(),
    ChannelKind.FEISHU: Feishu(),
    ChannelKind.WECOM: WeCom(),
    ChannelKind.GENERIC: Generic(),
}
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


async def send(kind: ChannelKind, target: Target, note: Note, *, seconds: float = SECONDS) -> None:
    """Raises SendError. A service whose answer got lost may have taken it: the id of the note is the same again."""
    dialect = DIALECTS[kind]
    parcel = dialect.wrap(target, note, time())
    try:
        async with (
            outgoing(
                allow_private=target.allow_private, idle_seconds=seconds, total_seconds=seconds, name=target.name
            ) as http,
            http.request("POST", parcel.url, body=parcel.body, headers=parcel.headers) as reply,
        ):
            await _refuse_status(target, reply)
            if kind is not ChannelKind.GENERIC:
                answer = await reply.json(LARGEST_ANSWER)
                if not isinstance(answer, dict):
                    raise malformed(target)
                dialect.read(target, answer)
    except AddressRefusedError as error:
        raise SendError("channel_address_refused", str(error), retry=False) from error
    except OutgoingError as error:
        raise not_reached(error) from error


async def _refuse_status(target: Target, reply: Reply) -> None:
    status = reply.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    told = await reply.refusal()
    said = next((told[name] for name in ("errmsg", "msg", "message", "error", "detail") if told.get(name)), None)
    after = seconds_to_wait(reply.headers.get("Retry-After"))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        words = f"{target.name} was sent too many messages and takes none for a while."
        raise SendError("channel_rate_limited", words, retry=True, after=after, said=said)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _LATER:
        words = f"{target.name} answered with an error of its own ({status})."
        raise SendError("channel_broken", words, retry=True, after=after, said=said)
    if status < HTTPStatus.BAD_REQUEST:
        raise SendError("channel_moved", f"{target.name} points somewhere else ({status}).", retry=False)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        words = f"{target.name} did not accept the signature ({status})."
        raise SendError("channel_signature", words, retry=False, said=said)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise SendError("channel_unknown", f"Nothing answers at the address of {target.name} ({status}).", retry=False)
    raise SendError("channel_refused", f"{target.name} refused the message ({status}).", retry=False, said=said)
