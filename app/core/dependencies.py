"""What routes ask for: settings, the release, the database work of this request."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import Database, Work
from app.core.operations import operation_of
from app.core.principal import CurrentPrincipal
from app.core.release import Release
from app.core.settings import Settings


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _release(request: Request) -> Release:
    release: Release = request.app.state.release
    return release


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


DatabaseDependency = Annotated[Database, Depends(_database)]


async def _work(request: Request, database: DatabaseDependency) -> AsyncIterator[Work]:
    async with database.work() as work:
        yield work
        operation = operation_of(request.scope)
        if operation is not None:
            operation.changes = work.changes
            await request.app.state.operation_log.record(await work.writing(), operation)
    if operation is not None:
        operation.is_recorded = True


# scope="function": the transaction ends before the answer is sent; "done" is never said of what failed to commit.
WorkDependency = Annotated[Work, Depends(_work, scope="function")]


async def _work_of_principal(work: WorkDependency, principal: CurrentPrincipal) -> Work:
    work.principal = principal
    return work


# For a signed-in person. In a plain Work nobody is known to write, and the product itself may do everything.
PrincipalWork = Annotated[Work, Depends(_work_of_principal, scope="function")]


async def _write_session(work: PrincipalWork) -> AsyncSession:
    return await work.writing()


async def _read_session(work: WorkDependency) -> AsyncIterator[AsyncSession]:
    async with work.reading() as session:
        yield session


ReadSession = Annotated[AsyncSession, Depends(_read_session, scope="function")]
WriteSession = Annotated[AsyncSession, Depends(_write_session, scope="function")]
SettingsDependency = Annotated[Settings, Depends(_settings)]
ReleaseDependency = Annotated[Release, Depends(_release)]
