"""How alembic runs here: one transaction a migration, tables and data, so that a failed one takes itself back."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Connection

from app.core.databases import provider_of
from app.core.migrations import CONNECTION_KEY, SETTINGS_KEY, default_differs, is_ours
from app.core.models import UtcDateTime
from app.tables import metadata

provider = provider_of(context.config.attributes[SETTINGS_KEY])


def _before_commit(ctx: MigrationContext, *_: Any, **__: Any) -> None:
    if ctx.connection is not None:
        provider.refuse_broken_references(ctx.connection)


def _render(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime):
        autogenerate.imports.add("from app.core.models import UtcDateTime")
        return "UtcDateTime()"
    if kind == "type" and isinstance(item, BigInteger):
        return "sa.Integer()"  # with 64 bits on PostgreSQL too: core/databases/postgresql_ddl.py
    return False


def run_on(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=_render,
        include_name=is_ours,
        compare_server_default=default_differs,
        transaction_per_migration=True,
        on_version_apply=_before_commit,
    )
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    given: Connection | None = context.config.attributes.get(CONNECTION_KEY)
    if given is not None:
        run_on(given)
        return
    with provider.migrations().connect() as connection:
        run_on(connection)


run()
