"""Alembic, configured in code: the release has no alembic.ini and works from any folder."""

from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column
from sqlalchemy.engine import Connection

from app.core.settings import PROJECT_ROOT, Settings

SETTINGS_KEY = "settings"
CONNECTION_KEY = "connection"  # of whoever migrates as a part of a transaction of their own
# Tables in the same database that others make and change: the job engine, and the shadows of a full-text index.
FOREIGN_TABLES = frozenset(
    {
        "application_versions",
        "dbos_migrations",
        "notifications",
        "operation_outputs",
        "queues",
        "streams",
        "workflow_events",
        "workflow_events_history",
        "workflow_input",
        "workflow_output",
        "workflow_schedules",
        "workflow_status",
    }
)
FOREIGN_PREFIXES = ("chat_search",)
# Made by a migration only where the database can, so no model knows of it.
OPTIONAL_INDEXES = frozenset({"ix_chat_message_search"})


def alembic_config(settings: Settings) -> Config:
    config = Config()
    config.set_main_option("script_location", str(PROJECT_ROOT / "app" / "migrations").replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes[SETTINGS_KEY] = settings
    return config


def script_directory(settings: Settings) -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config(settings))


def migration_heads(settings: Settings) -> frozenset[str]:
    """The revisions that this release's code was written for."""
    return frozenset(script_directory(settings).get_heads())


def default_differs(
    context: MigrationContext, _: object, column: Column[Any], inspected: str | None, __: object, rendered: str | None
) -> bool | None:
    """Alembic's `compare_server_default`: None leaves it to alembic, which asks PostgreSQL to compare what is JSON."""
    if not (isinstance(column.type, JSON) and context.dialect.name == "postgresql") or None in (inspected, rendered):
        return None
    return str(inspected).removesuffix("::json").strip("'") != str(rendered).strip("'")


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """Which tables and indexes alembic compares with the models: its `include_name`."""
    if kind == "index":
        return name not in OPTIONAL_INDEXES
    return kind != "table" or name is None or not (name in FOREIGN_TABLES or name.startswith(FOREIGN_PREFIXES))


def current_revisions(connection: Connection) -> frozenset[str]:
    return frozenset(MigrationContext.configure(connection).get_current_heads())


def is_ahead(current: frozenset[str], heads: frozenset[str]) -> bool:
    """Whether a later release migrated this database. Migrations only add, so an earlier release works with it too.

    Revisions are numbered in order (`db revise` does it), which tells a later one from one that never was.
    """
    if len(current) != 1 or len(heads) != 1:
        return False
    (now,), (needed,) = current, heads
    return now.isdecimal() and needed.isdecimal() and int(now) > int(needed)
