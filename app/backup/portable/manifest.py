"""What an export says of itself: `manifest.json` in the zip. Later releases read it: `FORMAT` counts its changes."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files.csv"
FILES_FOLDER = "files/"
LARGEST_MANIFEST = 4 * 1024 * 1024
SECRETS_NOTE = (
    "Everything is in here: password hashes, sessions, what people wrote. Keys of other services are sealed with the "
    "secret key of the product that made this file, and can be opened only where that secret key is in force."
)

Kind = Literal["integer", "float", "text", "boolean", "moment", "json", "bytes"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")  # a later release may say more


class ColumnPart(_Part):
    name: str
    kind: Kind
    nullable: bool


class TablePart(_Part):
    name: str
    file: str
    rows: int = Field(ge=0)
    bytes: int = Field(ge=0)
    sha256: str
    columns: list[ColumnPart] = Field(min_length=1)
    primary_key: list[str]
    last_id: int | None = Field(None, description="The largest id that was ever given.")
    keeps_ids: bool = Field(False, description="An id is never given twice, also after its row was removed.")


class FilesPart(_Part):
    count: int = Field(ge=0)
    bytes: int = Field(ge=0)
    sha256: str = Field(description="Of the list of files, which has each one's own.")


class Manifest(_Part):
    format: int
    product: str
    version: str
    release: str
    revision: str = Field(pattern=r"^[0-9A-Za-z_]{1,32}$", description="Of the schema, as alembic names it.")
    dialect: str
    made_at: datetime
    secret_key_mark: str = Field(description="Equal where the same secret key is in force; tells nothing of it.")
    sealed_columns: list[str] = Field(description="Table and column of what only that secret key opens.")
    note: str
    tables: list[TablePart]
    files: FilesPart | None = None
