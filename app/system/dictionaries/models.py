"""A type is a list, an item one of its values."""

from sqlalchemy import ForeignKey, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record, live_index


class DictionaryType(Record):
    __tablename__ = "system_dictionary_type"
    __table_args__ = (live_index("system_dictionary_type", "code", unique=True),)

    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(128))
    description: Mapped[str] = mapped_column(String(512), default="")
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())


class DictionaryItem(Record):
    __tablename__ = "system_dictionary_item"
    __table_args__ = (
        live_index("system_dictionary_item", "type_id", "value", unique=True),
        live_index("system_dictionary_item", "type_id", "sort_order"),
    )

    type_id: Mapped[int] = mapped_column(ForeignKey("system_dictionary_type.id"))
    label: Mapped[str] = mapped_column(String(128), doc="Plain text, or a message key of the front end.")
    value: Mapped[str] = mapped_column(String(128))
    colour: Mapped[str] = mapped_column(String(16), default="default", server_default="default")
    sort_order: Mapped[int] = mapped_column(default=0, server_default="0")
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_default: Mapped[bool] = mapped_column(default=False, server_default=false())
