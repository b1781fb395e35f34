"""Brings an export in: the schema as it was then, the rows, then every migration since, all in one transaction.

The old data, if a seed's can be called that, is there until the new is. Only the command line does this: it takes the
ground from under whoever is at work (docs/decisions/0140).
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection

from app.backup.portable import repository
from app.backup.portable.errors import DamagedError, RefusedError
from app.backup.portable.manifest import Manifest, TablePart
from app.backup.portable.reading import Archive
from app.backup.portable.writing import PARTIAL, secret_key_mark
from app.core.databases import provider_of
from app.core.databases.port import Hold, Provider
from app.core.migrations import (
    CONNECTION_KEY,
    alembic_config,
    is_ours,
    script_directory,
)
from app.core.settings import Settings

ROWS_AT_ONCE = 500
WORKER_SECONDS = 3.0
CHARACTERS_AT_ONCE = 4 * 1024 * 1024
FOLDER_MODE = 0o750
NUL, REPLACEMENT = "\0", "\ufffd"
# What seeds write, and what comes of the link check's logging in: no data of people yet.
SEEDED = frozenset(
    {
        "chat_provider",
        "core_event",
        "core_version",
        "iam_login_failure",
        "iam_login_log",
        "iam_menu",
        "iam_permission",
        "iam_role",
        "iam_role_menu",
        "iam_seeded",
        "iam_session",
        "iam_user",
        "iam_user_role",
        "images_provider",
        "job",
        "job_event",
        "job_worker",
        "system_dictionary_item",
        "system_dictionary_type",
        "system_operation_log",
        "system_parameter",
    }
)
# Of these it says nothing that somebody is named: logging in does it.
TRACES = frozenset({"iam_session", "iam_login_failure", "iam_user", "system_operation_log", "job"})


@dataclass
class Loaded:
    manifest: Manifest
    rows: int = 0
    files: int = 0
    replaced: int = field(default=0, metadata={"doc": "Texts with a character that PostgreSQL does not keep."})
    sealed: int = field(default=0, metadata={"doc": "Keys that the secret key of this installation does not open."})
    unreadable: frozenset[str] = frozenset()


def load(
    settings: Settings,
    path: Path,
    *,
    into_empty_only: bool,
    migrate_engine: Callable[[Settings], None],
    tell: Callable[[str], None],
) -> Loaded:
    """Raises RefusedError or DamagedError, and then nothing was changed. `migrate_engine`: makes what jobs need."""
    with Archive(path) as archive:
        manifest = archive.manifest
        if manifest.revision not in {each.revision for each in script_directory(settings).walk_revisions()}:
            raise RefusedError(
                f"It was made by release {manifest.version} at the schema {manifest.revision}, which this release does "
                "not know. Update this installation first."
            )
        tell("reading all of it")
        archive.check()
        provider = provider_of(settings)
        provider.prepare()
        with _no_worker(provider), provider.sole_writer():
            loaded = _load(settings, archive, into_empty_only=into_empty_only, tell=tell)
            migrate_engine(settings)
    return loaded


@contextmanager
def _no_worker(provider: Provider) -> Iterator[None]:
    """Hold what a worker holds: jobs must not run on rows that are being replaced."""

    async def try_to_hold() -> Hold | None:
        try:
            async with asyncio.timeout(WORKER_SECONDS):
                return await provider.sole_worker(asyncio.Event())
        except TimeoutError:
            return None

    with asyncio.Runner() as runner:
        hold = runner.run(try_to_hold())
        if hold is None:
            raise RefusedError("The worker is at work. Stop the product first, then import.")
        try:
            yield
        finally:
            runner.run(hold.let_go())


def _load(settings: Settings, archive: Archive, *, into_empty_only: bool, tell: Callable[[str], None]) -> Loaded:
    loaded = Loaded(archive.manifest)
    if archive.manifest.secret_key_mark != secret_key_mark(settings):
        loaded.unreadable = frozenset(archive.manifest.sealed_columns)
    provider = provider_of(settings)
    engine = provider.migrations()
    try:
        with engine.begin() as connection:
            versions = _refuse_data(connection, into_empty_only=into_empty_only)
            repository.drop_all(connection)
            _migrate(settings, connection, archive.manifest.revision)
            parts = archive.manifest.tables
            with repository.references_checked_later(connection, [part.name for part in parts]):
                for part in parts:
                    loaded.rows += _load_table(connection, archive, part, loaded)
                    tell(f"{part.name}: {part.rows} rows")
            _migrate(settings, connection, "head")
            for part in parts:
                repository.set_last_id(connection, part)
            repository.advance_cache_versions(connection, versions)
            provider.refuse_broken_references(connection)
            loaded.files = _load_files(settings, archive)
    finally:
        engine.dispose()
    return loaded


def _refuse_data(connection: Connection, *, into_empty_only: bool) -> list[dict[str, Any]]:
    """Raise unless there is nothing that anybody would miss. Returns the versions of the caches that there were."""
    ours = sorted(
        name for name in repository.present(connection) if is_ours(name, "table", None) and name != "alembic_version"
    )
    filled = [name for name in ours if repository.holds_rows(connection, name)]
    if into_empty_only and filled:
        raise RefusedError(f"The database is not empty: {', '.join(filled[:5])}. Nothing was changed.")
    held = [name for name in filled if name not in SEEDED]
    held += [
        name for name in filled if name in SEEDED and name not in TRACES and repository.made_by_people(connection, name)
    ]
    if held:
        raise RefusedError(
            f"This installation holds data already ({', '.join(held[:5])}): an import would replace it. Nothing was "
            "changed. Import into a new installation."
        )
    if "iam_user" in filled and repository.people(connection) > 1:
        raise RefusedError(
            "This installation has accounts already besides the first administrator's: an import would replace them. "
            "Nothing was changed. Import into a new installation."
        )
    return repository.cache_versions(connection) if "core_version" in filled else []


def _migrate(settings: Settings, connection: Connection, revision: str) -> None:
    config = alembic_config(settings)
    config.attributes[CONNECTION_KEY] = connection
    command.upgrade(config, revision)


def _load_table(connection: Connection, archive: Archive, part: TablePart, loaded: Loaded) -> int:
    try:
        target = repository.target_of(connection, part)
    except KeyError as error:
        raise DamagedError(f"The schema {archive.manifest.revision} has no {error.args[0]}.") from None
    names = [each.name for each in part.columns]
    kinds = {each.name: each.kind for each in part.columns}
    sealed = [name for name in names if f"{part.name}.{name}" in loaded.unreadable]
    some: list[dict[str, Any]] = []
    size = 0
    for values in archive.rows(part):
        if connection.dialect.name == repository.POSTGRESQL:
            loaded.replaced += _without_nul(values)
        row = dict(zip(names, values, strict=True))
        loaded.sealed += sum(row[name] is not None for name in sealed)
        some.append(row)
        size += sum(len(value) for value in values if isinstance(value, str | bytes))
        if len(some) >= ROWS_AT_ONCE or size >= CHARACTERS_AT_ONCE:
            repository.add_rows(connection, target, kinds, some)
            some, size = [], 0
    if some:
        repository.add_rows(connection, target, kinds, some)
    counted = repository.counted(connection, part.name)
    if counted != part.rows:
        raise DamagedError(f"{part.name} has {counted} rows after loading {part.rows}.")
    return part.rows


def _without_nul(values: list[Any]) -> int:
    """PostgreSQL keeps no NUL in a text; it is shown as what cannot be shown. How many texts had one."""
    found = 0
    for place, value in enumerate(values):
        if isinstance(value, str) and NUL in value:
            values[place] = value.replace(NUL, REPLACEMENT)
            found += 1
    return found


def _load_files(settings: Settings, archive: Archive) -> int:
    """Before the rows are committed: a file without a row is swept one day, a row without its file is broken."""
    count = 0
    for name, pieces in archive.files():
        path = settings.output_path / name
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        part = path.with_name(path.name + PARTIAL)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
        try:
            with os.fdopen(descriptor, "wb") as target:
                for piece in pieces:
                    target.write(piece)
                target.flush()
                os.fsync(target.fileno())
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
        count += 1
    return count
