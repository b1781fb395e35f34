"""Resources whose deleted rows the recycle bin shows. The usual routes register theirs; others call `register`."""

from typing import Any

from app.core.crud.service import Service

_resources: dict[str, Service[Any, Any]] = {}


def register(service: Service[Any, Any]) -> None:
    _resources[service.plural] = service


def recyclable() -> dict[str, Service[Any, Any]]:
    """By plural name, in the order of their names."""
    return dict(sorted(_resources.items()))
