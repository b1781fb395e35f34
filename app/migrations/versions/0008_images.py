"""images

Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from app.core.models import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _record(table: str, *columns: sa.schema.SchemaItem) -> None:
    """Make a table with the columns that every one has."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f(f"fk_{table}_creator_id_iam_user")),
        sa.ForeignKeyConstraint(["modifier_id"], ["iam_user.id"], name=op.f(f"fk_{table}_modifier_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _live_index(table: str, *columns: str, unique: bool = False) -> None:
    name = f"{'uq' if unique else 'ix'}_{table}_{'_'.join(columns)}"
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=sa.text("is_deleted = 0"))


def upgrade() -> None:
    _record(
        "images_provider",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("base_url", sa.String(length=512), nullable=False),
        sa.Column("sealed_key", sa.String(length=2048), nullable=True),
        sa.Column("default_model", sa.String(length=128), nullable=False),
        sa.Column("known_models", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("sizes", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("timeout_seconds", sa.Integer(), server_default="180", nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("allow_private", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("sort_order", sa.Integer(), server_default="0", nullable=False),
    )
    _live_index("images_provider", "name", unique=True)
    _live_index("images_provider", "sort_order")
    _record(
        "images_picture",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("negative_prompt", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("provider_name", sa.String(length=128), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("watermark", sa.Boolean(), nullable=True),
        sa.Column("is_starred", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("file_key", sa.String(length=32), nullable=False),
        sa.Column("content_type", sa.String(length=32), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("disk_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["images_provider.id"],
            name=op.f("fk_images_picture_provider_id_images_provider"),
            ondelete="SET NULL",
        ),
    )
    op.create_index("uq_images_picture_file_key", "images_picture", ["file_key"], unique=True)
    op.create_index("uq_images_picture_job_id_number", "images_picture", ["job_id", "number"], unique=True)
    op.create_index("ix_images_picture_made", "images_picture", ["creator_id", "created_at"])
    op.create_index("ix_images_picture_disk_bytes", "images_picture", ["disk_bytes"])
    _live_index("images_picture", "creator_id", "is_starred", "created_at")
    _live_index("images_picture", "creator_id", "provider_id", "created_at")
    _live_index("images_picture", "creator_id", "created_at")
    op.create_index(
        "ix_images_picture_deleted", "images_picture", ["modifier_time"], sqlite_where=sa.text("is_deleted = 1")
    )


def downgrade() -> None:
    op.drop_table("images_picture")
    op.drop_table("images_provider")
