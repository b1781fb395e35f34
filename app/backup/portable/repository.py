"""Every query of taking all data out and bringing it in. Written for SQLite and PostgreSQL alike."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    bindparam,
    cast,
    collate,
    column,
    delete,
    func,
    insert,
    inspect,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import AddConstraint, DropConstraint, DropSchema
from sqlalchemy.types import JSON

from app.backup.portable.manifest import Kind, TablePart
from app.backup.portable.values import TYPES, kind_of
from app.tables import metadata

ROWS_AT_ONCE = 100
# Numbers that only this machine's processes know the meaning of.
LEFT_OUT = frozenset({"core_version", "job_worker"})
POSTGRESQL = "postgresql"
SEARCH = "chat_search"
ENGINE_SCHEMA = "dbos"  # where the job engine keeps its tables in PostgreSQL
_REVISIONS = text("SELECT version_num FROM alembic_version")
_sqlite_sequence = table("sqlite_sequence", column("name", String), column("seq", Integer))
_versions = table("core_version", column("name", String), column("value", Integer))


def exported_tables() -> list[Table]:
    """In the order of their references: what a row refers to comes before it, but for rows of the same table."""
    return [each for each in metadata.sorted_tables if each.name not in LEFT_OUT]


# Taking out.


async def begin_snapshot(session: AsyncSession) -> frozenset[str]:
    """The first read of a reading session, which sees one moment from here on. The revisions of its schema."""
    return frozenset((await session.scalars(_REVISIONS)).all())


async def count(session: AsyncSession, source: Table) -> int:
    return int(await session.scalar(select(func.count()).select_from(source)) or 0)


async def rows(session: AsyncSession, source: Table) -> AsyncIterator[Sequence[Row[Any]]]:
    """All rows, by their key, some at a time: never more of them in memory."""
    on_postgresql = session.get_bind().dialect.name == POSTGRESQL

    def in_order(each: Column[Any]) -> Any:
        # The order of texts is a matter of language there; here it is that of their bytes.
        return collate(each, "C") if on_postgresql and kind_of(each) == "text" else each

    columns = [cast(each, Text) if kind_of(each) == "json" else each for each in source.columns]
    statement = select(*columns).order_by(*[in_order(each) for each in source.primary_key])
    found = await session.stream(statement, execution_options={"yield_per": ROWS_AT_ONCE})
    async for some in found.partitions(ROWS_AT_ONCE):
        yield some


def own_id(source: Table) -> Column[Any] | None:
    """The key that the database counts up."""
    keys = list(source.primary_key)
    is_counted = len(keys) == 1 and kind_of(keys[0]) == "integer" and not keys[0].foreign_keys
    return keys[0] if is_counted else None


def keeps_ids(source: Table) -> bool:
    return bool(source.dialect_options["sqlite"].get("autoincrement"))


async def last_id(session: AsyncSession, source: Table) -> int | None:
    """The largest id that was ever given, where the database remembers it, or the largest that is there."""
    key = own_id(source)
    if key is None:
        return None
    found = [await session.scalar(select(func.max(key)))]
    if session.get_bind().dialect.name == POSTGRESQL:
        named = cast(func.pg_get_serial_sequence(source.name, key.name), REGCLASS)
        found.append(await session.scalar(select(func.pg_sequence_last_value(named))))
    elif keeps_ids(source):
        found.append(await session.scalar(select(_sqlite_sequence.c.seq).where(_sqlite_sequence.c.name == source.name)))
    return max((each for each in found if each is not None), default=None)


# Bringing in.


def present(connection: Connection) -> set[str]:
    """Names of the tables that are there, ours and others'."""
    return set(inspect(connection).get_table_names())


def holds_rows(connection: Connection, name: str) -> bool:
    return connection.execute(select(literal(1)).select_from(table(name)).limit(1)).first() is not None


def made_by_people(connection: Connection, name: str) -> bool:
    """Whether anybody who was signed in made or changed a row. What a seed writes names nobody."""
    known = {each["name"] for each in inspect(connection).get_columns(name)}
    if not {"creator_id", "modifier_id"} <= known:
        return False
    source = table(name, column("creator_id"), column("modifier_id"))
    touched = source.c.creator_id.is_not(None) | source.c.modifier_id.is_not(None)
    return connection.execute(select(source.c.creator_id).where(touched).limit(1)).first() is not None


def people(connection: Connection) -> int:
    """Accounts besides those of machines."""
    users = table("iam_user", column("is_system", TYPES["boolean"]))
    return int(connection.scalar(select(func.count()).select_from(users).where(~users.c.is_system)) or 0)


def cache_versions(connection: Connection) -> list[dict[str, Any]]:
    return [{"name": row.name, "value": row.value} for row in connection.execute(select(_versions))]


def advance_cache_versions(connection: Connection, before: Sequence[Mapping[str, Any]]) -> None:
    """What processes that run have copied is old from now on."""
    if before:
        connection.execute(delete(_versions))
        connection.execute(insert(_versions), [{"name": row["name"], "value": row["value"] + 1} for row in before])


def drop_all(connection: Connection) -> None:
    """Every table of the product and of its job engine. In the same transaction as what comes instead."""
    found = MetaData()
    # What an index of texts keeps for itself goes with it, and cannot be dropped by itself.
    found.reflect(connection, only=lambda name, _: not name.startswith(f"{SEARCH}_"), resolve_fks=False)
    found.drop_all(connection)
    if connection.dialect.name == POSTGRESQL:
        connection.execute(DropSchema(ENGINE_SCHEMA, cascade=True, if_exists=True))


def target_of(connection: Connection, part: TablePart) -> Table:
    """The table that is there now, with the export's columns. KeyError with what is missing."""
    there = {each["name"] for each in inspect(connection).get_columns(part.name)}
    missing = {each.name for each in part.columns} - there
    if missing:
        raise KeyError(f"{part.name}: {', '.join(sorted(missing))}")
    return Table(part.name, MetaData(), *[Column(each.name, TYPES[each.kind]) for each in part.columns])


def add_rows(connection: Connection, target: Table, kinds: Mapping[str, Kind], values: list[dict[str, Any]]) -> None:
    statement = insert(target)
    if connection.dialect.name == POSTGRESQL:
        # It does not take a text for JSON unasked.
        jsons = {name: cast(bindparam(name, type_=Text), JSON) for name, kind in kinds.items() if kind == "json"}
        statement = statement.values({each.name: jsons.get(each.name, bindparam(each.name)) for each in target.columns})
    connection.execute(statement, values)


def counted(connection: Connection, name: str) -> int:
    return int(connection.scalar(select(func.count()).select_from(table(name))) or 0)


@contextmanager
def references_checked_later(connection: Connection, loaded: Sequence[str]) -> Iterator[None]:
    """Rows may refer to later ones of their own table until the block is left. SQLite does not check meanwhile."""
    if connection.dialect.name != POSTGRESQL:
        yield
        return
    found = MetaData()
    found.reflect(connection, only=list(loaded), resolve_fks=False)
    order = {name: place for place, name in enumerate(loaded)}
    later: list[ForeignKeyConstraint] = [
        constraint
        for each in found.tables.values()
        for constraint in each.foreign_key_constraints
        if order.get(constraint.referred_table.name, len(order)) >= order[each.name]
    ]
    for constraint in later:
        connection.execute(DropConstraint(constraint))
    yield
    for constraint in later:
        connection.execute(AddConstraint(constraint))


def set_last_id(connection: Connection, part: TablePart) -> None:
    """The next id comes after the last one that was ever given."""
    if part.last_id is None or len(part.primary_key) != 1:
        return
    if connection.dialect.name == POSTGRESQL:
        sequence = func.pg_get_serial_sequence(part.name, part.primary_key[0])
        connection.execute(select(func.setval(cast(sequence, REGCLASS), cast(part.last_id, BigInteger), True)))
    elif part.keeps_ids:
        connection.execute(delete(_sqlite_sequence).where(_sqlite_sequence.c.name == part.name))
        connection.execute(insert(_sqlite_sequence), [{"name": part.name, "seq": part.last_id}])
