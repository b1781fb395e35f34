"""The application: `app.main:app` for gunicorn, `create_app` for tests and the command line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.telemetry import TelemetryConfig

from app import __version__
from app.core import log_relay
from app.core.clock import utc_now
from app.core.database import Database
from app.core.docs import install_docs
from app.core.logs import configure_logging
from app.core.middleware import BodyLimitMiddleware, RequestContextMiddleware
from app.core.migrations import migration_heads
from app.core.openapi import install_document, operation_id
from app.core.passwords import Passwords
from app.core.permissions import marked_routes
from app.core.problems import install_problem_handlers
from app.core.release import read_release
from app.core.settings import Settings, get_settings
from app.core.tokens import Tokens
from app.iam import router as iam
from app.iam.service import SignIn, find_principal
from app.system import router as system

# Nothing is exported, and the hooks cost 10 to 17 % of every request.
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    database = Database(settings)
    tokens = Tokens(settings.secret_key.get_secret_value())
    app.state.database = database
    app.state.find_principal = partial(find_principal, database, tokens)
    app.state.sign_in = SignIn(settings, tokens, app.state.passwords)
    app.state.started_at = utc_now()
    try:
        yield
    finally:
        await database.close()


def api_v1() -> APIRouter:
    router = APIRouter(prefix="/api/v1")
    for part in (iam.auth, iam.users, system.health, system.system):
        router.include_router(part)
    return router


def create_app(settings: Settings) -> FastAPI:
    app = FastAPI(
        title=settings.title,
        version=__version__,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.state.settings = settings
    app.state.passwords = Passwords()
    app.state.release = read_release(settings.manifest)
    app.state.migration_heads = migration_heads(settings)
    app.include_router(system.root)
    app.include_router(api_v1())
    if settings.docs_enabled:
        install_docs(app)
    install_document(app)
    install_problem_handlers(app)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_credentials=True,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Requested-With"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    app.add_middleware(BodyLimitMiddleware, limit=settings.max_body_bytes)
    app.add_middleware(RequestContextMiddleware)
    for _ in marked_routes(app):
        """Raises at the first route without a mark: default deny."""
    return app


def __getattr__(name: str) -> FastAPI:
    """`app` is made when a server asks for it, so that importing this module for its parts starts nothing."""
    if name != "app":
        raise AttributeError(name)
    settings = get_settings()
    if not log_relay.is_claimed():  # under gunicorn the relay has configured this process already
        configure_logging(settings)
    return create_app(settings)
