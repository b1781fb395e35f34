"""What bodies, queries and answers of resources have in common."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar, cast

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic import create_model as create_pydantic_model

from app.core.schemas import Answer

LARGEST_ID = 2**53 - 1  # the largest whole number that a browser keeps exact
LARGEST_PAGE = 1_000_000
LARGEST_PAGE_SIZE = 200
LARGEST_BATCH = 500
LIKELY_YEARS = range(1970, 3000)
PRINTABLE = r"^[^\x00-\x1f\x7f\u2028\u2029]*$"

T = TypeVar("T")


def _in_utc(moment: datetime) -> datetime:
    if moment.year not in LIKELY_YEARS:
        raise ValueError("must lie between the years 1970 and 2999")
    return moment.astimezone(UTC)


Identifier = Annotated[int, Field(ge=1, le=LARGEST_ID)]
# ISO 8601 with a zone, or a Unix timestamp.
Moment = Annotated[
    AwareDatetime,
    Field(strict=False),
    AfterValidator(_in_utc),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number"}]}),
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128, pattern=PRINTABLE)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_.-]*$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=512, pattern=PRINTABLE)]
SearchText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128, pattern=PRINTABLE)]


class Body(BaseModel):
    """What a client sends. Strict: a wrong type is refused, not bent; so is a field that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Ids(Body):
    ids: list[Identifier] = Field(min_length=1, max_length=LARGEST_BATCH)


class IdsAndEnabled(Ids):
    is_enabled: bool


class PageQuery(BaseModel):
    """Query parameters of every list. A subclass says by which columns it sorts (`sort`) and filters (other fields)."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, ge=1, le=LARGEST_PAGE)
    page_size: int = Field(20, ge=1, le=LARGEST_PAGE_SIZE)
    sort: str = "-created_at"

    @property
    def offset(self) -> int:
        """How many rows come before the page."""
        return (self.page - 1) * self.page_size

    def filters(self) -> Iterator[tuple[str, Any]]:
        """Name and value of what was asked for, besides paging and sorting."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if name not in PageQuery.model_fields and value is not None:
                yield name, value


class TimeQuery(PageQuery):
    created_from: Moment | None = None
    created_to: Moment | None = Field(None, description="Up to, and not including, this moment.")


class ListQuery(TimeQuery):
    q: SearchText | None = Field(None, description="Text to search for.")
    creator_id: Identifier | None = None


class AuditedAnswer(Answer):
    """Who made and last changed it. Names and the change are null where there was nobody or none."""

    id: int
    created_at: datetime
    creator_id: int | None
    creator_name: str | None
    modifier_id: int | None
    modifier_name: str | None
    modifier_time: datetime | None


class Page(Answer, Generic[T]):
    items: list[T]
    total: int = Field(description="How many there are; counting stops at 100,000.")
    total_is_exact: bool
    page: int
    page_size: int


def page_of(answer: type[Answer]) -> type[Page[Any]]:
    """`Page[RoleAnswer]` under the name RolePage, which is what generated types are called."""
    generic: Any = Page
    name = f"{answer.__name__.removesuffix('Answer')}Page"
    return cast(type[Page[Any]], create_pydantic_model(name, __base__=generic[answer]))


def unset() -> Any:
    """Default of a field that may be left out and may not be null."""
    return Field(default_factory=lambda: None)


def partial_of(body: type[Body], *, without: frozenset[str] = frozenset(), name: str = "") -> type[Body]:
    """The body of a PATCH: the same fields and rules as `body`, each of which may be left out."""
    fields: dict[str, Any] = {}
    for key, field in body.model_fields.items():
        if key not in without:
            annotation: Any = field.annotation
            for rule in field.metadata:
                annotation = Annotated[annotation, rule]
            fields[key] = (annotation, Field(default_factory=lambda: None, description=field.description))
    name = name or f"{body.__name__.removesuffix('Create')}Update"
    return create_pydantic_model(name, __base__=Body, **fields)
