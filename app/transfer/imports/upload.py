"""What comes in as a file: is it a workbook, and is it safe to open? Nothing here trusts what the file says."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from app.transfer.imports.errors import FileRefusedError

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
MOST_PARTS = 2_000
MOST_UNPACKED = 300 * 1024 * 1024
MOST_RATIO = 200
SMALL = 1024 * 1024  # whatever its ratio, this is no bomb
PIECE = 1024 * 1024
MOST_CELLS = 5_000_000  # a reader keeps the whole rectangle in memory, 24 bytes a cell
ENDLESS = 1 << 40
PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{0,4})([0-9]{0,9})[\"']")
CELL = re.compile(rb"<c\b([^>]*)>")
IS_ERROR = re.compile(rb"\bt\s*=\s*[\"']e[\"']")


@dataclass
class Extent:
    """How far the cells of one sheet go, and which of them hold an error instead of a value."""

    rows: int = 0
    columns: int = 0
    errors: set[tuple[int, int]] = field(default_factory=set)


def refuse_unless_workbook(file: BinaryIO, name: str) -> None:
    """By its first bytes, its parts and the sizes that it declares. Raises FileRefusedError."""
    head = file.read(len(OLE_MAGIC))
    if not head:
        raise FileRefusedError("file_empty")
    if head == OLE_MAGIC:
        rest = file.read(SMALL)
        raise FileRefusedError("file_encrypted" if ENCRYPTED_PACKAGE in rest else "file_type")
    if not head.startswith(ZIP_MAGIC):
        raise FileRefusedError("file_type")
    if name.lower().endswith((".xlsm", ".xltm", ".xlam")):
        raise FileRefusedError("file_macros")
    file.seek(0)
    with _opened(file) as archive:
        _refuse_parts(archive)


def _opened(file: BinaryIO | Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRefusedError("file_damaged") from error


def _refuse_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise FileRefusedError("file_bomb")
    for part in parts:
        if part.file_size > SMALL and part.file_size > MOST_RATIO * max(part.compress_size, 1):
            raise FileRefusedError("file_bomb")
        if part.flag_bits & 0x1:
            raise FileRefusedError("file_encrypted")
    if len({name.lower() for name in names}) != len(names):
        raise FileRefusedError("file_damaged")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefusedError("file_macros")
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= set(names):
        raise FileRefusedError("file_type")


def extents(path: Path) -> dict[str, Extent]:
    """By the name of the part of each sheet. Unpacks everything once, so that no size has to be believed."""
    with _opened(path) as archive:
        _refuse_parts(archive)
        unpacked, found = 0, {}
        for part in archive.infolist():
            seen = Extent()
            is_sheet = part.filename.lower().startswith("xl/worksheets/") and part.filename.endswith(".xml")
            carried = b""
            for piece in _pieces(archive, part):
                unpacked += len(piece)
                if unpacked > MOST_UNPACKED:
                    raise FileRefusedError("file_bomb")
                if is_sheet:
                    carried = _look(carried + piece, seen)
            if is_sheet:
                _look(carried + b"<", seen)
                found[part.filename] = seen
        return found


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    declared, read = part.file_size, 0
    part.file_size = ENDLESS  # read to the end of the packed data, whatever it says
    try:
        with archive.open(part) as source:
            while piece := source.read(PIECE):
                read += len(piece)
                yield piece
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise FileRefusedError("file_damaged") from error
    finally:
        part.file_size = declared
    if read != declared:
        raise FileRefusedError("file_damaged")


def _look(text: bytes, seen: Extent) -> bytes:
    """Take in the whole tags; what is left of the last one comes back."""
    if b"\0" in text[:64]:
        raise FileRefusedError("file_damaged")  # not UTF-8: another reader might see other places than this one
    end = text.rfind(b"<")
    if end <= 0:
        if len(text) > 4 * PIECE:
            raise FileRefusedError("file_damaged")
        return text
    for column, row in PLACE.findall(text, 0, end):
        seen.columns = max(seen.columns, _number(column))
        seen.rows = max(seen.rows, int(row or 0))
    if seen.rows * max(seen.columns, 1) > MOST_CELLS:
        raise FileRefusedError("sheet_too_large")
    if b'"e"' in text or b"'e'" in text:
        for cell in CELL.finditer(text, 0, end):
            place = PLACE.search(cell[1])
            if place and IS_ERROR.search(cell[1]):
                seen.errors.add((int(place[2] or 0), _number(place[1])))
    return text[end:]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
