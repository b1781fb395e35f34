"""Sessions, the failures that limit guessing, and the log of both."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utc_now
from app.core.models import Audited, Base


def _listed(*columns: str) -> Index:
    more = ("expires_at", "user_id")
    return Index(f"ix_iam_session_{columns[0]}", *columns, *more, sqlite_where=text("revoked_at IS NULL"))


class UserSession(Audited, Base):
    """One signed-in browser. Its row is asked on every request, so ending it holds at once, everywhere."""

    __tablename__ = "iam_session"
    # Lists show sessions that have not been ended; the indexes hold what decides that, so that counting reads no row.
    __table_args__ = (
        _listed("created_at", "id"),
        _listed("refreshed_at", "id"),
        _listed("client_network"),
    )

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


class LoginOutcome(StrEnum):
    SUCCESS = "success"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a word for the log, no secret
    UNKNOWN_ACCOUNT = "unknown_account"
    DISABLED = "disabled"
    LIMITED = "limited"


class LoginLog(Base):
    """One attempt to sign in; of those over a limit, the first in each window. Rows never change."""

    __tablename__ = "iam_login_log"
    __table_args__ = (
        Index("ix_iam_login_log_created_at", "created_at"),
        Index("ix_iam_login_log_username", "username", "created_at", "id", "outcome"),
        Index("ix_iam_login_log_outcome", "outcome", "created_at"),
        Index("ix_iam_login_log_client_network", "client_network", "created_at", "id", "outcome"),
        Index("ix_iam_login_log_user_id", "user_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    username: Mapped[str] = mapped_column(String(64), doc="As it was typed, normalised; the account may not exist.")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("iam_user.id"))
    outcome: Mapped[LoginOutcome] = mapped_column(String(16))
    client_network: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(256))
