"""chat: providers, conversations, messages, and what a search looks into

Revises: 0006
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from loguru import logger

from app.core.models import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A message is searched for when it is whole: an answer that grows would be taken apart once a second.
NEW_IS_SEARCHED = "new.state <> 'running' AND new.is_deleted = 0"
OLD_IS_SEARCHED = "old.state <> 'running' AND old.is_deleted = 0"
# Three characters that no two people share, so one token of the index (docs/decisions/0090).
OWNER = "char(19968 + {0} % 16384, 19968 + {0} / 16384 % 16384, 19968 + {0} / 268435456 % 16384)"
ADD = (
    "INSERT INTO chat_search (rowid, owner, body) "
    f"SELECT new.id, {OWNER.format('new.user_id')}, new.content WHERE {NEW_IS_SEARCHED};"
)
# An index without a copy of the text is told what it is to forget.
FORGET = (
    "INSERT INTO chat_search (chat_search, rowid, owner, body) "
    f"SELECT 'delete', old.id, {OWNER.format('old.user_id')}, old.content WHERE {OLD_IS_SEARCHED};"
)


def upgrade() -> None:
    op.create_table(
        "chat_provider",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("base_url", sa.String(length=512), nullable=False),
        sa.Column("sealed_key", sa.String(length=2048), nullable=True),
        sa.Column("default_model", sa.String(length=200), nullable=False),
        sa.Column("timeout_seconds", sa.Integer(), server_default="120", nullable=False),
        sa.Column("context_tokens", sa.Integer(), server_default="8192", nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("allow_private", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("sort_order", sa.Integer(), server_default="0", nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_chat_provider_creator_id_iam_user")),
        sa.ForeignKeyConstraint(["modifier_id"], ["iam_user.id"], name=op.f("fk_chat_provider_modifier_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_provider")),
    )
    live: dict[str, Any] = {"sqlite_where": sa.text("is_deleted = 0")}
    op.create_index("uq_chat_provider_name", "chat_provider", ["name"], unique=True, **live)
    op.create_index("ix_chat_provider_sort_order", "chat_provider", ["sort_order"], **live)
    op.create_index(
        "uq_chat_provider_origin",
        "chat_provider",
        ["origin"],
        unique=True,
        sqlite_where=sa.text("origin IS NOT NULL"),
    )

    op.create_table(
        "chat_conversation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("is_titled", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_archived", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("system_prompt", sa.Text(), nullable=False),
        sa.Column("temperature", sa.Float(), nullable=True),
        sa.Column("leaf_id", sa.Integer(), nullable=True),
        sa.Column("touched_at", UtcDateTime(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["iam_user.id"], name=op.f("fk_chat_conversation_user_id_iam_user")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["chat_provider.id"], name=op.f("fk_chat_conversation_provider_id_chat_provider")
        ),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_chat_conversation_creator_id_iam_user")),
        sa.ForeignKeyConstraint(
            ["modifier_id"], ["iam_user.id"], name=op.f("fk_chat_conversation_modifier_id_iam_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_conversation")),
    )
    op.create_index(
        "ix_chat_conversation_user_id_is_archived_is_pinned_touched_at",
        "chat_conversation",
        ["user_id", "is_archived", "is_pinned", "touched_at"],
        **live,
    )
    op.create_index(
        "ix_chat_conversation_deleted",
        "chat_conversation",
        ["modifier_time"],
        sqlite_where=sa.text("is_deleted = 1"),
    )

    op.create_table(
        "chat_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("thinking", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), server_default="done", nullable=False),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("provider_name", sa.String(length=128), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("tokens_per_second", sa.Float(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modifier_id", sa.Integer(), nullable=True),
        sa.Column("modifier_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["chat_conversation.id"],
            name=op.f("fk_chat_message_conversation_id_chat_conversation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["iam_user.id"], name=op.f("fk_chat_message_user_id_iam_user")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["chat_message.id"], name=op.f("fk_chat_message_parent_id_chat_message")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["chat_provider.id"], name=op.f("fk_chat_message_provider_id_chat_provider")
        ),
        sa.ForeignKeyConstraint(["creator_id"], ["iam_user.id"], name=op.f("fk_chat_message_creator_id_iam_user")),
        sa.ForeignKeyConstraint(["modifier_id"], ["iam_user.id"], name=op.f("fk_chat_message_modifier_id_iam_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_message")),
    )
    op.create_index("ix_chat_message_conversation_id_parent_id", "chat_message", ["conversation_id", "parent_id"])
    op.create_index("ix_chat_message_parent_id", "chat_message", ["parent_id"])
    op.create_index("ix_chat_message_user_id", "chat_message", ["user_id"])
    op.create_index(
        "ix_chat_message_running", "chat_message", ["conversation_id"], sqlite_where=sa.text("state = 'running'")
    )
    if op.get_bind().dialect.name == "sqlite":
        _make_search()
    else:
        _make_search_of_postgresql()


def _make_search_of_postgresql() -> None:
    """Where the extension is there and may be made; otherwise messages are looked through one by one."""
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError as error:
        logger.warning("Searching in chats will be slow, for pg_trgm could not be made: {}", error.orig)
        return
    op.execute("CREATE INDEX ix_chat_message_search ON chat_message USING gin (content gin_trgm_ops)")


def _make_search() -> None:
    op.execute("CREATE VIRTUAL TABLE chat_search USING fts5(owner, body, content='', tokenize='trigram')")
    op.execute(f"CREATE TRIGGER chat_message_made AFTER INSERT ON chat_message BEGIN {ADD} END")
    op.execute(
        "CREATE TRIGGER chat_message_changed AFTER UPDATE OF content, state, is_deleted ON chat_message "
        f"BEGIN {FORGET} {ADD} END"
    )
    op.execute(f"CREATE TRIGGER chat_message_removed AFTER DELETE ON chat_message BEGIN {FORGET} END")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE chat_search")
    op.drop_table("chat_message")
    op.drop_table("chat_conversation")
    op.drop_table("chat_provider")
