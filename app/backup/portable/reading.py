"""Reads an export: a row at a time, and every byte is held against what the manifest says of it."""

import csv
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from pydantic import ValidationError

from app.backup.portable.errors import DamagedError, RefusedError
from app.backup.portable.manifest import (
    FILES,
    FILES_FOLDER,
    FORMAT,
    LARGEST_MANIFEST,
    MANIFEST,
    Manifest,
    TablePart,
)
from app.backup.portable.values import decode

LONGEST_CELL = 256 * 1024 * 1024
PIECE = 1024 * 1024
# Below the folder of files, and nowhere else.
SAFE_NAME = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/){0,4}[A-Za-z0-9_-][A-Za-z0-9._-]*")
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, csv.Error, UnicodeDecodeError, NotImplementedError, RuntimeError)


class _Measured(io.RawIOBase):
    """What is read from an entry: counted, hashed, and never more than was promised."""

    def __init__(self, source: Any, most: int) -> None:
        self._source = source
        self._most = most
        self._hash = hashlib.sha256()
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._source.read(len(buffer))
        buffer[: len(content)] = content
        self._hash.update(content)
        self.count += len(content)
        if self.count > self._most:
            raise zipfile.BadZipFile("more than the manifest says")
        return len(content)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Archive:
    """An export, open for reading."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise DamagedError(f"{path} cannot be read as a zip: {error}") from error
        try:
            self.manifest = self._manifest()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def _manifest(self) -> Manifest:
        try:
            info = self._zip.getinfo(MANIFEST)
        except KeyError:
            raise DamagedError(f"There is no {MANIFEST} in it: this is no export of all data.") from None
        with self._damage(MANIFEST), self._zip.open(info) as source:
            content = source.read(LARGEST_MANIFEST)
        try:
            manifest = Manifest.model_validate_json(content)
        except ValidationError as error:
            raise DamagedError(f"{MANIFEST} does not say what it must: {error.errors()[0]['msg']}.") from None
        if manifest.format > FORMAT:
            raise RefusedError(
                f"It was made by release {manifest.version} in form {manifest.format}; this release reads up to "
                f"{FORMAT}. Update this installation first."
            )
        return manifest

    @contextmanager
    def _damage(self, name: str, line: Callable[[], int] | None = None) -> Iterator[None]:
        try:
            yield
        except BROKEN as error:
            where = f"{name}, row {line()}" if line else name
            raise DamagedError(f"{where}: damaged ({error}).") from error

    @contextmanager
    def _entry(self, name: str, size: int, sha256: str) -> Iterator[_Measured]:
        """To be read to its end: then it is what it was when it was made."""
        try:
            source = self._zip.open(name)
        except KeyError:
            raise DamagedError(f"{name} is missing.") from None
        with source:
            measured = _Measured(source, size)
            yield measured
            if measured.count != size or measured.sha256 != sha256:
                raise DamagedError(f"{name} was changed since it was made: its hash is another.")

    def rows(self, part: TablePart) -> Iterator[list[Any]]:
        """Each row's values, in the order of the part's columns. Whole only when it was read to its end."""
        csv.field_size_limit(LONGEST_CELL)
        kinds, number = [each.kind for each in part.columns], 0
        with self._damage(part.file, lambda: number), self._entry(part.file, part.bytes, part.sha256) as measured:
            reader = csv.reader(io.TextIOWrapper(io.BufferedReader(measured, PIECE), "utf-8", newline=""), strict=True)
            if next(reader, None) != [each.name for each in part.columns]:
                raise DamagedError(f"{part.file}: its columns are not those of the manifest.")
            for cells in reader:
                number += 1
                yield _decoded(part, kinds, cells, number)
            if number != part.rows:
                raise DamagedError(f"{part.file} has {number} rows; the manifest says {part.rows}.")

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Each file's name and its content in pieces, which are to be read before the next one is asked for."""
        part = self.manifest.files
        if part is None:
            return
        for name, size, sha256 in self._listed(part.sha256):
            yield name, self._pieces(name, size, sha256)

    def _listed(self, sha256: str) -> list[tuple[str, int, str]]:
        try:
            info = self._zip.getinfo(FILES)
        except KeyError:
            raise DamagedError(f"{FILES} is missing.") from None
        found = []
        with self._damage(FILES), self._entry(FILES, info.file_size, sha256) as measured:
            for cells in csv.reader(io.TextIOWrapper(io.BufferedReader(measured), "utf-8", newline="")):
                if len(cells) != 3 or not SAFE_NAME.fullmatch(cells[0]) or not cells[1].isdecimal():
                    raise DamagedError(f"{FILES}: names a file that cannot be.")
                found.append((cells[0], int(cells[1]), cells[2]))
        if self.manifest.files is not None and len(found) != self.manifest.files.count:
            raise DamagedError(f"{FILES} has {len(found)} files; the manifest says {self.manifest.files.count}.")
        return found

    def _pieces(self, name: str, size: int, sha256: str) -> Iterator[bytes]:
        with self._damage(FILES_FOLDER + name), self._entry(FILES_FOLDER + name, size, sha256) as measured:
            while piece := measured.read(PIECE):
                yield piece

    def check(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Read all of it. Raises DamagedError with the first thing that is not as it was."""
        known = {MANIFEST, *(part.file for part in self.manifest.tables)}
        names = [each for each in self._zip.namelist() if not each.startswith(FILES_FOLDER) and each != FILES]
        if len(set(names)) != len(names) or set(names) != known:
            raise DamagedError(f"The files in it are not those of the manifest: {sorted(known ^ set(names))[:5]}.")
        for part in self.manifest.tables:
            for _ in self.rows(part):
                """Each is decoded, and the end is held against the manifest."""
            tell(f"{part.name}: {part.rows} rows")
        for _, pieces in self.files():
            for _piece in pieces:
                """The same."""
        if self.manifest.files is not None:
            tell(f"files: {self.manifest.files.count}")


def _decoded(part: TablePart, kinds: Sequence[Any], cells: list[str], number: int) -> list[Any]:
    if len(cells) != len(kinds):
        raise DamagedError(f"{part.file}, row {number}: {len(cells)} cells where there are {len(kinds)} columns.")
    values = []
    for each, kind, text in zip(part.columns, kinds, cells, strict=True):
        try:
            values.append(decode(kind, text))
        except ValueError:
            raise DamagedError(f"{part.file}, row {number}: {each.name} is no {kind}.") from None
    return values
