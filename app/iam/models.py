"""Accounts, their sessions, and the failures that limit guessing."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Audited, Base


class User(Audited, Base):
    __tablename__ = "iam_user"
    # A deleted account leaves its name free.
    __table_args__ = (Index("uq_iam_user_username", "username", unique=True, sqlite_where=text("is_deleted = 0")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), doc="Normalised by `normalise_username`.")
    display_name: Mapped[str] = mapped_column(String(128))
    password_hash: Mapped[str] = mapped_column(String(256))
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_administrator: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_system: Mapped[bool] = mapped_column(default=False, server_default=false(), doc="A machine's: never listed.")


class UserSession(Audited, Base):
    """One signed-in browser. Its row is asked on every request, so ending it holds at once, everywhere."""

    __tablename__ = "iam_session"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("iam_user.id"), index=True)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    is_remembered: Mapped[bool]
    # Ids of the refresh tokens, no secrets: a token counts only with our signature.
    refresh_id: Mapped[str] = mapped_column(String(32))
    previous_refresh_id: Mapped[str | None] = mapped_column(String(32))
    refreshed_at: Mapped[datetime]
    client_network: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(256))


class LoginFailure(Audited, Base):
    """One wrong password. In the database, so that every worker counts the same and a restart forgets nothing."""

    __tablename__ = "iam_login_failure"
    __table_args__ = (
        Index("ix_iam_login_failure_username_created_at", "username", "created_at"),
        Index("ix_iam_login_failure_client_network_created_at", "client_network", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    client_network: Mapped[str] = mapped_column(String(64))
