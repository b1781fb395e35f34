"""Alembic, configured in code: the release has no alembic.ini and works from any folder."""

from collections.abc import Iterable

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from app.core.settings import PROJECT_ROOT, Settings

URL_KEY = "database_url"
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


def alembic_config(settings: Settings) -> Config:
    config = Config()
    config.set_main_option("script_location", str(PROJECT_ROOT / "app" / "migrations").replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes[URL_KEY] = settings.database_url
    return config


def script_directory(settings: Settings) -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config(settings))


def migration_heads(settings: Settings) -> frozenset[str]:
    """The revisions that this release's code was written for."""
    return frozenset(script_directory(settings).get_heads())


def migration_engine(url: str) -> Engine:
    """Foreign keys are off: changing a parent table copies it, and dropping the old one would delete its children."""
    engine = create_engine(
        make_url(url).set(drivername="sqlite"), poolclass=NullPool, connect_args={"isolation_level": None}
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=OFF"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """Which tables alembic compares with the models: its `include_name`."""
    return kind != "table" or name is None or not (name in FOREIGN_TABLES or name.startswith(FOREIGN_PREFIXES))


def refuse_broken_references(connection: Connection) -> None:
    """Asked before each migration commits, because its foreign keys were off."""
    broken: Iterable[object] = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"the migration leaves broken references (table, row, parent, key): {list(broken)[:5]}")


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
