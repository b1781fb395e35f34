"""What goes in and out of the export routes."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints

from app.core.crud import Body, Code
from app.core.schemas import Answer
from app.core.sheets import Locale

MOST_COLUMNS = 100


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be the name of a time zone") from None
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$"), AfterValidator(_known_zone)]
Asked = Annotated[str, StringConstraints(max_length=512)] | int | bool


class Spoken(Body):
    """How a workbook is written: the language of its words, the zone of its times."""

    locale: Locale = "en"
    time_zone: TimeZone = "UTC"


class ExportBody(Spoken):
    resource: Code
    query: dict[Code, Asked] = Field({}, max_length=40, description="The list's own filters and order.")
    columns: list[Code] = Field(
        [], max_length=MOST_COLUMNS, description="In the order they are wanted; none: all of them."
    )


class ExportResult(Answer):
    """What the job ends with."""

    download_url: str = Field(description="For whoever has it, until it ends.")
    file_name: str
    bytes: int
    rows: int
    expires_at: datetime


class SheetColumn(Answer):
    name: str
    heading: str
    is_imported: bool


class SheetAnswer(Answer):
    """A list as a workbook, as far as the caller may have it."""

    resource: str
    title: str
    may_export: bool
    may_import: bool
    columns: list[SheetColumn]
