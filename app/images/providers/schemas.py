"""What goes in and out of the provider routes."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.core.crud import AuditedAnswer, Body, ListQuery, Name, partial_of
from app.core.crud.schemas import PRINTABLE
from app.core.outgoing import BaseUrl
from app.core.schemas import Answer
from app.images.providers.models import Kind

SIZE_FORM = r"^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$"
MOST_SIZES = 24
LONGEST_TIMEOUT = 900

Size = Annotated[str, StringConstraints(pattern=SIZE_FORM, max_length=9)]
ModelName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=128, pattern=PRINTABLE)]
Key = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1024, pattern=r"^[!-~]*$")]
KindName = Annotated[Kind, Field(strict=False)]


class ImageProviderAnswer(AuditedAnswer):
    name: str
    kind: Kind
    base_url: str
    has_key: bool
    default_model: str
    sizes: list[str] = Field(description="Empty: those that the model is known to make.")
    timeout_seconds: int
    is_enabled: bool
    allow_private: bool
    sort_order: int


class ImageProviderCreate(Body):
    name: Name
    kind: KindName
    base_url: BaseUrl | Literal[""] = Field("", description="Empty for the built-in one only.")
    key: Key | None = Field(None, description="Never sent back. Null or empty: without one.")
    default_model: ModelName = ""
    sizes: list[Size] = Field(default_factory=list, max_length=MOST_SIZES)
    timeout_seconds: int = Field(180, ge=5, le=LONGEST_TIMEOUT, description="For one picture.")
    is_enabled: bool = True
    allow_private: bool = Field(
        False, description="May be an address inside this machine or network. An administrator only."
    )
    sort_order: int = Field(0, ge=0, le=1_000_000)


ImageProviderUpdate = partial_of(ImageProviderCreate)


class ImageProviderQuery(ListQuery):
    sort: Literal["sort_order", "-sort_order", "name", "-name", "created_at", "-created_at"] = "sort_order"
    kind: Kind | None = None
    is_enabled: bool | None = None


class ImageProviderTest(Answer):
    """How a provider answered just now."""

    ok: bool
    ms: int
    error: str | None
    models: list[str]
