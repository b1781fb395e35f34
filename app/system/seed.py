"""What every installation starts with: some dictionaries.

Labels of items are message keys of the front end, until a person writes another text.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import Database
from app.system.dictionaries import repository
from app.system.dictionaries.models import DictionaryItem, DictionaryType
from app.system.dictionaries.service import types

# code: (name, ((value, colour), ...)); the first item is the default
DICTIONARIES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "yes_no": ("Yes or no", (("yes", "success"), ("no", "info"))),
    "user_status": ("State of an account", (("active", "success"), ("disabled", "info"), ("locked", "danger"))),
    "outcome": (
        "Outcome of an operation",
        (("success", "success"), ("denied", "warning"), ("failed", "warning"), ("error", "danger")),
    ),
    "activation_state": (
        "State of an activation code",
        (("unused", "primary"), ("active", "success"), ("expired", "info"), ("disabled", "danger")),
    ),
}


async def ensure_dictionaries(database: Database) -> list[str]:
    """Add the dictionaries that were never there. What people made of them is left alone."""
    async with database.work() as work, work.reading() as reading:
        if set(DICTIONARIES) <= await repository.kept_codes(reading):
            return []
    async with database.work() as work:
        session = await work.writing()
        # Asked again, now that nobody else writes: seeds may run at the same time.
        kept = await repository.kept_codes(session)
        missing = [code for code in DICTIONARIES if code not in kept]
        for code in missing:
            await _add(session, code)
        await types.changed(session)
    return [f"added dictionary {code}" for code in missing]


async def _add(session: AsyncSession, code: str) -> None:
    name, values = DICTIONARIES[code]
    kind = DictionaryType(code=code, name=name)
    session.add(kind)
    await session.flush()
    session.add_all(
        DictionaryItem(
            type_id=kind.id,
            label=f"dictionary.{code}.{value}",
            value=value,
            colour=colour,
            sort_order=place,
            is_default=place == 0,
        )
        for place, (value, colour) in enumerate(values)
    )
