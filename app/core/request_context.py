"""The id of the request at hand, for log lines and answers."""

import re
import secrets
from contextvars import ContextVar

SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    return _request_id.get()


def begin_request(offered: str | None) -> str:
    """Take the id that the proxy offers if it can do no harm in a log line, else make one."""
    request_id = offered if offered and SANE_ID.fullmatch(offered) else secrets.token_hex(16)
    _request_id.set(request_id)
    return request_id
