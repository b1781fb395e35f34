"""Who may call a route. Every route says it: `public()`, `self_()` (anyone signed in) or `require(LABEL)`.

A route that says nothing stops the start: what is not allowed is denied.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.params import Depends as DependsParameter
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from app.core.errors import ErrorCode, ProblemError
from app.core.principal import Principal, current_principal

LABEL_FORM = re.compile(r"perm:[a-z_]+:[a-z_]+")
_labels: dict[str, str] = {}


class UnmarkedRouteError(RuntimeError):
    """A route does not say who may call it."""


def declare(label: str, meaning: str) -> str:
    """Declare a permission label, once, in the `permissions.py` of its domain."""
    if not LABEL_FORM.fullmatch(label) or label in _labels:
        raise ValueError(f"{label} is malformed or declared twice")
    _labels[label] = meaning
    return label


def all_labels() -> list[str]:
    return sorted(_labels)


def meanings() -> dict[str, str]:
    """What each label allows, in a few words of English."""
    return {label: _labels[label] for label in all_labels()}


@dataclass(frozen=True)
class Public:
    name = "public"

    async def __call__(self) -> None:
        return


def _refuse_while_password_is_due(principal: Principal) -> None:
    if principal.must_change_password:
        raise ProblemError(ErrorCode.PASSWORD_CHANGE_REQUIRED)


@dataclass(frozen=True)
class SignedIn:
    name = "self"
    while_password_is_due: bool = False

    async def __call__(self, principal: Annotated[Principal, Depends(current_principal)]) -> None:
        if not self.while_password_is_due:
            _refuse_while_password_is_due(principal)


@dataclass(frozen=True)
class Labelled:
    name: str

    async def __call__(self, principal: Annotated[Principal, Depends(current_principal)]) -> None:
        _refuse_while_password_is_due(principal)
        if not principal.holds(self.name):
            raise ProblemError(ErrorCode.PERMISSION_DENIED, f"This needs the permission {self.name}.")


Mark = Public | SignedIn | Labelled


def public() -> Any:
    return Depends(Public())


def self_(*, while_password_is_due: bool = False) -> Any:
    """`while_password_is_due`: also for somebody who has to choose a new password before anything else."""
    return Depends(SignedIn(while_password_is_due))


def require(label: str) -> Any:
    if label not in _labels:
        raise ValueError(f"{label} is not declared")
    return Depends(Labelled(label))


def marked_routes(app: FastAPI) -> Iterator[tuple[RouteContext, str]]:
    """Every API route with the name of its mark. Raises UnmarkedRouteError for one without exactly one mark."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute):
            continue
        marks = [
            mark.dependency
            for mark in route.dependencies
            if isinstance(mark, DependsParameter) and isinstance(mark.dependency, Mark)
        ]
        if len(marks) != 1:
            raise UnmarkedRouteError(f"{context.path} needs exactly one of public(), self_() and require(label)")
        yield context, marks[0].name
