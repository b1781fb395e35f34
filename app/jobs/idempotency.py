"""Asked twice, done once: the header `Idempotency-Key` of a POST that starts a job."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Request


@dataclass(frozen=True)
class Once:
    """The key that a client chose, and a digest of what it asked for with it."""

    key: str
    digest: str


async def _once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=128,
            pattern=r"^[!-~]+$",
            description="A key of the client's own choice: asked again with it, the first answer comes again.",
        ),
    ] = None,
) -> Once | None:
    if idempotency_key is None:
        return None
    asked = sha256(request.url.path.encode())
    asked.update(await request.body())
    return Once(idempotency_key, asked.hexdigest())


OnceDependency = Annotated[Once | None, Depends(_once)]
