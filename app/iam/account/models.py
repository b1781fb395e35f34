"""What belongs to one account besides its row."""

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Audited, Base, Record


class PasswordHistory(Record):
    """A password that was replaced, so that it is not chosen again."""

    __tablename__ = "iam_password_history"

    user_id: Mapped[int] = mapped_column(ForeignKey("iam_user.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(256))


class Avatar(Audited, Base):
    """A picture made by us from what was uploaded. In the database: so backups and several hosts have it."""

    __tablename__ = "iam_avatar"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("iam_user.id"), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)

    def redacted(self) -> frozenset[str]:
        return frozenset({"key", "content"})
