"""Parameters: settings that people change while the product runs. Declared where they are used, read through here.

The domain that keeps them wires itself in as `app.state.parameters`; everybody else knows only this module.
"""

from dataclasses import dataclass
from typing import Annotated, Generic, Literal, Protocol, TypeVar

from fastapi import Depends, Request

ValueType = Literal["string", "integer", "boolean", "json", "text"]
T = TypeVar("T", str, int, bool)


@dataclass(frozen=True, slots=True)
class DeclaredParameter(Generic[T]):
    key: str
    value_type: ValueType
    default: T
    name: str
    description: str
    least: int | None
    is_secret: bool


_declared: dict[str, "DeclaredParameter[str] | DeclaredParameter[int] | DeclaredParameter[bool]"] = {}


def declare_parameter(
    key: str, value_type: ValueType, default: T, name: str, description: str, *, least: int = 0, is_secret: bool = False
) -> DeclaredParameter[T]:
    """Declare it once, in the domain that uses it; the result is the handle to read it with. `least`: of an integer."""
    if key in _declared:
        raise ValueError(f"parameter {key} is declared twice")
    if isinstance(default, bool) is not (value_type == "boolean") or isinstance(default, str) is (
        value_type in {"integer", "boolean"}
    ):
        raise ValueError(f"the default of parameter {key} is not of type {value_type}")
    parameter = DeclaredParameter(key, value_type, default, name, description, least, is_secret)
    _declared[key] = parameter
    return parameter


def declared_parameters() -> "dict[str, DeclaredParameter[str] | DeclaredParameter[int] | DeclaredParameter[bool]]":
    return dict(_declared)


class Parameters(Protocol):
    async def get(self, parameter: DeclaredParameter[T]) -> T:
        """The value in force, or the declared default where none is kept."""
        ...


async def _parameters(request: Request) -> Parameters:
    parameters: Parameters = request.app.state.parameters
    return parameters


ParametersDependency = Annotated[Parameters, Depends(_parameters)]

CACHE_SECONDS = declare_parameter(
    "cache.seconds",
    "integer",
    300,
    "Life of a cached copy",
    "Seconds after which a cached copy is read anew even if nothing was changed. A change shows at once in any case.",
)
LOG_RETENTION_DAYS = declare_parameter(
    "log.retention_days",
    "integer",
    180,
    "Days that logs are kept",
    "Entries of the operation log and the login log older than this are removed, a few at a time.",
    least=1,
)
