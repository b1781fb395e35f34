"""Pictures that were made. `creator_id` is the owner; nobody else gets to see one."""

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record, bin_index, live_index

TABLE = "images_picture"
# Content type and the end of a file's name.
TYPES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
THUMBNAIL_END = "small.webp"
THUMBNAIL_TYPE = "image/webp"


class Picture(Record):
    __tablename__ = TABLE
    __table_args__ = (
        Index(f"uq_{TABLE}_file_key", "file_key", unique=True),
        # A job that is run again after a crash finds here what it has made already.
        Index(f"uq_{TABLE}_job_id_number", "job_id", "number", unique=True),
        Index(f"ix_{TABLE}_made", "creator_id", "created_at"),  # the quota counts deleted ones too
        Index(f"ix_{TABLE}_disk_bytes", "disk_bytes"),
        live_index(TABLE, "creator_id", "is_starred", "created_at"),
        live_index(TABLE, "creator_id", "provider_id", "created_at"),
        live_index(TABLE, "creator_id", "created_at"),
        bin_index(TABLE),
    )

    job_id: Mapped[int] = mapped_column(doc="The job that made it, which may be removed long before the picture.")
    number: Mapped[int] = mapped_column(doc="Which of the job's pictures, from 0.")
    prompt: Mapped[str] = mapped_column(Text)
    negative_prompt: Mapped[str] = mapped_column(Text, default="")
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("images_provider.id", ondelete="SET NULL"))
    provider_name: Mapped[str] = mapped_column(String(128))
    model: Mapped[str] = mapped_column(String(128))
    width: Mapped[int]
    height: Mapped[int]
    seed: Mapped[int | None] = mapped_column(BigInteger)
    watermark: Mapped[bool | None] = mapped_column(doc="Null: left to the service.")
    is_starred: Mapped[bool] = mapped_column(default=False, server_default=false())
    file_key: Mapped[str] = mapped_column(String(32), doc="Random; what its files are called (files.py).")
    content_type: Mapped[str] = mapped_column(String(32))
    bytes: Mapped[int] = mapped_column(BigInteger)
    disk_bytes: Mapped[int] = mapped_column(BigInteger, doc="With the thumbnail.")

    @property
    def file_name(self) -> str:
        return f"{self.file_key}.{TYPES[self.content_type]}"

    @property
    def thumbnail_name(self) -> str:
        return f"{self.file_key}.{THUMBNAIL_END}"
