"""When a cron expression falls due: one pure function, which the engine and the page both ask.

`following` says the first tick after a moment, and nothing else decides on ticks. So whoever starts anew in the middle,
after a restart or a missed night, finds the ticks that it would have found had it never stopped.

As Debian's cron does across a change of the clock: a fixed time of day that the clock jumps over runs right after the
jump, one that comes twice runs the first time; what recurs (`*` in minute or hour) follows the clock on the wall.
"""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from cronsim.cronsim import is_imaginary

LONGEST_CRON = 128
FIELDS = 5


class CronError(ValueError):
    """In words: why this is no plan."""


@lru_cache(maxsize=1)
def time_zones() -> list[str]:
    """The names that may be chosen: places, and UTC."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))]


def tidy(cron: str) -> str:
    return " ".join(cron.upper().split())


def following(cron: str, zone: str, after: datetime) -> datetime | None:
    """The first tick after this moment, in UTC; None when there is none in fifty years. Raises CronError."""
    after = after.astimezone(UTC)
    for tick in _simulation(cron, zone, after):
        moment = tick.astimezone(UTC)
        # In the hour that comes twice the simulation begins with the first of both.
        if moment > after:
            return moment
    return None


def upcoming(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """One tick after the other, each as `following` says it."""
    moment = following(cron, zone, after)
    while moment is not None:
        yield moment
        moment = following(cron, zone, moment)


def latest(cron: str, zone: str, first: datetime, until: datetime, most: int) -> list[datetime]:
    """The last `most` ticks from `first`, which is one, to `until`, oldest first. Quick also after a silent year."""
    span = timedelta(days=1)
    while True:
        begins = max(first, until - span)
        found = deque(takewhile(lambda tick: tick <= until, upcoming(cron, zone, begins)), maxlen=most)
        if begins == first:
            found.appendleft(first) if len(found) < most else None
            return list(found)
        if len(found) == most:
            return list(found)
        span *= 4


def check(cron: str, zone: str, now: datetime) -> None:
    """Raise CronError when this is no expression of five fields, no zone, or never falls due."""
    if following(cron, zone, now) is None:
        raise CronError("It never falls due.")


class _Simulation(CronSim):
    def advance_hour(self) -> bool:
        """Where the clock changes by half an hour (Lord Howe), whole hours later is not the start of an hour."""
        moved = super().advance_hour()
        start = self.dt.replace(minute=0)
        if moved and self.dt.utcoffset() == start.utcoffset() and not (self.dt.tzinfo and is_imaginary(start)):
            self.dt = start
        return moved


def _simulation(cron: str, zone: str, after: datetime) -> CronSim:
    if len(cron.split()) != FIELDS:
        raise CronError("Five fields are needed: minute, hour, day of the month, month, day of the week.")
    if zone != "UTC" and zone not in time_zones():
        raise CronError("There is no such time zone.")
    try:
        return _Simulation(cron, after.astimezone(UTC if zone == "UTC" else ZoneInfo(zone)))
    except CronSimError as error:
        raise CronError(f"{error}.") from None
