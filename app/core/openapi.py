"""The OpenAPI document: stable, complete about errors and permissions, and the same on every machine."""

import json
import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.core.errors import ErrorCode, problem_responses
from app.core.permissions import all_labels, marked_routes

PROBLEM_REFERENCE = {"$ref": "#/components/schemas/Problem"}
CODE = re.compile(r"`[a-z_]+`")
SIGNED_IN = (ErrorCode.NOT_AUTHENTICATED, ErrorCode.TOKEN_INVALID, ErrorCode.SESSION_REVOKED)


def operation_id(route: APIRoute) -> str:
    """The function's name: unique, and kept when a path changes, so that generated clients do not churn."""
    return route.name


def build_document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    for route, mark in marked_routes(app):
        operations = document["paths"].get(route.path_format, {})
        for method in route.methods or ():
            if method.lower() in operations:
                _complete(operations[method.lower()], mark)
    schemas = document["components"]["schemas"]
    for replaced in ("HTTPValidationError", "ValidationError"):
        schemas.pop(replaced, None)
    # Also those that no route as a whole asks for, such as the right to what belongs to others.
    document["x-permission-labels"] = all_labels()
    return document


def _complete(operation: dict[str, Any], mark: str) -> None:
    """Say who may call it, and what every route can answer besides its own errors."""
    operation["x-permission"] = mark
    answers = operation["responses"]
    codes = [ErrorCode.INTERNAL_ERROR]
    if mark != "public":
        codes += SIGNED_IN
        codes += (ErrorCode.PASSWORD_CHANGE_REQUIRED, ErrorCode.SERVICE_UNAVAILABLE)
    if mark.startswith("perm:"):
        codes.append(ErrorCode.PERMISSION_DENIED)
    if "422" in answers:
        codes.append(ErrorCode.VALIDATION_FAILED)
    if "requestBody" in operation:
        codes.append(ErrorCode.PAYLOAD_TOO_LARGE)
    for status, answer in problem_responses(*codes).items():
        schema = {"application/problem+json": {"schema": PROBLEM_REFERENCE}}
        own = answers.get(str(status), {}).get("description", "")
        described = " · ".join(dict.fromkeys(CODE.findall(f"{own} {answer['description']}")))
        answers[str(status)] = {"description": described, "content": schema}
    for answer in answers.values():
        content = answer.get("content", {})
        for kind in [kind for kind, told in content.items() if told.get("schema") == PROBLEM_REFERENCE]:
            content["application/problem+json"] = content.pop(kind)


def install_document(app: FastAPI) -> None:
    def document() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = build_document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the framework's own way to put another in its place


def as_text(document: dict[str, Any]) -> str:
    """Sorted, so that a difference between two documents is a difference of the API."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
