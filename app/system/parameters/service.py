"""Parameters: the rules of their values, and the copy that every worker reads from."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Service
from app.core.database import Database
from app.core.parameters import CACHE_SECONDS, DeclaredParameter, T, declared_parameters
from app.core.versions import VersionedCache
from app.system.parameters import repository
from app.system.parameters.errors import declared_in_code, wrong_value
from app.system.parameters.models import Parameter
from app.system.parameters.schemas import ParameterAnswer

VERSION = "parameters"
BOOLEANS = {"true": True, "false": False}
LARGEST_INTEGER = 2**53 - 1
FIXED_IF_BUILTIN = ("key", "value_type")


def as_text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse(value: str, value_type: str, least: int | None = None) -> Any:
    """The value as its type, or ValueError in words."""
    if value_type == "boolean":
        if value not in BOOLEANS:
            raise ValueError("must be true or false")
        return BOOLEANS[value]
    if value_type == "integer":
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= len(str(LARGEST_INTEGER))):
            raise ValueError("must be a whole number")
        number = int(value)
        if least is not None and number < least:
            raise ValueError(f"must be at least {least}")
        return number
    if value_type == "json":
        try:
            json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError("must be JSON") from None
    if value_type == "string" and "\n" in value:
        raise ValueError("must be a single line")
    return value


class ParameterService(Service[Parameter, ParameterAnswer]):
    async def check(self, session: AsyncSession, row: Parameter) -> None:
        if row.is_builtin:
            for field in FIXED_IF_BUILTIN:
                if inspect(row).attrs[field].history.has_changes():
                    raise declared_in_code(field)
        declared = declared_parameters().get(row.key)
        try:
            parse(row.value, row.value_type, declared.least if declared else None)
        except ValueError as error:
            raise wrong_value(f"The value {error}.") from None

    async def check_delete(self, session: AsyncSession, rows: Sequence[Parameter]) -> None:
        if any(row.is_builtin for row in rows):
            raise declared_in_code("ids")

    async def more(self, session: AsyncSession, rows: Sequence[Parameter]) -> Mapping[int, Mapping[str, Any]]:
        declared = declared_parameters()
        found: dict[int, dict[str, Any]] = {}
        for row in rows:
            default = declared.get(row.key) if row.is_builtin else None
            found[row.id] = {"default_value": as_text(default.default) if default else None}
            if row.is_secret:
                found[row.id] = {"value": None, "default_value": None}
        return found


service = ParameterService("parameter", "parameters", repository.parameters, ParameterAnswer, version=VERSION)


class CachedParameters:
    """The port of app.core.parameters: all values in one copy, right after every commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._life: float = CACHE_SECONDS.default
        self._cache: VersionedCache[str, dict[str, str]] = VersionedCache(VERSION, lambda: self._life)

    async def get(self, parameter: DeclaredParameter[T]) -> T:
        values = await self._cache.get(self._database.points, "all", self._load)
        return self._value(values, parameter)

    async def _load(self) -> dict[str, str]:
        async with self._database.work() as work, work.reading() as session:
            values = await repository.values(session)
        self._life = self._value(values, CACHE_SECONDS)
        return values

    def cache_seconds(self) -> float:
        """What other caches take as the life of a copy."""
        return self._life

    def _value(self, values: Mapping[str, str], parameter: DeclaredParameter[T]) -> T:
        kept = values.get(parameter.key)
        if kept is None:
            return parameter.default
        value: T = parse(kept, parameter.value_type)
        return value


async def ensure_parameters(database: Database) -> list[str]:
    """Keep a row for each parameter that is declared in code. Returns what was changed."""
    async with database.work() as work, work.reading() as reading:
        if set(declared_parameters()) <= await repository.kept_keys(reading):
            return []
    async with database.work() as work:
        session = await work.writing()
        # Asked again, now that nobody else writes: seeds may run at the same time.
        kept = await repository.kept_keys(session)
        missing = [parameter for key, parameter in declared_parameters().items() if key not in kept]
        session.add_all(map(_builtin, missing))
        await service.changed(session)
    return [f"added parameter {parameter.key}" for parameter in missing]


def _builtin(parameter: DeclaredParameter[Any]) -> Parameter:
    return Parameter(
        key=parameter.key,
        name=parameter.name,
        value=as_text(parameter.default),
        value_type=parameter.value_type,
        description=parameter.description,
        is_builtin=True,
        is_secret=parameter.is_secret,
    )
