"""notices: channels, texts, inboxes, and more of the outbox

Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from app.core.models import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OUTBOX, CHANNEL, TEMPLATE, INBOX = "notify_outbox", "notify_channel", "notify_template", "notify_inbox"


def _record(table: str, *columns: sa.Column[object] | sa.Constraint) -> None:
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
        CHANNEL,
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("sealed_url", sa.String(length=4096), nullable=True),
        sa.Column("sealed_secret", sa.String(length=2048), nullable=True),
        sa.Column("allow_private", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("locale", sa.String(length=16), server_default="en", nullable=False),
        sa.Column("all_alerts", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("notices", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("1"), nullable=False),
    )
    _live_index(CHANNEL, "name", unique=True)
    _live_index(CHANNEL, "created_at")
    _record(
        TEMPLATE,
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    _live_index(TEMPLATE, "kind", "locale", unique=True)
    _record(
        INBOX,
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("is_alert", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("link", sa.String(length=512), server_default=sa.text("''"), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["iam_user.id"], name=op.f(f"fk_{INBOX}_user_id_iam_user"), ondelete="CASCADE"
        ),
    )
    _live_index(INBOX, "user_id", "created_at")
    _live_index(INBOX, "user_id", "kind", "created_at")
    unread = sa.text("read_at IS NULL AND is_deleted = 0")
    op.create_index(f"ix_{INBOX}_unread", INBOX, ["user_id", "created_at"], sqlite_where=unread)
    op.create_index(f"ix_{INBOX}_created_at", INBOX, ["created_at"])
    op.create_index(f"ix_{INBOX}_deleted", INBOX, ["modifier_time"], sqlite_where=sa.text("is_deleted = 1"))
    op.create_table(
        "notify_preference",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("inbox", sa.Boolean(), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["iam_user.id"], name=op.f("fk_notify_preference_user_id_iam_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", name=op.f("pk_notify_preference")),
    )
    _extend_outbox()


def _extend_outbox() -> None:
    op.add_column(OUTBOX, sa.Column("medium", sa.String(length=16), server_default="mail", nullable=False))
    op.add_column(OUTBOX, sa.Column("kind", sa.String(length=64), nullable=True))
    op.add_column(OUTBOX, sa.Column("locale", sa.String(length=16), server_default="en", nullable=False))
    op.add_column(OUTBOX, sa.Column("link", sa.String(length=1024), server_default=sa.text("''"), nullable=False))
    op.add_column(OUTBOX, sa.Column("error_code", sa.String(length=64), nullable=True))
    op.add_column(OUTBOX, sa.Column("job_id", sa.Integer(), nullable=True))
    op.add_column(OUTBOX, sa.Column("channel_id", sa.Integer(), nullable=True))
    waiting = sa.text("state = 'waiting'")
    op.drop_index(f"ix_{OUTBOX}_due", OUTBOX)
    op.create_index(f"ix_{OUTBOX}_due", OUTBOX, ["state", "next_attempt_at"], sqlite_where=waiting)
    op.create_index(f"ix_{OUTBOX}_created_at", OUTBOX, ["created_at"])
    for column in ("state", "medium", "kind", "channel_id"):
        op.create_index(f"ix_{OUTBOX}_{column}_created_at", OUTBOX, [column, "created_at"])


def downgrade() -> None:
    for column in ("state", "medium", "kind", "channel_id"):
        op.drop_index(f"ix_{OUTBOX}_{column}_created_at", OUTBOX)
    op.drop_index(f"ix_{OUTBOX}_created_at", OUTBOX)
    op.drop_index(f"ix_{OUTBOX}_due", OUTBOX)
    waiting = sa.text("state = 'waiting'")
    op.create_index(f"ix_{OUTBOX}_due", OUTBOX, ["next_attempt_at"], sqlite_where=waiting)
    for column in ("channel_id", "job_id", "error_code", "link", "locale", "kind", "medium"):
        op.drop_column(OUTBOX, column)
    op.drop_table("notify_preference")
    for table in (INBOX, TEMPLATE, CHANNEL):
        op.drop_table(table)
