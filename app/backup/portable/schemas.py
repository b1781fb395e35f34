"""What goes in and out of the routes and jobs of exports of all data."""

from datetime import datetime

from pydantic import Field

from app.core.crud import Body
from app.core.schemas import Answer


class DataExportCreate(Body):
    files: bool = Field(False, description="With the pictures that were made.")


class Sweep(Body):
    """Without arguments."""


class DataExportResult(Answer):
    """The result of a job of the kind `data.export`."""

    download_url: str = Field(description="Holds as long as the file is kept; whoever has it may take the file.")
    expires_at: datetime
    bytes: int
    tables: int
    rows: int
    files: int | None = Field(description="Null: without files.")
