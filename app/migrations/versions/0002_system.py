"""system: versions, parameters, dictionaries, the operation log, activation codes

Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from app.core.models import UtcDateTime

revision = "0002"
down_revision = "0001"
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
    op.create_table(
        "core_version",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_version")),
    )
    _record(
        "system_parameter",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("value_type", sa.String(length=16), nullable=False),
        sa.Column("description", sa.String(length=512), nullable=False),
        sa.Column("is_builtin", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_secret", sa.Boolean(), server_default=sa.text("0"), nullable=False),
    )
    _live_index("system_parameter", "key", unique=True)
    _record(
        "system_operation_log",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("resource_id", sa.String(length=64), nullable=True),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("path", sa.String(length=256), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("client_network", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
    )
    for name in ("created_at", "request_id"):
        op.create_index(f"ix_system_operation_log_{name}", "system_operation_log", [name])
    for name in ("creator_id", "username", "action", "resource", "resource_id", "outcome", "client_network"):
        op.create_index(f"ix_system_operation_log_{name}", "system_operation_log", [name, "created_at"])
    _record(
        "system_dictionary_type",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("description", sa.String(length=512), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("1"), nullable=False),
    )
    _live_index("system_dictionary_type", "code", unique=True)
    _record(
        "system_dictionary_item",
        sa.Column("type_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("value", sa.String(length=128), nullable=False),
        sa.Column("colour", sa.String(length=16), server_default="default", nullable=False),
        sa.Column("sort_order", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["type_id"],
            ["system_dictionary_type.id"],
            name=op.f("fk_system_dictionary_item_type_id_system_dictionary_type"),
        ),
    )
    _live_index("system_dictionary_item", "type_id", "value", unique=True)
    _live_index("system_dictionary_item", "type_id", "sort_order")
    _record(
        "system_activation_code",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=512), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("redeemer_id", sa.Integer(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("deadline", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["redeemer_id"], ["iam_user.id"], name=op.f("fk_system_activation_code_redeemer_id_iam_user")
        ),
    )
    op.create_index("uq_system_activation_code_code", "system_activation_code", ["code"], unique=True)
    for columns in (
        ["created_at"],
        ["deadline"],
        ["days"],
        ["batch", "created_at"],
        ["creator_id", "created_at"],
        ["is_enabled", "started_at", "created_at"],
        ["is_enabled", "deadline"],
        ["redeemer_id", "deadline"],
    ):
        _live_index("system_activation_code", *columns)
    op.create_index(
        "ix_system_activation_code_deleted",
        "system_activation_code",
        ["modifier_time"],
        sqlite_where=sa.text("is_deleted = 1"),
    )
    _record("system_redeem_failure")
    op.create_index(
        "ix_system_redeem_failure_creator_id_created_at", "system_redeem_failure", ["creator_id", "created_at"]
    )


def downgrade() -> None:
    for table in (
        "system_redeem_failure",
        "system_activation_code",
        "system_dictionary_item",
        "system_dictionary_type",
        "system_operation_log",
        "system_parameter",
        "core_version",
    ):
        op.drop_table(table)
