"""The words every check shares: what it may use, what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Context:
    """What all checks of one table have in common.

    url: base URL that is asked from this machine; host_header: the Host sent when it differs from the URL's.
    socket: the upstream's unix socket, looked at to explain a 502. timeout: seconds for one request or command.
    """

    url: str
    public_url: str = ""
    host_header: str = ""
    release: str = ""
    socket: str = ""
    timeout: float = 5.0


@dataclass(frozen=True)
class Observation:
    """What a check saw. cause and fix stay empty when it is ok; an empty fix means the row's own."""

    ok: bool
    expected: str
    observed: str
    cause: str = ""
    fix: str = ""


class CheckFailedError(Exception):
    """A check could not get as far as comparing: nobody answered, a file is missing, a right is missing."""

    def __init__(self, observed: str, cause: str, fix: str = "") -> None:
        super().__init__(cause)
        self.observed = observed
        self.cause = cause
        self.fix = fix


CheckFunction = Callable[..., Observation]


@dataclass(frozen=True)
class Check:
    """One row of the table, its arguments already validated against its kind."""

    id: str
    hop: str
    check: str
    fix: str
    function: CheckFunction
    arguments: dict[str, Any]


def observe(expected: str, observed: str, cause: str, fix: str = "") -> Observation:
    """An observation that is ok exactly when there is no cause to name."""
    return Observation(not cause, expected, observed, cause, fix if cause else "")


def count(number: int, noun: str) -> str:
    """`1 worker`, `3 workers`, `2 processes`."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
