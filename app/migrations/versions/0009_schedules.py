"""schedules

Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from app.core.models import UtcDateTime

revision = "0009"
down_revision = "0008"
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
        "job_schedule",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("cron", sa.String(length=128), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("misfire", sa.String(length=8), nullable=False),
        sa.Column("overlap", sa.String(length=8), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("next_run_at", UtcDateTime(), nullable=True),
        sa.Column("told_of", UtcDateTime(), nullable=True),
    )
    _live_index("job_schedule", "name", unique=True)
    _live_index("job_schedule", "created_at")
    _live_index("job_schedule", "next_run_at")
    _live_index("job_schedule", "kind", "name")
    op.create_index(
        "ix_job_schedule_due", "job_schedule", ["next_run_at"], sqlite_where=sa.text("next_run_at IS NOT NULL")
    )
    op.create_index(
        "ix_job_schedule_deleted", "job_schedule", ["modifier_time"], sqlite_where=sa.text("is_deleted = 1")
    )
    _record(
        "job_schedule_run",
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("planned_for", UtcDateTime(), nullable=True),
        sa.Column("stands_for", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_details", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("is_told_of", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["job_schedule.id"], name=op.f("fk_job_schedule_run_schedule_id_job_schedule")
        ),
    )
    op.create_index(
        "uq_job_schedule_run_schedule_id_planned_for", "job_schedule_run", ["schedule_id", "planned_for"], unique=True
    )
    op.create_index("ix_job_schedule_run_schedule_id_created_at", "job_schedule_run", ["schedule_id", "created_at"])
    op.create_index("ix_job_schedule_run_state_created_at", "job_schedule_run", ["state", "created_at"])
    op.create_index("ix_job_schedule_run_created_at", "job_schedule_run", ["created_at"])
    op.create_index(
        "ix_job_schedule_run_active",
        "job_schedule_run",
        ["schedule_id"],
        sqlite_where=sa.text("state IN ('waiting', 'given')"),
    )
    with op.batch_alter_table("job") as batch:
        batch.add_column(sa.Column("schedule_run_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("job") as batch:
        batch.drop_column("schedule_run_id")
    op.drop_table("job_schedule_run")
    op.drop_table("job_schedule")
