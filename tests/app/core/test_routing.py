"""A router refuses at once what is not its own, and nothing that is."""

import httpx
from fastapi import FastAPI
from starlette.routing import Match

from app.core.routing import Router


def _app(tried: list[str]) -> FastAPI:
    class Watched(Router):
        def matches(self, scope):  # type: ignore[no-untyped-def]
            found = super().matches(scope)
            if found[0] != Match.NONE:
                tried.append(self.prefix)
            return found

    app, api = FastAPI(), Router(prefix="/api")
    for prefix in ("/users", "/users/{id}/keys", "/roles", ""):
        router = Watched(prefix=prefix)

        @router.get("/here")
        async def here(prefix: str = prefix) -> str:
            return prefix

        api.include_router(router)
    app.include_router(api)
    return app


async def test_each_finds_its_own() -> None:
    tried: list[str] = []
    transport = httpx.ASGITransport(app=_app(tried))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        for path, answer in (
            ("/api/users/here", "/users"),
            ("/api/users/7/keys/here", "/users/{id}/keys"),
            ("/api/roles/here", "/roles"),
            ("/api/here", ""),
        ):
            tried.clear()
            assert (await client.get(path)).json() == answer
            assert set(tried) == {answer}
        assert (await client.get("/api/nowhere/here")).status_code == 404
        assert (await client.post("/api/roles/here")).status_code == 405


def test_no_route_is_tried_where_the_prefix_is_missing() -> None:
    router = Router(prefix="/users")
    router.routes.append(None)  # type: ignore[arg-type]  # would break whoever tries it
    assert router.matches({"type": "http", "path": "/api/roles", "method": "GET"}) == (Match.NONE, {})
