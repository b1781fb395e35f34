"""What open pages are told without asking: an append-only list of events, written in the transaction they are about.

So an event is rolled back with what it tells of, and nobody hears of a change before it is committed.
"""

from app.core.events.repository import publish

__all__ = ["publish"]
