"""Takes all data out: one moment of the database, a table after the other, in constant memory."""

import asyncio
import csv
import hashlib
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from app.backup.portable import repository
from app.backup.portable.errors import DiskFullError, RefusedError
from app.backup.portable.manifest import (
    FILES,
    FILES_FOLDER,
    FORMAT,
    MANIFEST,
    SECRETS_NOTE,
    ColumnPart,
    FilesPart,
    Manifest,
    TablePart,
)
from app.backup.portable.values import encode, kind_of
from app.core.clock import utc_now
from app.core.database import Database
from app.core.migrations import migration_heads
from app.core.release import read_release
from app.core.secret_box import SecretBox
from app.core.settings import Settings

T = TypeVar("T")
Progress = Callable[[float, str], Awaitable[None]]
PARTIAL = ".part"
FILE_MODE = 0o600
PIECE = 1024 * 1024
PACKING = 3  # the text of a table becomes a sixth of its size, in a third of the time of the usual 6
KEPT = re.compile(r"[0-9a-f]{2}")  # folders of what is kept; others hold what people asked for, with a day to live
SEALED = "sealed_"
KEPT_FREE = 256 * 1024 * 1024  # of the disk, for the database and the logs


class Entry:
    """One file in the zip while it is written: counts and hashes what goes in."""

    def __init__(self, target: IO[bytes], look_for_room: Callable[[], None] = lambda: None) -> None:
        self._target = target
        self._look_for_room = look_for_room
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, content: bytes) -> None:
        self._look_for_room()
        self._target.write(content)
        self._hash.update(content)
        self.bytes += len(content)

    def write_rows(self, rows: Sequence[Sequence[str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        self.write(text.getvalue().encode())

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Writer:
    """The zip. A name is either whole or not there: it is written beside and renamed by `finish`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + PARTIAL)
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.fdopen(os.open(self._part, flags, FILE_MODE), "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=PACKING)

    @contextmanager
    def entry(self, name: str, *, packed: bool = True) -> Iterator[Entry]:
        info = zipfile.ZipInfo(name, utc_now().timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info._compresslevel = PACKING  # type: ignore[attr-defined]  # the only way for one entry before Python 3.13
        info.external_attr = FILE_MODE << 16
        with self._zip.open(info, "w", force_zip64=True) as target:
            yield Entry(target, self._look_for_room)

    def _look_for_room(self) -> None:
        """A full disk would stop everybody's work, not only this."""
        found = os.fstatvfs(self._file.fileno())
        if found.f_bavail * found.f_frsize < KEPT_FREE:
            raise DiskFullError("The disk is nearly full: there is no room for this file.")

    def finish(self) -> int:
        """Bytes of the whole file, which is there from now on."""
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        size = os.fstat(self._file.fileno()).st_size
        self._part.rename(self._path)
        return size

    def close(self) -> None:
        # What was not finished is thrown away, whatever the zip thinks of it.
        with suppress(ValueError, OSError):
            self._zip.close()
        self._file.close()
        self._part.unlink(missing_ok=True)


async def _whole(call: Callable[..., T], *arguments: Any) -> T:
    """In a thread; also when cancelled it has ended afterwards: nobody may close what it writes to."""
    working = asyncio.ensure_future(asyncio.to_thread(call, *arguments))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait({working})
        raise


async def export(database: Database, path: Path, *, files: bool, progress: Progress) -> tuple[Manifest, int]:
    """Write all data to `path` while others go on working. Returns what is in it, and its bytes."""
    settings = database.settings
    writer = await asyncio.to_thread(Writer, path)
    try:
        async with database.work() as work, work.reading() as session:
            revisions = await repository.begin_snapshot(session)
            if revisions != migration_heads(settings):
                raise RefusedError(
                    f"The database is at {', '.join(sorted(revisions)) or 'nothing'}, which is not what this release "
                    "was written for. First: python -m app db upgrade"
                )
            parts = await _tables(session, writer, progress)
            dialect = session.get_bind().dialect.name
        found = await _whole(_write_files, writer, settings.output_path) if files else None
        manifest = _manifest(settings, next(iter(revisions)), dialect, parts, found)
        return manifest, await _whole(_finish, writer, manifest)
    finally:
        await asyncio.to_thread(writer.close)


async def _tables(session: AsyncSession, writer: Writer, progress: Progress) -> list[TablePart]:
    tables = repository.exported_tables()
    total = sum([await repository.count(session, source) for source in tables]) or 1
    parts, done = [], 0
    for source in tables:
        columns = [ColumnPart(name=each.name, kind=kind_of(each), nullable=bool(each.nullable)) for each in source.c]
        kinds = [each.kind for each in columns]
        rows = 0
        with writer.entry(f"{source.name}.csv") as entry:
            await _whole(entry.write_rows, [[each.name for each in columns]])
            async for some in repository.rows(session, source):
                await _whole(_write, entry, kinds, some)
                rows += len(some)
                await progress((done + rows) / total, source.name)
        done += rows
        parts.append(_part(source, columns, entry, rows, await repository.last_id(session, source)))
    return parts


def _write(entry: Entry, kinds: Sequence[Any], rows: Sequence[Sequence[Any]]) -> None:
    entry.write_rows([[encode(kind, value) for kind, value in zip(kinds, row, strict=True)] for row in rows])


def _part(source: Table, columns: list[ColumnPart], entry: Entry, rows: int, last_id: int | None) -> TablePart:
    return TablePart(
        name=source.name,
        file=f"{source.name}.csv",
        rows=rows,
        bytes=entry.bytes,
        sha256=entry.sha256,
        columns=columns,
        primary_key=[each.name for each in source.primary_key],
        last_id=last_id,
        keeps_ids=repository.keeps_ids(source),
    )


def files_below(root: Path) -> Iterator[Path]:
    """What jobs made and is kept, by name; not what is being written at the moment."""
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders[:], names = [each for each in folders if KEPT.fullmatch(each)], []
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if not name.endswith(PARTIAL) and path.is_file() and not path.is_symlink():
                yield path


def _write_files(writer: Writer, root: Path) -> FilesPart:
    count = size = 0
    with tempfile.TemporaryFile() as kept:
        listed = Entry(kept)
        for path in files_below(root):
            name = path.relative_to(root).as_posix()
            try:
                source = path.open("rb")
            except FileNotFoundError:
                continue  # removed meanwhile, with its row
            with source, writer.entry(FILES_FOLDER + name, packed=False) as entry:
                while piece := source.read(PIECE):
                    entry.write(piece)
            listed.write_rows([[name, str(entry.bytes), entry.sha256]])
            count, size = count + 1, size + entry.bytes
        kept.seek(0)
        with writer.entry(FILES) as target:
            while piece := kept.read(PIECE):
                target.write(piece)
    return FilesPart(count=count, bytes=size, sha256=listed.sha256)


def secret_key_mark(settings: Settings) -> str:
    return SecretBox.of(settings, "data_export").mark


def _manifest(
    settings: Settings, revision: str, dialect: str, parts: list[TablePart], files: FilesPart | None
) -> Manifest:
    release = read_release(settings.manifest)
    sealed = [f"{part.name}.{each.name}" for part in parts for each in part.columns if each.name.startswith(SEALED)]
    return Manifest(
        format=FORMAT,
        product=settings.name,
        version=release.version,
        release=release.id,
        revision=revision,
        dialect=dialect,
        made_at=utc_now(),
        secret_key_mark=secret_key_mark(settings),
        sealed_columns=sealed,
        note=SECRETS_NOTE,
        tables=parts,
        files=files,
    )


def _finish(writer: Writer, manifest: Manifest) -> int:
    with writer.entry(MANIFEST) as entry:
        entry.write(manifest.model_dump_json(indent=2).encode())
    return writer.finish()
