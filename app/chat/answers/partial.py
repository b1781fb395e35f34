"""What answers are so far, written about once a second: those of all jobs of a worker in one transaction."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary, proxy

from loguru import logger

from app.chat.conversations import repository
from app.core.database import UNAVAILABLE, Database

EVERY_SECONDS = 1.0


@dataclass
class Draft:
    """One answer while it grows."""

    message_id: int
    job_id: int
    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    characters: int = 0

    def add(self, text: str, thinking: str) -> None:
        if text:
            self.text.append(text)
        if thinking:
            self.thinking.append(thinking)
        self.characters += len(text) + len(thinking)

    @property
    def content(self) -> str:
        return "".join(self.text)

    @property
    def so_far(self) -> dict[str, Any]:
        return {"message": self.message_id, "job": self.job_id, "content": self.content, "thinking": self.thought}

    @property
    def thought(self) -> str | None:
        return "".join(self.thinking) or None


class Partials:
    def __init__(self, database: Database) -> None:
        self._database: Database = proxy(database)  # or no entry of the dictionary below could ever go
        self._changed: dict[int, Draft] = {}
        self._writing: asyncio.Task[None] | None = None

    def changed(self, draft: Draft) -> None:
        """Have it written with the next round."""
        self._changed[draft.message_id] = draft
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._rounds())

    async def _rounds(self) -> None:
        """As long as something changes."""
        while self._changed:
            await asyncio.sleep(EVERY_SECONDS)
            drafts, self._changed = list(self._changed.values()), {}
            if not drafts:
                return  # all have ended meanwhile
            try:
                await self.write(*drafts)
            except UNAVAILABLE as busy:
                logger.warning("Answers could not be kept yet: {}", busy)
                self._changed = {draft.message_id: draft for draft in drafts} | self._changed

    async def write(self, *drafts: Draft) -> None:
        async with self._database.work() as work:
            session = await work.writing()
            await repository.keep_partials(session, [draft.so_far for draft in drafts])

    def forget(self, draft: Draft) -> None:
        """Its end is written by whoever ends it."""
        self._changed.pop(draft.message_id, None)


_by_database: WeakKeyDictionary[Database, Partials] = WeakKeyDictionary()


def partials_of(database: Database) -> Partials:
    """One of each database of this process."""
    return _by_database.setdefault(database, Partials(database))
