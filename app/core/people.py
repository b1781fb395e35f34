"""Who is to be told of something: people by what they are. Whoever keeps the accounts finds them (app/ports.py)."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

ADMINISTRATORS = "administrators"

# Everybody who administrates, everybody who holds a permission label, or the accounts of these ids.
Audience = str | Collection[int]


@dataclass(frozen=True, slots=True)
class Somebody:
    """Somebody who can sign in."""

    id: int
    display_name: str
    email: str | None
    locale: str | None
    time_zone: str | None


FindPeople = Callable[[AsyncSession, Audience], Awaitable[Sequence[Somebody]]]
_finders: list[FindPeople] = []


def people_are_found_by(find: FindPeople) -> None:
    _finders[:] = [find]


async def find_people(session: AsyncSession, audience: Audience) -> Sequence[Somebody]:
    """Those of the audience who may sign in now; machines' accounts never."""
    if not _finders:
        raise RuntimeError("nobody finds people here: import app.ports")
    return await _finders[0](session, audience)
