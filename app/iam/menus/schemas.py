"""What goes in and out of the routes of menus and permissions."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.core.crud import AuditedAnswer, Body, Identifier, Name, partial_of
from app.core.schemas import Answer

LARGEST_ORDER = 1_000_000
MOST_ACTIONS = 20

Kind = Literal["directory", "page", "button"]
NodeName = Annotated[str, StringConstraints(min_length=1, max_length=96, pattern=r"^[a-z][a-z0-9_.:-]*$")]
NodePath = Annotated[str, StringConstraints(max_length=128, pattern=r"^((/[a-z0-9][a-z0-9_-]*)+)?$")]
View = Annotated[str, StringConstraints(max_length=128, pattern=r"^([a-z][a-z0-9-]*/[A-Z][A-Za-z0-9]*)?$")]
Icon = Annotated[str, StringConstraints(max_length=64, pattern=r"^([a-z][a-z0-9-]*)?$")]
Label = Annotated[str, StringConstraints(max_length=96, pattern=r"^perm:[a-z_]+:[a-z_]+$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[a-z][a-z_]*$")]


class MenuAnswer(AuditedAnswer):
    parent_id: int | None
    kind: Kind
    name: str = Field(description="Of a page: its route's name. Of a button: its label.")
    path: str
    title: str = Field(description="A key of the front end's messages, or plain text.")
    icon: str
    view: str
    permission: str | None
    sort_order: int
    is_visible: bool
    is_enabled: bool


class MenuCreate(Body):
    parent_id: Identifier | None = None
    kind: Kind
    name: NodeName
    path: NodePath = ""
    title: Name
    icon: Icon = ""
    view: View = ""
    permission: Label | None = None
    sort_order: int = Field(0, ge=0, le=LARGEST_ORDER)
    is_visible: bool = True
    is_enabled: bool = True


MenuUpdate = partial_of(MenuCreate, without=frozenset({"kind"}))


class QuickAdd(Body):
    """A page with its usual buttons, in one step."""

    parent_id: Identifier | None = None
    name: NodeName
    path: NodePath
    title: Name
    icon: Icon = ""
    view: View
    resource: Word = Field(description="The middle of the labels: `user` of `perm:user:get`.")
    actions: list[Word] = Field(
        max_length=MOST_ACTIONS, description="`get` becomes the label of the page, each other one a button."
    )
    sort_order: int = Field(0, ge=0, le=LARGEST_ORDER)


class RemovedWhole(Answer):
    removed: int
    ids: list[int] = Field(description="What was removed: restoring these takes it back.")


class MenuNode(Answer):
    """What the front end builds its routes and its menu from."""

    id: int
    name: str
    path: str
    title: str
    icon: str
    view: str
    permission: str | None
    is_visible: bool
    children: list["MenuNode"]


class MenuTitle(Answer):
    id: int
    title: str


class RoleTitle(Answer):
    id: int
    name: str


class PermissionAnswer(Answer):
    """A label of the code, where it hangs, and which roles tick it there."""

    label: str
    meaning: str
    module: str
    menus: list[MenuTitle]
    roles: list[RoleTitle]


class WhyQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    user_id: Identifier
    label: Label


ReasonCode = Literal[
    "account_disabled",
    "administrator",
    "ticked",
    "role_disabled",
    "menu_disabled",
    "ancestor_disabled",
    "no_role",
    "not_ticked",
    "no_menu",
]


class WhyReason(Answer):
    """One step of the explanation, in pieces that the front end puts into words.

    ticked: `role` ticks the last of `menus`, which lies under the others, and all are switched on: it grants.
    role_disabled: `role` ticks it, but is switched off. menu_disabled, ancestor_disabled: `disabled` is switched off.
    no_role, not_ticked: no role of his, or none that ticks the label; `menus` is one place where it could be ticked.
    no_menu: the label hangs on no menu, so only administrators hold it. account_disabled: nobody gets in with it.
    """

    code: ReasonCode
    grants: bool
    role: RoleTitle | None
    menus: list[MenuTitle] = Field(description="From the top down to what carries the label.")
    disabled: MenuTitle | None


class Why(Answer):
    user_id: int
    username: str
    display_name: str
    label: str
    meaning: str
    granted: bool
    reasons: list[WhyReason] = Field(description="What grants comes first.")
