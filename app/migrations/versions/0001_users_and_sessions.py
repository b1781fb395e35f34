"""users and sessions

Revises:
"""

import sqlalchemy as sa
from alembic import op

from app.core.models import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "iam_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=128), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_administrator", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_system", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_iam_user_creator_id_iam_user")),
        sa.ForeignKeyConstraint(["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_user_modifier_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iam_user")),
    )
    with op.batch_alter_table("iam_user", schema=None) as batch_op:
        batch_op.create_index("uq_iam_user_username", ["username"], unique=True, sqlite_where=sa.text("is_deleted = 0"))

    op.create_table(
        "iam_login_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("client_network", sa.String(length=64), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_iam_login_failure_creator_id_iam_user")),
        sa.ForeignKeyConstraint(
            ["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_login_failure_modifier_id_iam_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iam_login_failure")),
    )
    with op.batch_alter_table("iam_login_failure", schema=None) as batch_op:
        batch_op.create_index(
            "ix_iam_login_failure_client_network_created_at", ["client_network", "created_at"], unique=False
        )
        batch_op.create_index("ix_iam_login_failure_username_created_at", ["username", "created_at"], unique=False)

    op.create_table(
        "iam_session",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("is_remembered", sa.Boolean(), nullable=False),
        sa.Column("refresh_id", sa.String(length=32), nullable=False),
        sa.Column("previous_refresh_id", sa.String(length=32), nullable=True),
        sa.Column("refreshed_at", UtcDateTime(), nullable=False),
        sa.Column("client_network", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=256), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_iam_session_creator_id_iam_user")),
        sa.ForeignKeyConstraint(["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_session_modifier_id_iam_user")),
        sa.ForeignKeyConstraint(["user_id"], ["iam_user.id"], name=op.f("fk_iam_session_user_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iam_session")),
    )
    with op.batch_alter_table("iam_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_iam_session_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("iam_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_iam_session_user_id"))

    op.drop_table("iam_session")
    with op.batch_alter_table("iam_login_failure", schema=None) as batch_op:
        batch_op.drop_index("ix_iam_login_failure_username_created_at")
        batch_op.drop_index("ix_iam_login_failure_client_network_created_at")

    op.drop_table("iam_login_failure")
    with op.batch_alter_table("iam_user", schema=None) as batch_op:
        batch_op.drop_index("uq_iam_user_username", sqlite_where=sa.text("is_deleted = 0"))

    op.drop_table("iam_user")
