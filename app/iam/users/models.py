"""Accounts."""

import unicodedata
from datetime import datetime

from sqlalchemy import Index, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record, bin_index


def normalise_username(name: str) -> str:
    """One spelling a person: `Ａdmin`, ` admin` and `ADMIN` are the same account."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


# A machine's account is never listed; so that counting reads an index only, each one knows it.
LISTED = text("is_deleted = 0 AND is_system = 0")


def _listed(*columns: str) -> Index:
    return Index(f"ix_iam_user_{'_'.join(columns)}", *columns, sqlite_where=LISTED)


class User(Record):
    __tablename__ = "iam_user"
    # A deleted account leaves its name and its address free.
    __table_args__ = (
        Index("uq_iam_user_username", "username", unique=True, sqlite_where=text("is_deleted = 0")),
        Index("uq_iam_user_email", "email", unique=True, sqlite_where=text("is_deleted = 0")),
        # The orders of the list.
        _listed("display_name"),
        _listed("last_login_at"),
        _listed("created_at"),
        _listed("is_active", "created_at"),
        Index("ix_iam_user_is_system", "id", sqlite_where=text("is_system = 1")),
        bin_index("iam_user"),
    )

    username: Mapped[str] = mapped_column(String(64), doc="Normalised by `normalise_username`.")
    display_name: Mapped[str] = mapped_column(String(128))
    password_hash: Mapped[str] = mapped_column(String(256))
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_administrator: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_system: Mapped[bool] = mapped_column(default=False, server_default=false(), doc="A machine's: never listed.")
    email: Mapped[str | None] = mapped_column(String(254), doc="Normalised by `normalise_email`.")
    avatar_key: Mapped[str | None] = mapped_column(String(32))
    locale: Mapped[str | None] = mapped_column(String(16))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    password_changed_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    last_login_at: Mapped[datetime | None]

    @property
    def avatar_url(self) -> str | None:
        return avatar_url(self.avatar_key)


def avatar_url(key: str | None) -> str | None:
    """Where the picture is; whoever does not know the key cannot guess it."""
    return f"/api/v1/avatars/{key}" if key else None
