"""The tree of menus, the permission labels of the code, and what a seed has put in already."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utc_now
from app.core.models import Base, Record, bin_index


class Menu(Record):
    """A directory, a page in it, or a button on a page. What a role ticks here is what its people may do."""

    __tablename__ = "iam_menu"
    __table_args__ = (
        # Names of pages are names of routes; buttons are named by their label, which several pages may share.
        Index("uq_iam_menu_name", "name", unique=True, sqlite_where=text("is_deleted = 0 AND kind != 'button'")),
        bin_index("iam_menu"),
        Index("uq_iam_menu_path", "path", unique=True, sqlite_where=text("is_deleted = 0 AND kind = 'page'")),
    )

    parent_id: Mapped[int | None] = mapped_column(ForeignKey("iam_menu.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16), doc="directory, page or button.")
    name: Mapped[str] = mapped_column(String(96))
    path: Mapped[str] = mapped_column(String(128), default="", server_default=text("''"))
    title: Mapped[str] = mapped_column(String(128), doc="A key of the front end's messages, or plain text.")
    icon: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    view: Mapped[str] = mapped_column(String(128), default="", server_default=text("''"))
    permission: Mapped[str | None] = mapped_column(String(96), index=True)
    sort_order: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    is_visible: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())


class PermissionLabel(Base):
    """A label of the code, for people to read; the code alone decides which there are."""

    __tablename__ = "iam_permission"

    label: Mapped[str] = mapped_column(String(96), primary_key=True)
    meaning: Mapped[str] = mapped_column(String(256))
    module: Mapped[str] = mapped_column(String(64))


class Seeded(Base):
    """What a seed has put in once. It never does again: what a person removed or renamed stays so."""

    __tablename__ = "iam_seeded"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    row_id: Mapped[int | None] = mapped_column(doc="Where it is now, whatever it is called.")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
