"""Roles, who has them, and which menus they tick."""

from sqlalchemy import ForeignKey, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Base, Record, bin_index, live_index


class Role(Record):
    __tablename__ = "iam_role"
    __table_args__ = (
        live_index("iam_role", "code", unique=True),
        live_index("iam_role", "sort_order"),
        bin_index("iam_role"),
    )

    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(128))
    description: Mapped[str] = mapped_column(String(512), default="", server_default=text("''"))
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_default: Mapped[bool] = mapped_column(default=False, server_default=false(), doc="Given to who registers.")
    sort_order: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class UserRole(Base):
    """A link and nothing more: it is removed, not marked, and the operation log says who did (docs/decisions/0036)."""

    __tablename__ = "iam_user_role"

    user_id: Mapped[int] = mapped_column(ForeignKey("iam_user.id"), primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("iam_role.id"), primary_key=True, index=True)


class RoleMenu(Base):
    """A tick in the tree of a role."""

    __tablename__ = "iam_role_menu"

    role_id: Mapped[int] = mapped_column(ForeignKey("iam_role.id"), primary_key=True)
    menu_id: Mapped[int] = mapped_column(ForeignKey("iam_menu.id"), primary_key=True, index=True)
