"""What goes in and out of the recycle-bin routes."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from app.core.crud.schemas import LARGEST_PAGE, LARGEST_PAGE_SIZE
from app.core.schemas import Answer


class RecycledResource(Answer):
    resource: str
    title: str
    count: int
    count_is_exact: bool


class RecycledRow(Answer):
    id: int
    title: str
    deleted_at: datetime | None
    deleted_by: str | None


class RecycleBinQuery(BaseModel):
    """Latest first."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, ge=1, le=LARGEST_PAGE)
    page_size: int = Field(20, ge=1, le=LARGEST_PAGE_SIZE)
