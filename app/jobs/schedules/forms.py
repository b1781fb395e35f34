"""What the form of a task's arguments looks like: read from the schema of its payload, which also checks them."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from app.core.schemas import Answer

Kind = Literal["text", "integer", "number", "boolean", "choice", "list"]
Scalar = str | int | float | bool
_SCALARS: dict[str, Kind] = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}


class TaskField(Answer):
    """One argument."""

    name: str
    label: str
    hint: str
    kind: Kind
    item: Kind | None = Field(description="Of a list: what it holds.")
    is_required: bool
    is_nullable: bool
    default: Scalar | list[Scalar] | None
    choices: list[Scalar]
    least: float | None = Field(description="Of a number; of a list the fewest items.")
    most: float | None
    longest: int | None
    pattern: str | None


def fields_of(payload: type[BaseModel]) -> list[TaskField]:
    """In the order in which they are declared. Raises ValueError for what no form can show."""
    schema = payload.model_json_schema()
    known, required = schema.get("$defs", {}), schema.get("required", [])
    return [_field(name, one, known, name in required) for name, one in schema.get("properties", {}).items()]


def _field(name: str, schema: dict[str, Any], known: dict[str, Any], is_required: bool) -> TaskField:
    rules, is_nullable = _unwrapped(schema, known)
    kind, item, rules_of_item = _kind(name, rules), None, rules
    if kind == "list":
        rules_of_item, _ = _unwrapped(rules.get("items", {}), known)
        item = _kind(name, rules_of_item)
        if item in {"list", "boolean"}:
            raise ValueError(f"no form can show the argument {name}: a list of {item}s")
    size = ("minItems", "maxItems") if kind == "list" else ("minimum", "maximum")
    return TaskField(
        name=name,
        label=schema.get("title", name),
        hint=schema.get("description", ""),
        kind=kind,
        item=item,
        is_required=is_required,
        is_nullable=is_nullable,
        default=schema.get("default"),
        choices=rules_of_item.get("enum", []),
        least=rules.get(size[0]),
        most=rules.get(size[1]),
        longest=rules_of_item.get("maxLength"),
        pattern=rules_of_item.get("pattern"),
    )


def _unwrapped(schema: dict[str, Any], known: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Without the reference or the `| None` around it; and whether that was there."""
    if "$ref" in schema:
        return known[schema["$ref"].rsplit("/", 1)[-1]], False
    choices = schema.get("anyOf", [])
    if choices:
        rest = [one for one in choices if one.get("type") != "null"]
        if len(rest) != 1:
            return {}, False
        return _unwrapped(rest[0], known)[0], len(rest) < len(choices)
    if "const" in schema:
        return {**schema, "enum": [schema["const"]]}, False
    return schema, False


def _kind(name: str, rules: dict[str, Any]) -> Kind:
    if "enum" in rules:
        return "choice"
    kind = rules.get("type", "")
    if kind == "array":
        return "list"
    if kind not in _SCALARS:
        raise ValueError(f"no form can show the argument {name}: {kind or 'a choice of types'}")
    return _SCALARS[kind]
