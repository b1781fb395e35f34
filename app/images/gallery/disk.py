"""How much room pictures take, and how much they may take."""

import asyncio
from dataclasses import dataclass

from app.core.database import Database
from app.core.files import KEPT_FREE, DiskFullError
from app.core.parameters import Parameters, declare_parameter
from app.core.settings import Settings
from app.images.gallery import repository
from app.images.gallery.files import Files

MEGABYTE = 1024 * 1024

DISK_BUDGET = declare_parameter(
    "images.disk_budget_mb",
    "integer",
    10_240,
    "Disk budget of images",
    "Megabytes that all pictures together may take, those in the recycle bin too. 0: as much as there is.",
)
BIN_DAYS = declare_parameter(
    "images.bin_days",
    "integer",
    30,
    "Days that deleted images are kept",
    "A picture that was deleted longer ago is removed for good, with its files.",
    least=1,
)


@dataclass(frozen=True)
class Room:
    used_bytes: int
    budget_bytes: int | None
    free_bytes: int

    def refuse_unless(self, needed: int) -> None:
        """Raise DiskFullError when `needed` bytes more are too many."""
        if self.budget_bytes is not None and self.used_bytes + needed > self.budget_bytes:
            used, budget = (round(size / MEGABYTE) for size in (self.used_bytes, self.budget_bytes))
            raise DiskFullError(f"Images take {used} of the {budget} MB that they may take.")
        if self.free_bytes < needed + KEPT_FREE:
            raise DiskFullError("The disk is nearly full.")


async def room(database: Database, parameters: Parameters, settings: Settings) -> Room:
    files = Files(settings)
    archives, free = await asyncio.to_thread(lambda: (files.archive_bytes(), files.free_bytes()))
    budget = await parameters.get(DISK_BUDGET)
    async with database.work() as work, work.reading() as session:
        used = await repository.used_bytes(session)
    return Room(used + archives, budget * MEGABYTE or None, free)
