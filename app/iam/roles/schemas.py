"""What goes in and out of the role routes."""

from typing import Literal

from pydantic import Field

from app.core.crud import AuditedAnswer, Body, Code, Identifier, Line, ListQuery, Name, partial_of
from app.core.schemas import Answer

MOST_TICKS = 2000
LARGEST_ORDER = 1_000_000


class RoleName(Answer):
    id: int
    code: str
    name: str


class RoleAnswer(AuditedAnswer):
    code: str
    name: str
    description: str
    is_enabled: bool
    is_default: bool = Field(description="Given to whoever registers.")
    sort_order: int
    user_count: int
    menu_ids: list[int] = Field(description="Menus that the role ticks: directories, pages and buttons.")


class RoleCreate(Body):
    code: Code
    name: Name
    description: Line = ""
    is_enabled: bool = True
    is_default: bool = False
    sort_order: int = Field(0, ge=0, le=LARGEST_ORDER)
    menu_ids: list[Identifier] = Field([], max_length=MOST_TICKS)


RoleUpdate = partial_of(RoleCreate)


class RoleQuery(ListQuery):
    sort: Literal["sort_order", "-sort_order", "code", "-code", "created_at", "-created_at"] = "sort_order"
    is_enabled: bool | None = None
    is_default: bool | None = None
