"""What every table has: names of constraints, moments with a zone, and the audit columns."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, MetaData, event, false, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from app.core.clock import utc_now

# Without names a constraint cannot be dropped by a migration.
CONSTRAINT_NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
ACTOR = "actor_id"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. SQLite keeps no zone, so it is taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# 64 bits, as SQLite's INTEGER has under that name only.
WholeNumber = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map = {datetime: UtcDateTime, int: WholeNumber}  # noqa: RUF012 - SQLAlchemy's own attribute


class Audited:
    """Who made and last changed a row, and when; rows are marked as deleted, not removed."""

    __tablename__: str

    is_deleted: Mapped[bool] = mapped_column(default=False, server_default=false(), sort_order=900)
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("iam_user.id"), sort_order=901)
    created_at: Mapped[datetime] = mapped_column(default=utc_now, sort_order=902)
    modifier_id: Mapped[int | None] = mapped_column(ForeignKey("iam_user.id"), sort_order=903)
    modifier_time: Mapped[datetime | None] = mapped_column(sort_order=904)

    def redacted(self) -> frozenset[str]:
        """Columns of this row, besides those with a telling name, whose values the operation log must not show."""
        return frozenset()


class Record(Audited, Base):
    """A table of rows with a number of their own: what the generic base (core/crud) works with."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


def live_index(table: str, *columns: str, unique: bool = False) -> Index:
    """An index of the rows that are not deleted: lists walk it, and a deleted row leaves its name free.

    Of a unique one the last column is the one that a conflict is told of. Conditions are written as SQLite
    stores them; core/databases/postgresql_ddl.py says them to PostgreSQL.
    """
    name = f"{'uq' if unique else 'ix'}_{table}_{'_'.join(columns)}"
    return Index(name, *columns, unique=unique, sqlite_where=text("is_deleted = 0"))


def bin_index(table: str) -> Index:
    """An index of the rows that are deleted, latest first: for tables whose recycle bin must not be searched for."""
    return Index(f"ix_{table}_deleted", "modifier_time", sqlite_where=text("is_deleted = 1"))


@event.listens_for(Session, "before_flush")
def _stamp(session: Session, *_: Any) -> None:
    """Fill the audit columns from the session's actor, so that no service can forget to."""
    actor: int | None = session.info.get(ACTOR)
    for row in session.new:
        if isinstance(row, Audited) and row.creator_id is None:
            row.creator_id = actor
    for row in session.dirty:
        if isinstance(row, Audited) and session.is_modified(row):
            row.modifier_id = actor
            row.modifier_time = utc_now()
