"""rights: roles, menus, permission labels, the login log

Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from app.core.models import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BINS = ("iam_user", "iam_role", "iam_menu")  # the recycle bin lists what was deleted last
USER_ORDERS = (("display_name",), ("last_login_at",), ("created_at",), ("is_active", "created_at"))
SESSION_ORDERS = (("created_at", "id"), ("refreshed_at", "id"), ("client_network",))
LISTED = "is_deleted = 0 AND is_system = 0"


def upgrade() -> None:
    op.create_table(
        "iam_permission",
        sa.Column("label", sa.String(length=96), nullable=False),
        sa.Column("meaning", sa.String(length=256), nullable=False),
        sa.Column("module", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("label", name=op.f("pk_iam_permission")),
    )
    op.create_table(
        "iam_seeded",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_iam_seeded")),
    )
    op.create_table(
        "iam_login_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("client_network", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["iam_user.id"], name=op.f("fk_iam_login_log_user_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iam_login_log")),
    )
    with op.batch_alter_table("iam_login_log", schema=None) as batch_op:
        batch_op.create_index(
            "ix_iam_login_log_client_network", ["client_network", "created_at", "id", "outcome"], unique=False
        )
        batch_op.create_index("ix_iam_login_log_created_at", ["created_at"], unique=False)
        batch_op.create_index("ix_iam_login_log_outcome", ["outcome", "created_at"], unique=False)
        batch_op.create_index("ix_iam_login_log_user_id", ["user_id", "created_at"], unique=False)
        batch_op.create_index("ix_iam_login_log_username", ["username", "created_at", "id", "outcome"], unique=False)

    op.create_table(
        "iam_menu",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=96), nullable=False),
        sa.Column("path", sa.String(length=128), server_default=sa.text("''"), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("icon", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("view", sa.String(length=128), server_default=sa.text("''"), nullable=False),
        sa.Column("permission", sa.String(length=96), nullable=True),
        sa.Column("sort_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_visible", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_iam_menu_creator_id_iam_user")),
        sa.ForeignKeyConstraint(["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_menu_modifier_id_iam_user")),
        sa.ForeignKeyConstraint(["parent_id"], ["iam_menu.id"], name=op.f("fk_iam_menu_parent_id_iam_menu")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iam_menu")),
    )
    with op.batch_alter_table("iam_menu", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_iam_menu_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_iam_menu_permission"), ["permission"], unique=False)
        batch_op.create_index(
            "uq_iam_menu_name", ["name"], unique=True, sqlite_where=sa.text("is_deleted = 0 AND kind != 'button'")
        )
        batch_op.create_index(
            "uq_iam_menu_path", ["path"], unique=True, sqlite_where=sa.text("is_deleted = 0 AND kind = 'page'")
        )

    op.create_table(
        "iam_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("description", sa.String(length=512), server_default=sa.text("''"), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("sort_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_iam_role_creator_id_iam_user")),
        sa.ForeignKeyConstraint(["modifier_id"], ["iam_user.id"], name=op.f("fk_iam_role_modifier_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iam_role")),
    )
    with op.batch_alter_table("iam_role", schema=None) as batch_op:
        batch_op.create_index("uq_iam_role_code", ["code"], unique=True, sqlite_where=sa.text("is_deleted = 0"))
        batch_op.create_index(
            "ix_iam_role_sort_order", ["sort_order"], unique=False, sqlite_where=sa.text("is_deleted = 0")
        )

    op.create_table(
        "iam_role_menu",
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("menu_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["menu_id"], ["iam_menu.id"], name=op.f("fk_iam_role_menu_menu_id_iam_menu")),
        sa.ForeignKeyConstraint(["role_id"], ["iam_role.id"], name=op.f("fk_iam_role_menu_role_id_iam_role")),
        sa.PrimaryKeyConstraint("role_id", "menu_id", name=op.f("pk_iam_role_menu")),
    )
    with op.batch_alter_table("iam_role_menu", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_iam_role_menu_menu_id"), ["menu_id"], unique=False)

    op.create_table(
        "iam_user_role",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["iam_role.id"], name=op.f("fk_iam_user_role_role_id_iam_role")),
        sa.ForeignKeyConstraint(["user_id"], ["iam_user.id"], name=op.f("fk_iam_user_role_user_id_iam_user")),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_iam_user_role")),
    )
    with op.batch_alter_table("iam_user_role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_iam_user_role_role_id"), ["role_id"], unique=False)

    with op.batch_alter_table("iam_session", schema=None) as batch_op:
        for columns in SESSION_ORDERS:
            batch_op.create_index(
                f"ix_iam_session_{columns[0]}",
                [*columns, "expires_at", "user_id"],
                sqlite_where=sa.text("revoked_at IS NULL"),
            )

    with op.batch_alter_table("iam_user", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_login_at", UtcDateTime(), nullable=True))
        for columns in USER_ORDERS:
            batch_op.create_index(f"ix_iam_user_{'_'.join(columns)}", [*columns], sqlite_where=sa.text(LISTED))
        batch_op.create_index("ix_iam_user_is_system", ["id"], sqlite_where=sa.text("is_system = 1"))

    for table in BINS:
        op.create_index(f"ix_{table}_deleted", table, ["modifier_time"], sqlite_where=sa.text("is_deleted = 1"))


def downgrade() -> None:
    for table in BINS:
        op.drop_index(f"ix_{table}_deleted", table)
    with op.batch_alter_table("iam_user", schema=None) as batch_op:
        batch_op.drop_index("ix_iam_user_is_system")
        for columns in USER_ORDERS:
            batch_op.drop_index(f"ix_iam_user_{'_'.join(columns)}")
        batch_op.drop_column("last_login_at")

    with op.batch_alter_table("iam_session", schema=None) as batch_op:
        batch_op.drop_index("ix_iam_session_refreshed_at", sqlite_where=sa.text("revoked_at IS NULL"))
        batch_op.drop_index("ix_iam_session_created_at", sqlite_where=sa.text("revoked_at IS NULL"))
        batch_op.drop_index("ix_iam_session_client_network", sqlite_where=sa.text("revoked_at IS NULL"))

    with op.batch_alter_table("iam_user_role", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_iam_user_role_role_id"))

    op.drop_table("iam_user_role")
    with op.batch_alter_table("iam_role_menu", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_iam_role_menu_menu_id"))

    op.drop_table("iam_role_menu")
    with op.batch_alter_table("iam_role", schema=None) as batch_op:
        batch_op.drop_index("ix_iam_role_sort_order", sqlite_where=sa.text("is_deleted = 0"))
        batch_op.drop_index("uq_iam_role_code", sqlite_where=sa.text("is_deleted = 0"))

    op.drop_table("iam_role")
    with op.batch_alter_table("iam_menu", schema=None) as batch_op:
        batch_op.drop_index("uq_iam_menu_path", sqlite_where=sa.text("is_deleted = 0 AND kind = 'page'"))
        batch_op.drop_index("uq_iam_menu_name", sqlite_where=sa.text("is_deleted = 0 AND kind != 'button'"))
        batch_op.drop_index(batch_op.f("ix_iam_menu_permission"))
        batch_op.drop_index(batch_op.f("ix_iam_menu_parent_id"))

    op.drop_table("iam_menu")
    with op.batch_alter_table("iam_login_log", schema=None) as batch_op:
        batch_op.drop_index("ix_iam_login_log_username")
        batch_op.drop_index("ix_iam_login_log_user_id")
        batch_op.drop_index("ix_iam_login_log_outcome")
        batch_op.drop_index("ix_iam_login_log_created_at")
        batch_op.drop_index("ix_iam_login_log_client_network")

    op.drop_table("iam_login_log")
    op.drop_table("iam_seeded")
    op.drop_table("iam_permission")
