"""Every route of the system domain: who may ask, and what they get for what is not there."""

from fastapi import FastAPI

from app.core.permissions import all_labels, marked_routes
from tests.app.harness import Person, SignInAs, problem_code
from tests.app.system.conftest import Holding

Routes = dict[str, tuple[str, object]]  # label and body by route
IDS = {"ids": [999]}
PARAMETER = {"key": "a.b", "name": "A", "value": "1"}
DICTIONARY = {"code": "size", "name": "Size"}
ITEM = {"type_id": 1, "label": "S", "value": "s"}


def _usual(
    path: str, resource: str, create: object, update: object, *, is_enabled: bool
) -> dict[str, tuple[str, object]]:
    """The routes of core/crud: label and body by route."""
    routes: dict[str, tuple[str, object]] = {
        f"GET {path}": (f"perm:{resource}:get", None),
        f"GET {path}/{{id}}": (f"perm:{resource}:get", None),
        f"POST {path}": (f"perm:{resource}:create", create),
        f"PATCH {path}/{{id}}": (f"perm:{resource}:update", update),
        f"DELETE {path}/{{id}}": (f"perm:{resource}:delete", None),
        f"POST {path}/batch-delete": (f"perm:{resource}:delete", IDS),
        f"POST {path}/restore": (f"perm:{resource}:delete", IDS),
    }
    if is_enabled:
        routes[f"POST {path}/batch-enable"] = (f"perm:{resource}:update", {**IDS, "is_enabled": True})
    return routes


ROUTES: Routes = {
    **_usual("/parameters", "parameter", PARAMETER, {"name": "B"}, is_enabled=False),
    **_usual("/dictionaries", "dictionary", DICTIONARY, {"name": "B"}, is_enabled=True),
    **_usual("/dictionary-items", "dictionary", ITEM, {"label": "B"}, is_enabled=True),
    **_usual("/activation-codes", "activation_code", {"count": 1, "days": 1}, {"note": "B"}, is_enabled=True),
    "POST /parameters/refresh-cache": ("perm:parameter:refresh", None),
    "POST /dictionaries/refresh-cache": ("perm:dictionary:refresh", None),
    "GET /dictionaries/{id}/items": ("perm:dictionary:get", None),
    "GET /dictionaries/by-code?codes=yes_no": ("self", None),
    "POST /activation-codes/redeem": ("self", {"code": "ABCDE"}),
    "GET /activation-codes/mine": ("self", None),
    "GET /operation-logs": ("perm:operation_log:get", None),
    "GET /operation-logs/{id}": ("perm:operation_log:get", None),
    "DELETE /operation-logs?before=2026-01-01T00:00:00Z": ("perm:operation_log:delete", None),
    "GET /recycle-bin": ("perm:recycle_bin:get", None),
    "GET /recycle-bin/{resource}": ("perm:recycle_bin:get", None),
    "POST /recycle-bin/{resource}/restore": ("perm:recycle_bin:restore", IDS),
    "POST /recycle-bin/{resource}/purge": ("perm:recycle_bin:purge", IDS),
}
NONSENSE = (
    "page=0",
    "page_size=201",
    "page_size=x",
    "sort=password_hash",
    "sort=id;drop",
    "created_from=2026-01-01T00:00:00",
    "created_to=9999-12-31T23:59:59-14:00",
    "creator_id=0",
    "q=",
    "q=%00",
    "colour=red",
)


def _ask(route: str, id_: int = 999) -> tuple[str, str, object]:
    method, path = route.replace("{id}", str(id_)).replace("{resource}", "parameters").split()
    return method, path, ROUTES[route][1]


def test_every_route_is_in_the_table(app: FastAPI) -> None:
    tags = {"parameters", "dictionaries", "activation-codes", "operation-logs", "recycle-bin"}
    found = {
        f"{method} {str(route.path_format).removeprefix('/api/v1')}": mark
        for route, mark in marked_routes(app)
        if tags & set(route.tags)
        for method in route.methods or ()
    }
    assert found == {route.partition("?")[0]: label for route, (label, _) in ROUTES.items()}


async def test_nobody_without_signing_in(admin: Person) -> None:
    for route in ROUTES:
        method, path, body = _ask(route)
        answer = await admin.client.request(method, f"/api/v1{path}", json=body)
        assert (route, answer.status_code, problem_code(answer)) == (route, 401, "not_authenticated")


async def test_its_label_opens_it_and_all_others_do_not(sign_in_as: SignInAs, holding: Holding) -> None:
    person = await sign_in_as()
    for route, (label, _) in ROUTES.items():
        if label != "self":
            holding(*(other for other in all_labels() if other != label))
            answer = await person.send(*_ask(route))
            assert (route, answer.status_code, problem_code(answer)) == (route, 403, "permission_denied")
            holding(label)
            assert (await person.send(*_ask(route))).status_code not in (401, 403, 500), route


async def test_what_is_not_there(admin: Person) -> None:
    for route in ROUTES:
        if "{id}" in route:
            answer = await admin.send(*_ask(route))
            assert (route, answer.status_code, problem_code(answer)) == (route, 404, "not_found")
            for id_ in (0, -1, 2**53):
                assert (await admin.send(*_ask(route, id_))).status_code == 422, route


async def test_a_batch_with_one_that_is_not_there_or_is_no_batch(admin: Person) -> None:
    for route in ROUTES:
        method, path, body = _ask(route)
        if body and isinstance(body, dict) and "ids" in body:
            answer = await admin.send(method, path, body)
            assert (route, answer.status_code, problem_code(answer)) == (route, 404, "not_found")
            for ids in ([], [0], ["1"], [1.0], list(range(1, 502)), None, "1"):
                answer = await admin.send(method, path, {**body, "ids": ids})
                assert (route, answer.status_code, problem_code(answer)) == (route, 422, "validation_failed"), ids


async def test_a_query_that_means_nothing_is_refused(admin: Person) -> None:
    for path in ("/parameters", "/dictionaries", "/dictionary-items", "/activation-codes"):
        for query in NONSENSE:
            answer = await admin.send("GET", f"{path}?{query}")
            assert (query, answer.status_code, problem_code(answer)) == (query, 422, "validation_failed")
            assert answer.json()["errors"][0]["loc"][0] == "query"
