"""What can be done with every resource. `Service(...)` is enough; a subclass overrides the step that is its own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud.repository import Repository, names_of
from app.core.crud.schemas import Page, PageQuery, page_of
from app.core.errors import ErrorCode, ProblemError
from app.core.models import Record
from app.core.operations import note_change
from app.core.schemas import Answer
from app.core.versions import bump

M = TypeVar("M", bound=Record)
A = TypeVar("A", bound=Answer)


class Service(Generic[M, A]):
    """Changes are flushed, never committed. A name that is taken is answered as a conflict (core/problems.py)."""

    def __init__(
        self, resource: str, plural: str, repository: Repository[M], answer: type[A], *, version: str | None = None
    ) -> None:
        """`resource`, `plural`: names such as `role`, `roles`. `version`: what a change makes cached copies old of."""
        self.resource = resource
        self.plural = plural
        self.repository = repository
        self.answer = answer
        self.page_answer = page_of(answer)
        self.version = version
        self._of_row = [name for name in answer.model_fields if hasattr(repository.model, name)]
        self._is_audited = "creator_name" in answer.model_fields

    # What a subclass may say about its own resource.

    def title(self, row: M) -> str:
        """What a person calls this row, in the recycle bin."""
        return str(getattr(row, "name", row.id))

    async def check(self, session: AsyncSession, row: M) -> None:
        """Raise ProblemError when the row, new or changed and not yet flushed, breaks a rule."""

    async def check_delete(self, session: AsyncSession, rows: Sequence[M]) -> None:
        """Raise ProblemError when one of the rows must stay."""

    async def check_restore(self, session: AsyncSession, rows: Sequence[M]) -> None:
        """Raise ProblemError when one of the rows cannot come back."""

    async def before_purge(self, session: AsyncSession, rows: Sequence[M]) -> None:
        """Remove what belongs to the rows. What else refers to them makes the purge a conflict."""

    async def more(self, session: AsyncSession, rows: Sequence[M]) -> Mapping[int, Mapping[str, Any]]:
        """Fields of the answer that are no columns, by id: one query for all rows."""
        return {}

    # Reading.

    async def page(self, session: AsyncSession, query: PageQuery) -> Page[A]:
        rows = await self.repository.page(session, query)
        total, is_exact = await self.repository.count(session, query)
        return self.page_answer(
            items=await self.answers(session, rows),
            total=total,
            total_is_exact=is_exact,
            page=query.page,
            page_size=query.page_size,
        )

    async def get(self, session: AsyncSession, id_: int) -> M:
        row = await self.repository.get(session, id_)
        if row is None:
            raise ProblemError(ErrorCode.NOT_FOUND)
        return row

    async def all_of(self, session: AsyncSession, ids: Iterable[int], *, deleted: bool = False) -> list[M]:
        """Each of them, or not found: a batch is done whole or not at all."""
        wanted = set(ids)
        rows = await self.repository.many(session, wanted, deleted=deleted)
        if len(rows) != len(wanted):
            raise ProblemError(ErrorCode.NOT_FOUND, "At least one of them is not there.")
        return rows

    async def answers(self, session: AsyncSession, rows: Sequence[M]) -> list[A]:
        people = [id_ for row in rows for id_ in (row.creator_id, row.modifier_id)] if self._is_audited else []
        names = await names_of(session, people)
        more = await self.more(session, rows)
        return [self._answer(row, names, more.get(row.id, {})) for row in rows]

    async def one(self, session: AsyncSession, row: M) -> A:
        return (await self.answers(session, [row]))[0]

    def _answer(self, row: M, names: Mapping[int, str], more: Mapping[str, Any]) -> A:
        loaded = vars(row)  # past the attributes of the ORM, which would be most of what an answer costs
        fields = {name: loaded[name] if name in loaded else getattr(row, name) for name in self._of_row}
        audit = {}
        if self._is_audited:
            audit = {"creator_name": names.get(row.creator_id or 0), "modifier_name": names.get(row.modifier_id or 0)}
        return self.answer(**{**audit, **fields, **more})

    # Writing.

    async def create(self, session: AsyncSession, values: Mapping[str, Any]) -> M:
        row = self.repository.model(**values)
        await self.check(session, row)
        session.add(row)
        await self.changed(session)
        return row

    async def create_many(self, session: AsyncSession, values: Sequence[Mapping[str, Any]]) -> list[M]:
        """The same as `create` of each, in a few statements for all; an error does not tell which of them it is."""
        rows = [self.repository.model(**each) for each in values]
        for row in rows:
            await self.check(session, row)
        session.add_all(rows)
        await self.changed(session)
        return rows

    async def update(self, session: AsyncSession, id_: int, values: Mapping[str, Any]) -> M:
        row = await self.get(session, id_)
        with session.no_autoflush:
            for name, value in values.items():
                setattr(row, name, value)
            await self.check(session, row)
        await self.changed(session)
        return row

    async def delete(self, session: AsyncSession, ids: Iterable[int]) -> None:
        rows = await self.all_of(session, ids)
        await self.check_delete(session, rows)
        for row in rows:
            row.is_deleted = True
        await self.changed(session)

    async def restore(self, session: AsyncSession, ids: Iterable[int]) -> None:
        rows = await self.all_of(session, ids, deleted=True)
        await self.check_restore(session, rows)
        for row in rows:
            row.is_deleted = False
        await self.changed(session)

    async def enable(self, session: AsyncSession, ids: Iterable[int], *, is_enabled: bool) -> None:
        for row in await self.all_of(session, ids):
            setattr(row, "is_enabled", is_enabled)  # noqa: B010 - only resources with this column have the route
            await self.check(session, row)
        await self.changed(session)

    async def purge(self, session: AsyncSession, ids: Iterable[int]) -> None:
        rows = await self.all_of(session, ids, deleted=True)
        await self.before_purge(session, rows)
        for row in rows:
            note_change(session, row.__tablename__, {"purged": (self.title(row), None)}, row.id)
        await self.repository.purge(session, rows)
        await self.changed(session)

    async def changed(self, session: AsyncSession) -> None:
        """Send the changes to the database, and tell every worker's cache, in the same transaction."""
        await session.flush()
        if self.version:
            await bump(session, self.version)
