"""How alembic runs here: one BEGIN IMMEDIATE a migration, tables and data, so that a failed one takes itself back."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext

from app.core.migrations import URL_KEY, is_ours, migration_engine, refuse_broken_references
from app.core.models import UtcDateTime
from app.tables import metadata


def _before_commit(ctx: MigrationContext, *_: Any, **__: Any) -> None:
    if ctx.connection is not None:
        refuse_broken_references(ctx.connection)


def _render(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime):
        autogenerate.imports.add("from app.core.models import UtcDateTime")
        return "UtcDateTime()"
    return False


def run() -> None:
    engine = migration_engine(context.config.attributes[URL_KEY])
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            render_item=_render,
            include_name=is_ours,
            compare_server_default=True,
            transaction_per_migration=True,
            on_version_apply=_before_commit,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
