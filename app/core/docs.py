"""/docs and /redoc from our own files: many users sit behind networks that cannot reach a CDN."""

import asyncio
from functools import lru_cache
from importlib.resources import files

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse, Response

from app.core.permissions import public

STATIC = "/docs-static"
OPENAPI = "/openapi.json"
OAUTH2_REDIRECT = "/docs/oauth2-redirect"


REDOC = f"{STATIC}/redoc.standalone.js"
LOGO_ELSEWHERE = "https://cdn.redoc.ly/redoc/logo-mini.svg"
# The browser itself refuses whatever a new version of these pages may want from elsewhere.
ONLY_OURS = {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
}


@lru_cache(maxsize=1)
def _redoc_bundle() -> str:
    """Redoc's own file, but for the one picture that it loads from its maker's CDN."""
    bundle = (files("fastapi_offline") / "static" / "redoc.standalone.js").read_text("utf-8")
    return bundle.replace(LOGO_ELSEWHERE, f"{STATIC}/favicon.png")


def install_docs(app: FastAPI) -> None:
    @app.get(REDOC, include_in_schema=False, dependencies=[public()])
    async def redoc_bundle() -> Response:
        return Response(await asyncio.to_thread(_redoc_bundle), media_type="text/javascript")

    app.mount(STATIC, StaticFiles(directory=str(files("fastapi_offline") / "static")), name="docs-static")

    @app.get(OPENAPI, include_in_schema=False, dependencies=[public()])
    async def openapi_document() -> dict[str, object]:
        return app.openapi()

    @app.get("/docs", include_in_schema=False, dependencies=[public()])
    async def swagger_ui() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url=OPENAPI,
            title=f"{app.title} API",
            oauth2_redirect_url=OAUTH2_REDIRECT,
            swagger_js_url=f"{STATIC}/swagger-ui-bundle.js",
            swagger_css_url=f"{STATIC}/swagger-ui.css",
            swagger_favicon_url=f"{STATIC}/favicon.png",
        )
        page.headers.update(ONLY_OURS)
        return page

    @app.get(OAUTH2_REDIRECT, include_in_schema=False, dependencies=[public()])
    async def swagger_ui_redirect() -> HTMLResponse:
        page = get_swagger_ui_oauth2_redirect_html()
        page.headers.update(ONLY_OURS)
        return page

    @app.get("/redoc", include_in_schema=False, dependencies=[public()])
    async def redoc() -> HTMLResponse:
        page = get_redoc_html(
            openapi_url=OPENAPI,
            title=f"{app.title} API",
            redoc_js_url=REDOC,
            redoc_favicon_url=f"{STATIC}/favicon.png",
            with_google_fonts=False,
        )
        page.headers.update(ONLY_OURS)
        return page
