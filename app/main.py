"""The application: `app.main:app` for gunicorn, `create_app` for tests and the command line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.telemetry import TelemetryConfig

from app import __version__, ports, sheets, tasks
from app.backup.portable import router as portable
from app.chat.answers import router as answers
from app.chat.conversations import router as conversations
from app.chat.providers import router as chat_providers
from app.chat.providers.catalogue import Catalogue
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
from app.core.routing import Router
from app.core.settings import Settings, get_settings
from app.core.shutdown import when_asked_to_stop
from app.core.tokens import Tokens
from app.events import router as events
from app.events.service import Feed
from app.iam.account import router as account
from app.iam.menus import router as menus
from app.iam.menus.rights import Rights
from app.iam.registration import router as registration
from app.iam.roles import router as roles
from app.iam.sessions import router as sessions
from app.iam.sessions.service import Callers, SignIn
from app.iam.users import router as users
from app.images.gallery import router as images
from app.images.generation import router as image_generation
from app.images.providers import router as image_providers
from app.jobs import router as jobs
from app.jobs.queues import router as job_queues
from app.jobs.schedules import router as schedules
from app.jobs.schedules.watch import OverdueWatch
from app.jobs.stream import JobFeed
from app.notify import router as outbox
from app.notify.channels import router as notice_channels
from app.notify.inbox import router as inbox
from app.notify.service import Outbox
from app.notify.tasks import Delivery
from app.notify.templates import router as notice_templates
from app.system.activation_codes import router as activation_codes
from app.system.backups import router as backups
from app.system.dictionaries import router as dictionaries
from app.system.dictionaries.service import CachedDictionaries
from app.system.drift import router as drift
from app.system.health import router as health
from app.system.logs import router as logs
from app.system.logs.service import LogSearch
from app.system.operation_log import router as operation_logs
from app.system.operation_log.service import OperationLogKeeper
from app.system.parameters import router as parameters
from app.system.parameters.service import CachedParameters
from app.system.recycle_bin import router as recycle_bin
from app.system.releases import router as releases
from app.transfer.exports import router as exports
from app.transfer.imports import router as imports

# Imported for what they declare: who stands behind a port, every list that is exported, every kind of job.
REQUIRED = (ports, sheets, tasks)
# Nothing is exported, and the hooks cost 10 to 17 % of every request.
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    database = Database(settings)
    tokens = Tokens(settings.secret_key.get_secret_value())
    app.state.database = database
    app.state.parameters = CachedParameters(database)
    app.state.dictionaries = CachedDictionaries(database, app.state.parameters.cache_seconds)
    app.state.operation_log = operation_log = OperationLogKeeper(database, app.state.parameters)
    app.state.rights = Rights(database)
    app.state.find_principal = Callers(database, tokens, app.state.rights).find
    app.state.sign_in = SignIn(settings, tokens, app.state.passwords, app.state.parameters)
    app.state.feed = feed = Feed(database.points, app.state.release, settings.socket)
    app.state.job_feed = job_feed = JobFeed(database.points, settings.socket)
    app.state.mailer = Outbox(settings)
    app.state.log_search = LogSearch(settings)
    app.state.chat_catalogue = Catalogue(database)
    app.state.started_at = utc_now()
    app.state.delivery = delivery = Delivery(database, settings)
    sending = asyncio.create_task(delivery.run())
    watching = [asyncio.create_task(lookout.watch()) for lookout in (feed, job_feed)]
    watching.append(asyncio.create_task(OverdueWatch(database, app.state.parameters).run()))
    watching.append(asyncio.create_task(database.tend()))
    logging = asyncio.create_task(operation_log.write())
    try:
        with when_asked_to_stop(feed.stop), when_asked_to_stop(job_feed.stop):
            yield
    finally:
        for task in watching:
            task.cancel()
        await delivery.stop(sending)
        await operation_log.stop(logging)
        await database.close()


def api_v1() -> Router:
    router = Router()
    for part in (
        sessions.auth,
        menus.own,
        jobs.router,  # asked most: the framework tries one route after the other
        account.me,  # before /users/{id}
        account.avatars,
        registration.registration,
        users.users,
        roles.router,
        menus.menus,
        menus.permissions,
        sessions.sessions,
        sessions.login_logs,
        health.health,
        job_queues.health,
        health.system,
        releases.router,
        drift.router,
        logs.router,
        backups.router,
        events.events,
        job_queues.router,
        schedules.router,
        schedules.runs,
        parameters.router,
        operation_logs.router,
        dictionaries.router,
        dictionaries.item_router,
        activation_codes.router,
        recycle_bin.router,
        conversations.router,
        answers.router,
        chat_providers.models,
        chat_providers.providers,
        image_generation.router,
        images.router,
        image_providers.router,
        portable.router,
        inbox.router,
        outbox.router,
        notice_channels.router,
        notice_templates.router,
        exports.router,
        imports.router,
        imports.sheets,
    ):
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
    app.include_router(health.root)
    app.include_router(api_v1(), prefix="/api/v1")  # given here: without one the framework builds every route twice
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
    app.add_middleware(
        BodyLimitMiddleware, limit=settings.max_body_bytes, others={"/api/v1/imports": settings.max_upload_bytes}
    )
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
