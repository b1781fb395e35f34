"""Every route of the images domain: who may ask, and what they get for what is not there."""

from fastapi import FastAPI

from app.core.permissions import all_labels, marked_routes
from tests.app.harness import Person, SignInAs, problem_code
from tests.app.images.conftest import BODY, USE
from tests.app.system.conftest import Holding, holding

__all__ = ["holding"]

IDS = {"ids": [999]}
PROVIDER = "perm:image_provider"
CREATE = {"name": "P", "kind": "comfyui", "base_url": "https://example.com"}
SIGNED = "expires=1&signature=" + "0" * 64
ROUTES: dict[str, tuple[str, object]] = {
    "POST /generate/text2image": (USE, BODY),
    "GET /image-options": (USE, None),
    "GET /images": (USE, None),
    "GET /images/{id}": (USE, None),
    "PATCH /images/{id}": (USE, {"is_starred": True}),
    "DELETE /images/{id}": (USE, None),
    "POST /images/batch-delete": (USE, IDS),
    "POST /images/restore": (USE, IDS),
    "POST /images/zip": (USE, IDS),
    f"GET /images/{{id}}/file?{SIGNED}": ("public", None),
    f"GET /images/zips/{{key}}?{SIGNED}": ("public", None),
    "GET /image-providers": (f"{PROVIDER}:get", None),
    "GET /image-providers/{id}": (f"{PROVIDER}:get", None),
    "POST /image-providers": (f"{PROVIDER}:create", CREATE),
    "PATCH /image-providers/{id}": (f"{PROVIDER}:update", {"name": "Q"}),
    "POST /image-providers/{id}/test": (f"{PROVIDER}:update", None),
    "POST /image-providers/batch-enable": (f"{PROVIDER}:update", {**IDS, "is_enabled": True}),
    "DELETE /image-providers/{id}": (f"{PROVIDER}:delete", None),
    "POST /image-providers/batch-delete": (f"{PROVIDER}:delete", IDS),
    "POST /image-providers/restore": (f"{PROVIDER}:delete", IDS),
}


def _ask(route: str, id_: int = 999) -> tuple[str, str, object]:
    method, path = route.replace("{id}", str(id_)).replace("{key}", "0" * 32).split()
    return method, path, ROUTES[route][1]


def test_every_route_is_in_the_table(app: FastAPI) -> None:
    found = {
        f"{method} {str(route.path_format).removeprefix('/api/v1')}": mark
        for route, mark in marked_routes(app)
        if {"images", "image-providers"} & set(route.tags)
        for method in route.methods or ()
    }
    assert found == {route.partition("?")[0]: label for route, (label, _) in ROUTES.items()}


async def test_nobody_without_signing_in(admin: Person) -> None:
    for route, (label, _) in ROUTES.items():
        method, path, body = _ask(route)
        answer = await admin.client.request(method, f"/api/v1{path}", json=body)
        expected = (410, "link_invalid") if label == "public" else (401, "not_authenticated")
        assert (route, answer.status_code, problem_code(answer)) == (route, *expected)


async def test_its_label_opens_it_and_all_others_do_not(sign_in_as: SignInAs, holding: Holding) -> None:
    person = await sign_in_as()
    for route, (label, _) in ROUTES.items():
        if label != "public":
            holding(*(other for other in all_labels() if other != label))
            answer = await person.send(*_ask(route))
            assert (route, answer.status_code, problem_code(answer)) == (route, 403, "permission_denied")
            holding(label)
            assert (await person.send(*_ask(route))).status_code not in (401, 403, 500), route


async def test_what_is_not_there(admin: Person) -> None:
    for route, (label, _) in ROUTES.items():
        if "{id}" in route and label != "public":
            answer = await admin.send(*_ask(route))
            assert (route, answer.status_code, problem_code(answer)) == (route, 404, "not_found")
        if "{id}" in route:
            for id_ in (0, -1, 2**53):
                assert (await admin.send(*_ask(route, id_))).status_code == 422, route


async def test_a_batch_with_one_that_is_not_there_or_is_no_batch(admin: Person) -> None:
    for route, (_, body) in ROUTES.items():
        if isinstance(body, dict) and "ids" in body:
            method, path, _ = _ask(route)
            answer = await admin.send(method, path, body)
            assert (route, answer.status_code, problem_code(answer)) == (route, 404, "not_found")
            for ids in ([], [0], ["1"], [1.0], list(range(1, 502)), None, "1"):
                answer = await admin.send(method, path, {**body, "ids": ids})
                assert (route, answer.status_code, problem_code(answer)) == (route, 422, "validation_failed"), ids
