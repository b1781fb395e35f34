"""The hottest lists, past the ORM: those that filter by nothing but columns' values (docs/decisions/0155)."""

from collections.abc import Iterable
from itertools import chain
from typing import Generic, TypeVar

from sqlalchemy import BindParameter, ColumnElement, bindparam
from sqlalchemy.sql import visitors

from app.core.at_once import RowQuery
from app.core.crud.schemas import PageQuery
from app.core.database import PointQuery, PointReader
from app.core.models import Record

LIMIT, OFFSET = "page_limit", "page_offset"

M = TypeVar("M", bound=Record)
Q = TypeVar("Q", bound=PageQuery)


def with_names_for_values(query: Q) -> Q:
    """The same question, whatever the values are that it filters by."""
    return query.model_copy(update={name: bindparam(name) for name, _ in query.filters()})


def holds_a_value(conditions: Iterable[ColumnElement[bool]]) -> bool:
    """Whether they are of one moment only, so that what is compiled from them must not be kept."""
    elements = chain.from_iterable(map(visitors.iterate, conditions))
    return any(isinstance(element, BindParameter) and not element.required for element in elements)


class PlainList(Generic[M]):
    """A page and its count as two statements that are compiled once. Both give None where that takes the database long.

    The rows belong to no session.
    """

    def __init__(self, rows: RowQuery[M], count: PointQuery) -> None:
        """`rows`: with parameters LIMIT and OFFSET besides the filters' own."""
        self._rows = rows
        self._count = count

    async def page(self, points: PointReader, query: PageQuery) -> list[M] | None:
        place = {LIMIT: query.page_size, OFFSET: query.offset}
        return await self._rows.read_if_brief(points, **place, **dict(query.filters()))

    async def count(self, points: PointReader, query: PageQuery) -> int | None:
        found = await points.all_if_brief(self._count, dict(query.filters()))
        return None if found is None else int(found[0][0])
