"""Files that are no workbook to import: each refused by its own code, in words, and nothing of it is kept."""

import io
import zipfile
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.transfer.imports import upload
from app.transfer.imports.errors import REFUSALS, FileRefusedError
from tests.app.account.by_mail import set_parameter
from tests.app.harness import problem_code
from tests.app.transfer.conftest import Desk, workbook

GOOD = workbook([("User name", "Name"), ("ann", "Ann")])
OLE = upload.OLE_MAGIC + b"\0" * 600
SHEET = "xl/worksheets/sheet1.xml"


def _with(name: str, content: bytes) -> bytes:
    """The good one with one part more, or another one."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            if part.filename != name:
                target.writestr(part.filename, source.read(part))
        target.writestr(name, content)
    return written.getvalue()


def _sheet(rows: bytes) -> bytes:
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return _with(SHEET, head + rows + b"</sheetData></worksheet>")


def _lying() -> bytes:
    """Declares, in the directory at its end, that its sheet is small."""
    content = bytearray(_sheet(b"<row/>" * 100_000))
    entry = content.rindex(SHEET.encode()) - 46
    content[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.xlsx", "file_empty"),
        (b"a,b\n1,2\n", "a.csv", "file_type"),
        (b"%PDF-1.7", "a.xlsx", "file_type"),
        (OLE, "a.xls", "file_type"),
        (OLE + upload.ENCRYPTED_PACKAGE, "a.xlsx", "file_encrypted"),
        (GOOD, "a.xlsm", "file_macros"),
        (_with("xl/vbaProject.bin", b"x"), "a.xlsx", "file_macros"),
        (_with("xl/media/big", b"\0" * 30_000_000), "a.xlsx", "file_bomb"),
        (GOOD[:500], "a.xlsx", "file_damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_at_once(desk: Desk, content: bytes, name: str, code: str) -> None:
    answer = await desk.send("users", content, name)
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    (error,) = answer.json()["errors"]
    assert (error["loc"], error["code"], error["message"]) == (["body", "file"], code, REFUSALS[code])
    assert not list(desk.studio.app.state.settings.output_path.glob("sheets/*"))


CHECKED = [
    (_lying(), "file_damaged"),
    (_sheet(b'<row r="1"><c r="XFD1048576"><v>1</v></c></row>'), "sheet_too_large"),
    (_sheet(b'<row r="999999"><c r="A999999"><v>1</v></c></row>'), "too_many_rows"),
    (_with("xl/workbook.xml", b"<nonsense"), "file_damaged"),
    (workbook([("Nothing", "Known"), ("a", "b")]), "headings_missing"),
    (workbook([("Name",), ("Ann",)]), "headings_missing"),
    (workbook([("User name", "username"), ("a", "b")]), "headings_twice"),
    (workbook([("User name", "Name")]), "no_rows"),
    (workbook([("Key", "Type", "Value"), ("a", "c", "d")]), "wrong_sheet"),
]


@pytest.mark.parametrize(("content", "code"), CHECKED, ids=[code for _, code in CHECKED])
async def test_by_the_check(desk: Desk, content: bytes, code: str) -> None:
    found = await desk.check("users", content)
    assert (found["state"], found["failure"]["code"], found["may_confirm"]) == ("refused", code, False)


async def test_more_rows_or_bytes_than_may_be(desk: Desk, app: FastAPI) -> None:
    await set_parameter(app, "transfer.import_rows", "1", "integer")
    assert (await desk.check("users", GOOD))["state"] == "checked"
    found = await desk.check("users", workbook([("User name",), ("a",), ("b",)]))
    assert (found["failure"]["code"], found["failure"]["details"]) == ("too_many_rows", {"most": 1})
    answer = await desk.send("users", b"PK\x03\x04" + b"\0" * 20_000_000)
    assert (answer.status_code, problem_code(answer)) == (413, "payload_too_large")
    assert (await desk.person.send("POST", "/parameters", {"key": "x" * 2_000_000})).status_code == 413


def test_the_bound_holds_for_what_really_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(_sheet(b"<row>" + b"<c><v>1</v></c>" * 50_000 + b"</row>"))
    assert upload.extents(path)
    monkeypatch.setattr(upload, "MOST_UNPACKED", 2_000_000)
    monkeypatch.setattr(upload, "_refuse_parts", lambda archive: None)
    path.write_bytes(_sheet(b"<row>" + b"<c><v>1</v></c>" * 200_000 + b"</row>"))
    with pytest.raises(FileRefusedError, match="file_bomb"):
        upload.extents(path)
