"""What goes in and out of the parameter routes."""

from typing import Annotated, Literal

from pydantic import Field

from app.core.crud import AuditedAnswer, Body, Code, Line, ListQuery, Name, partial_of
from app.core.parameters import ValueType

LONGEST_VALUE = 20_000

Value = Annotated[str, Field(max_length=LONGEST_VALUE, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]


class ParameterAnswer(AuditedAnswer):
    key: str
    name: str
    value: str | None = Field(description="As text, whatever its type. Null for a secret one: it is never sent back.")
    default_value: str | None = Field(description="Of one that is declared in code.")
    value_type: ValueType
    description: str
    is_builtin: bool = Field(description="Declared in code: it can be changed, not deleted.")
    is_secret: bool


class ParameterCreate(Body):
    key: Code
    name: Name
    value: Value
    value_type: ValueType = "string"
    description: Line = ""
    is_secret: bool = False


# A secret one stays secret: or its value could be read by calling it no secret.
ParameterUpdate = partial_of(ParameterCreate, without=frozenset({"is_secret"}))


class ParameterQuery(ListQuery):
    sort: Literal["key", "-key", "name", "-name", "created_at", "-created_at"] = "key"
    value_type: ValueType | None = None
    is_builtin: bool | None = None
