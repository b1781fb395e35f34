"""jobs

Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from app.core.models import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_worker",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_worker")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=True),
        sa.Column("progress_text", sa.String(length=200), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_details", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=128), nullable=True),
        sa.Column("idempotency_digest", sa.String(length=64), nullable=True),
        sa.Column("retry_of_id", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("cancel_asked_at", UtcDateTime(), nullable=True),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_job_creator_id_iam_user")),
        sa.ForeignKeyConstraint(["modifier_id"], ["iam_user.id"], name=op.f("fk_job_modifier_id_iam_user")),
        sa.ForeignKeyConstraint(["retry_of_id"], ["job.id"], name=op.f("fk_job_retry_of_id_job")),
        sa.ForeignKeyConstraint(["user_id"], ["iam_user.id"], name=op.f("fk_job_user_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(
            "ix_job_cancelling", ["cancel_asked_at"], unique=False, sqlite_where=sa.text("state = 'running'")
        )
        batch_op.create_index("ix_job_created_at", ["created_at"], unique=False, sqlite_where=sa.text("is_deleted = 0"))
        batch_op.create_index("ix_job_deleted", ["modifier_time"], unique=False, sqlite_where=sa.text("is_deleted = 1"))
        batch_op.create_index(
            "ix_job_failed", ["queue", "finished_at"], unique=False, sqlite_where=sa.text("state = 'failed'")
        )
        batch_op.create_index("ix_job_finished_at", ["finished_at"], unique=False)
        batch_op.create_index(
            "ix_job_kind_created_at", ["kind", "created_at"], unique=False, sqlite_where=sa.text("is_deleted = 0")
        )
        batch_op.create_index(
            "ix_job_line",
            ["queue", "rank", "turn", "id", "state"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index(
            "ix_job_line_of_user",
            ["queue", "user_id", "rank", "turn"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index(
            "ix_job_queue_created_at", ["queue", "created_at"], unique=False, sqlite_where=sa.text("is_deleted = 0")
        )
        batch_op.create_index("ix_job_retry_of_id", ["retry_of_id"], unique=False)
        batch_op.create_index(
            "ix_job_running", ["queue", "rank", "turn"], unique=False, sqlite_where=sa.text("state = 'running'")
        )
        batch_op.create_index(
            "ix_job_state_created_at", ["state", "created_at"], unique=False, sqlite_where=sa.text("is_deleted = 0")
        )
        batch_op.create_index("ix_job_title", ["title"], unique=False, sqlite_where=sa.text("is_deleted = 0"))
        batch_op.create_index(
            "ix_job_user_id_created_at", ["user_id", "created_at"], unique=False, sqlite_where=sa.text("is_deleted = 0")
        )
        batch_op.create_index("uq_job_user_id_idempotency_key", ["user_id", "idempotency_key"], unique=True)

    op.create_table(
        "job_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_event_job_id_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("job_event", schema=None) as batch_op:
        batch_op.create_index("ix_job_event_job_id_id", ["job_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("job_event")
    op.drop_table("job")
    op.drop_table("job_worker")
