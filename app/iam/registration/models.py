"""What was asked for by mail and is not done yet. Of a link's token only the hash is kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Audited, Base, Record


class PendingRegistration(Record):
    __tablename__ = "iam_pending_registration"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    locale: Mapped[str] = mapped_column(String(16))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class PasswordReset(Record):
    __tablename__ = "iam_password_reset"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("iam_user.id"), index=True, doc="None: asked for an address that nobody has; as much work as if."
    )
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class UsedCaptcha(Audited, Base):
    """A solution is good once: its challenge stays here until it would have expired."""

    __tablename__ = "iam_used_captcha"

    challenge: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class MailRequest(Record):
    """Somebody asked for a mail. In the database: every worker counts the same and a restart forgets nothing."""

    __tablename__ = "iam_mail_request"
    __table_args__ = (
        Index("ix_iam_mail_request_email_created_at", "email", "created_at"),
        Index("ix_iam_mail_request_client_network_created_at", "client_network", "created_at"),
        Index("ix_iam_mail_request_created_at", "created_at"),
    )

    email: Mapped[str] = mapped_column(String(254))
    client_network: Mapped[str] = mapped_column(String(64))
