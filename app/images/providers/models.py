"""Services that make images, as an administrator has set them up."""

from enum import StrEnum

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import live_index
from app.core.upstreams import BUILTIN, Upstream

TABLE = "images_provider"


class Kind(StrEnum):
    OPENAI_IMAGES = "openai_images"
    COMFYUI = "comfyui"
    BUILTIN = BUILTIN


class ImageProvider(Upstream):
    __tablename__ = TABLE
    __table_args__ = (live_index(TABLE, "name", unique=True), live_index(TABLE, "sort_order"))

    default_model: Mapped[str] = mapped_column(String(128), default="")
    known_models: Mapped[list[str]] = mapped_column(
        JSON, default=list, server_default="[]", doc="What the last successful test found."
    )
    sizes: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]", doc="Empty: the model's own.")
    timeout_seconds: Mapped[int] = mapped_column(default=180, server_default="180", doc="For one picture.")
