"""What goes in and out of the dictionary routes."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.core.crud import AuditedAnswer, Body, Code, Identifier, Line, ListQuery, Name, partial_of
from app.core.schemas import Answer

Colour = Literal["default", "primary", "success", "warning", "danger", "info"]
SortOrder = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Codes = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[a-z0-9_.-]+(,[a-z0-9_.-]+)*$")]


class DictionaryAnswer(AuditedAnswer):
    code: str
    name: str
    description: str
    is_enabled: bool
    item_count: int


class DictionaryCreate(Body):
    code: Code
    name: Name
    description: Line = ""
    is_enabled: bool = True


DictionaryUpdate = partial_of(DictionaryCreate)


class DictionaryQuery(ListQuery):
    sort: Literal["code", "-code", "name", "-name", "created_at", "-created_at"] = "code"
    is_enabled: bool | None = None


class DictionaryItemAnswer(AuditedAnswer):
    type_id: int
    label: str = Field(description="Plain text, or a message key of the front end.")
    value: str
    colour: Colour
    sort_order: int
    is_enabled: bool
    is_default: bool


class DictionaryItemCreate(Body):
    type_id: Identifier
    label: Name
    value: Name
    colour: Colour = "default"
    sort_order: SortOrder = 0
    is_enabled: bool = True
    is_default: bool = False


DictionaryItemUpdate = partial_of(DictionaryItemCreate, without=frozenset({"type_id"}))


class DictionaryItemsQuery(ListQuery):
    sort: Literal["sort_order", "-sort_order", "label", "-label", "value", "-value", "created_at", "-created_at"] = (
        "sort_order"
    )
    is_enabled: bool | None = None


class DictionaryItemQuery(DictionaryItemsQuery):
    type_id: Identifier | None = None


class DictionaryEntry(Answer):
    """What a tag or a select shows."""

    label: str
    value: str
    colour: Colour
    is_default: bool
