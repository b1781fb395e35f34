"""account: what a person has, asked for by mail and is sent

Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from app.core.models import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("iam_user", sa.Column("email", sa.String(length=254), nullable=True))
    op.add_column("iam_user", sa.Column("avatar_key", sa.String(length=32), nullable=True))
    op.add_column("iam_user", sa.Column("locale", sa.String(length=16), nullable=True))
    op.add_column("iam_user", sa.Column("time_zone", sa.String(length=64), nullable=True))
    op.add_column("iam_user", sa.Column("password_changed_at", UtcDateTime(), nullable=True))
    op.add_column(
        "iam_user", sa.Column("must_change_password", sa.Boolean(), server_default=sa.text("0"), nullable=False)
    )
    op.create_index("uq_iam_user_email", "iam_user", ["email"], unique=True, sqlite_where=sa.text("is_deleted = 0"))

    op.create_table(
        "iam_avatar",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_iam_avatar_creator_id_iam_user")),
        sa.ForeignKeyConstraint(["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_avatar_modifier_id_iam_user")),
        sa.ForeignKeyConstraint(["user_id"], ["iam_user.id"], name=op.f("fk_iam_avatar_user_id_iam_user")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_iam_avatar")),
    )
    with op.batch_alter_table("iam_avatar", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_iam_avatar_user_id"), ["user_id"], unique=False)

    op.create_table(
        "iam_mail_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("client_network", sa.String(length=64), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_iam_mail_request_creator_id_iam_user")),
        sa.ForeignKeyConstraint(
            ["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_mail_request_modifier_id_iam_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iam_mail_request")),
    )
    with op.batch_alter_table("iam_mail_request", schema=None) as batch_op:
        batch_op.create_index(
            "ix_iam_mail_request_client_network_created_at", ["client_network", "created_at"], unique=False
        )
        batch_op.create_index("ix_iam_mail_request_created_at", ["created_at"], unique=False)
        batch_op.create_index("ix_iam_mail_request_email_created_at", ["email", "created_at"], unique=False)

    op.create_table(
        "iam_password_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["creator_id"], ["iam_user.id"], name=op.f("fk_iam_password_history_creator_id_iam_user")
        ),
        sa.ForeignKeyConstraint(
            ["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_password_history_modifier_id_iam_user")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["iam_user.id"], name=op.f("fk_iam_password_history_user_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iam_password_history")),
    )
    with op.batch_alter_table("iam_password_history", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_iam_password_history_user_id"), ["user_id"], unique=False)

    op.create_table(
        "iam_password_reset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["creator_id"], ["iam_user.id"], name=op.f("fk_iam_password_reset_creator_id_iam_user")
        ),
        sa.ForeignKeyConstraint(
            ["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_password_reset_modifier_id_iam_user")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["iam_user.id"], name=op.f("fk_iam_password_reset_user_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iam_password_reset")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_iam_password_reset_token_hash")),
    )
    with op.batch_alter_table("iam_password_reset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_iam_password_reset_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_iam_password_reset_user_id"), ["user_id"], unique=False)

    op.create_table(
        "iam_pending_registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["creator_id"], ["iam_user.id"], name=op.f("fk_iam_pending_registration_creator_id_iam_user")
        ),
        sa.ForeignKeyConstraint(
            ["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_pending_registration_modifier_id_iam_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iam_pending_registration")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_iam_pending_registration_token_hash")),
    )
    with op.batch_alter_table("iam_pending_registration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_iam_pending_registration_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_iam_pending_registration_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "iam_used_captcha",
        sa.Column("challenge", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_iam_used_captcha_creator_id_iam_user")),
        sa.ForeignKeyConstraint(
            ["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_used_captcha_modifier_id_iam_user")
        ),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_iam_used_captcha")),
    )
    with op.batch_alter_table("iam_used_captcha", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_iam_used_captcha_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "notify_outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(length=256), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_notify_outbox_creator_id_iam_user")),
        sa.ForeignKeyConstraint(["modifier_id"], ["iam_user.id"], name=op.f("fk_notify_outbox_modifier_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_outbox")),
    )
    with op.batch_alter_table("notify_outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notify_outbox_due", ["next_attempt_at"], unique=False, sqlite_where=sa.text("state = 'waiting'")
        )
        batch_op.create_index("ix_notify_outbox_finished_at", ["finished_at"], unique=False)


def downgrade() -> None:
    op.drop_table("notify_outbox")
    op.drop_table("iam_used_captcha")
    op.drop_table("iam_pending_registration")
    op.drop_table("iam_password_reset")
    op.drop_table("iam_password_history")
    op.drop_table("iam_mail_request")
    op.drop_table("iam_avatar")
    op.drop_index("uq_iam_user_email", "iam_user")
    for column in ("must_change_password", "password_changed_at", "time_zone", "locale", "avatar_key", "email"):
        op.drop_column("iam_user", column)
