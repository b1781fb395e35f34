"""Routers that say at once that a path is not theirs.

The framework tries every route of every router, on two levels and twice: a fifth of what a list costs. A router whose
prefix is not in the path has nothing to try.
"""

from typing import Any

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope


class Router(APIRouter):
    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._literal = self.prefix.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if self._literal not in scope.get("path", ""):
            return Match.NONE, {}
        return super().matches(scope)

    def _get_routes_version(self, seen: set[int] | None = None) -> int:
        """No route is added once requests come. The framework would ask all included routers, with each request."""
        return self._routes_version
