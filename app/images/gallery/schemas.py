"""What goes in and out of the gallery routes."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.core.crud import Body, Identifier, SearchText, TimeQuery
from app.core.schemas import Answer

MOST_IN_ARCHIVE = 200


class ImageAnswer(Answer):
    id: int
    prompt: str
    negative_prompt: str
    provider_id: int | None = Field(description="Null when the provider was removed for good.")
    provider_name: str
    model: str
    width: int
    height: int
    seed: int | None
    watermark: bool | None
    is_starred: bool
    url: str = Field(description="Signed: holds for at least an hour, and is the same for about one.")
    thumbnail_url: str
    download_url: str
    bytes: int
    content_type: str
    created_at: datetime
    job_id: int


class ImageUpdate(Body):
    is_starred: bool


class ImageQuery(TimeQuery):
    sort: Literal["created_at", "-created_at"] = "-created_at"
    q: SearchText | None = Field(None, description="Text to search for in the prompts.")
    is_starred: bool | None = None
    provider_id: Identifier | None = None


class OwnImageQuery(ImageQuery):
    """The same, of one person: never filled from outside."""

    creator_id: int


class ImageIds(Body):
    ids: list[Identifier] = Field(min_length=1, max_length=MOST_IN_ARCHIVE)


class ArchiveResult(Answer):
    """What the job of an archive ends with."""

    download_url: str
    bytes: int
    count: int
