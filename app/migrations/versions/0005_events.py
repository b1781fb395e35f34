"""events

Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from app.core.models import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["iam_user.id"], name=op.f("fk_core_event_user_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_event")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("core_event")
