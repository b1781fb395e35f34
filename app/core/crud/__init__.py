"""Create, read, update and delete, once for every resource.

A resource is a model (`Record`), three schemas, four labels, and

    notes = Service("note", "notes", Repository(Note, search=[Note.title]), NoteAnswer)
    add_routes(router, notes, LABELS, query=NoteQuery, create=NoteCreate, update=partial_of(NoteCreate))

What differs is overridden in a subclass of Repository or Service, or written as a route of one's own that stands before
`add_routes`. docs/add-a-resource.md goes through it; app/system/parameters is an example.
"""

from app.core.crud.registry import recyclable, register
from app.core.crud.repository import LogRepository, Place, Repository, contains, names_of, starts_with
from app.core.crud.router import CONFLICT, NOT_FOUND, NOT_FOUND_OR_CONFLICT, Labels, PathId, add_routes, declare_labels
from app.core.crud.schemas import (
    AuditedAnswer,
    Body,
    Code,
    Identifier,
    Ids,
    IdsAndEnabled,
    Line,
    ListQuery,
    Moment,
    Name,
    Page,
    PageQuery,
    SearchText,
    TimeQuery,
    partial_of,
    unset,
)
from app.core.crud.service import Service

__all__ = [
    "CONFLICT",
    "NOT_FOUND",
    "NOT_FOUND_OR_CONFLICT",
    "AuditedAnswer",
    "Body",
    "Code",
    "Identifier",
    "Ids",
    "IdsAndEnabled",
    "Labels",
    "Line",
    "ListQuery",
    "LogRepository",
    "Moment",
    "Name",
    "Page",
    "PageQuery",
    "PathId",
    "Place",
    "Repository",
    "SearchText",
    "Service",
    "TimeQuery",
    "add_routes",
    "contains",
    "declare_labels",
    "names_of",
    "partial_of",
    "recyclable",
    "register",
    "starts_with",
    "unset",
]
