"""Conversations, their messages, and what a search looks into."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utc_now
from app.core.models import Record, bin_index, live_index

CONVERSATION = "chat_conversation"
MESSAGE = "chat_message"


class Conversation(Record):
    __tablename__ = CONVERSATION
    __table_args__ = (
        live_index(CONVERSATION, "user_id", "is_archived", "is_pinned", "touched_at"),
        bin_index(CONVERSATION),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("iam_user.id"))
    title: Mapped[str] = mapped_column(String(200), default="")
    is_titled: Mapped[bool] = mapped_column(default=False, server_default=false(), doc="By a person: it stays.")
    is_pinned: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_archived: Mapped[bool] = mapped_column(default=False, server_default=false())
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("chat_provider.id"))
    model: Mapped[str] = mapped_column(String(200), default="")
    system_prompt: Mapped[str] = mapped_column(Text, default="")
    temperature: Mapped[float | None] = mapped_column(Float)
    leaf_id: Mapped[int | None] = mapped_column(doc="The last message of the branch that is shown.")
    touched_at: Mapped[datetime] = mapped_column(default=utc_now, doc="When the last message came.")

    def redacted(self) -> frozenset[str]:
        """What people talk about is theirs: the operation log says that there was a change."""
        return frozenset({"title", "system_prompt"})


class Message(Record):
    """One version of a question or an answer. `user_id` is the conversation's, so that a search needs one table."""

    __tablename__ = MESSAGE
    __table_args__ = (
        Index("ix_chat_message_conversation_id_parent_id", "conversation_id", "parent_id"),
        Index("ix_chat_message_parent_id", "parent_id"),
        Index("ix_chat_message_user_id", "user_id"),
        Index("ix_chat_message_running", "conversation_id", sqlite_where=text("state = 'running'")),
    )

    conversation_id: Mapped[int] = mapped_column(ForeignKey("chat_conversation.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("iam_user.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("chat_message.id"))
    role: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(Text, default="")
    thinking: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="done", server_default="done")
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("chat_provider.id"))
    provider_name: Mapped[str] = mapped_column(String(128), default="")
    model: Mapped[str] = mapped_column(String(200), default="")
    job_id: Mapped[int | None]
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    tokens_per_second: Mapped[float | None] = mapped_column(Float)

    def redacted(self) -> frozenset[str]:
        return frozenset({"content", "thinking", "error"})
