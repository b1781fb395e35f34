"""Imports, what was wrong with them, and what they changed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Base, Record, live_index

TABLE = "transfer_import"


class ImportState(StrEnum):
    CHECKING = "checking"
    CHECKED = "checked"
    REFUSED = "refused"  # the file as a whole, or the check did not come to its end
    IMPORTING = "importing"
    DONE = "done"
    BROKEN_OFF = "broken_off"  # some batches are in, and can be taken back
    UNDOING = "undoing"
    UNDONE = "undone"


class Import(Record):
    __tablename__ = TABLE
    __table_args__ = (live_index(TABLE, "creator_id", "created_at"), Index(f"ix_{TABLE}_kept_until", "kept_until"))

    resource: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(200))
    file_key: Mapped[str] = mapped_column(String(32))
    annotated_key: Mapped[str | None] = mapped_column(String(32))
    bytes: Mapped[int]
    locale: Mapped[str] = mapped_column(String(16))
    time_zone: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default=ImportState.CHECKING)
    job_id: Mapped[int | None] = mapped_column(doc="The latest: of the check, the import or the undo.")
    row_count: Mapped[int] = mapped_column(default=0)
    create_count: Mapped[int] = mapped_column(default=0, doc="Of the check; then of what was done.")
    update_count: Mapped[int] = mapped_column(default=0)
    same_count: Mapped[int] = mapped_column(default=0)
    error_count: Mapped[int] = mapped_column(default=0)
    undone_count: Mapped[int] = mapped_column(default=0)
    kept_count: Mapped[int] = mapped_column(default=0, doc="Rows that an undo left alone: changed since.")
    done_rows: Mapped[int] = mapped_column(default=0, doc="Of the sheet: where to go on after an interruption.")
    ignored: Mapped[list[str]] = mapped_column(JSON, default=list, doc="Headings that were left out.")
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), doc="As JobFailure.")
    kept_until: Mapped[datetime] = mapped_column(doc="Until then it can be confirmed or taken back.")


class ImportIssue(Base):
    """One thing that is wrong, or a row that an undo left alone. The value is not repeated."""

    __tablename__ = "transfer_import_issue"
    __table_args__ = (Index("ix_transfer_import_issue_import_id", "import_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("transfer_import.id"))
    stage: Mapped[str] = mapped_column(String(16))
    row: Mapped[int] = mapped_column(doc="Of the sheet, as a spreadsheet counts.")
    cell: Mapped[str | None] = mapped_column(String(16), doc="Such as B7; of the whole row none.")
    heading: Mapped[str | None] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(Text)


class ImportChange(Base):
    """What an import did to one row, to be able to take it back."""

    __tablename__ = "transfer_import_change"
    __table_args__ = (Index("ix_transfer_import_change_import_id", "import_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("transfer_import.id"))
    row: Mapped[int]
    record_id: Mapped[int]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), doc="None: it was made.")
    after: Mapped[str] = mapped_column(String(64), doc="Digest of the row as the import left it.")
    is_undone: Mapped[bool] = mapped_column(default=False)
