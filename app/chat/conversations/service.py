"""A person's own conversations. Whatever belongs to somebody else is not there, for administrators too."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.conversations import repository
from app.chat.conversations.models import Conversation, Message
from app.chat.conversations.schemas import (
    Branch,
    ConversationAnswer,
    ConversationCreate,
    ConversationPage,
    ConversationQuery,
    MessageAnswer,
    MessageError,
    Tokens,
)
from app.chat.conversations.tree import Tree
from app.chat.providers.repository import providers
from app.core.at_once import add_at_once
from app.core.crud import Page
from app.core.errors import ErrorCode, ProblemError, not_valid
from app.core.events import publish
from app.jobs import cancel

SNIPPET_BEFORE, SNIPPET_LENGTH = 30, 120
SCALARS = ("is_pinned", "is_archived", "model", "system_prompt", "temperature", "provider_id")


async def tell(session: AsyncSession, conversation: Conversation, change: str) -> None:
    """To all pages of its owner."""
    await publish(session, "conversation", {"id": conversation.id, "change": change}, user_id=conversation.user_id)


async def own(session: AsyncSession, user_id: int, id_: int) -> Conversation:
    found = await repository.own(session, user_id, id_)
    if found is None:
        raise ProblemError(ErrorCode.NOT_FOUND)
    return found


async def own_message(session: AsyncSession, user_id: int, id_: int) -> Message:
    found = await repository.own_message(session, user_id, id_)
    if found is None:
        raise ProblemError(ErrorCode.NOT_FOUND)
    return found


async def _all_of(
    session: AsyncSession, user_id: int, ids: Iterable[int], *, deleted: bool = False
) -> Sequence[Conversation]:
    wanted = set(ids)
    found = await repository.own_many(session, user_id, wanted, deleted=deleted)
    if len(found) != len(wanted):
        raise ProblemError(ErrorCode.NOT_FOUND, "At least one of them is not there.")
    return found


# Conversations.


async def page(session: AsyncSession, user_id: int, query: ConversationQuery) -> Page[Any]:
    words = (query.q or "").split()
    hits = await repository.hits(session, user_id, words) if words else {}
    rows = await repository.page(session, user_id, query, hits)
    total, is_exact = await repository.count(session, user_id, query, hits)
    texts = await repository.texts(session, [hits[row.id] for row in rows if row.id in hits]) if hits else {}
    snippets = {row.id: _snippet(texts[hits[row.id]], words) for row in rows if row.id in hits}
    return ConversationPage(
        items=await answers(session, rows, snippets),
        total=total,
        total_is_exact=is_exact,
        page=query.page,
        page_size=query.page_size,
    )


async def answers(
    session: AsyncSession, rows: Sequence[Conversation], snippets: Mapping[int, str] | None = None
) -> list[ConversationAnswer]:
    jobs = await repository.running_jobs(session, [row.id for row in rows]) if rows else {}
    return [answer(row, jobs.get(row.id), snippets.get(row.id) if snippets else None) for row in rows]


def answer(row: Conversation, running_job_id: int | None = None, snippet: str | None = None) -> ConversationAnswer:
    return ConversationAnswer(
        **{name: getattr(row, name) for name in ("id", "title", "leaf_id", "created_at", *SCALARS)},
        running_job_id=running_job_id,
        snippet=snippet,
        updated_at=row.touched_at,
    )


async def one(session: AsyncSession, row: Conversation) -> ConversationAnswer:
    return (await answers(session, [row]))[0]


def _snippet(text: str, words: Sequence[str]) -> str:
    folded = text.casefold()
    places = [place for word in words if (place := folded.find(word.casefold())) >= 0]
    begin = max(0, min(places, default=0) - SNIPPET_BEFORE)
    cut = " ".join(text[begin : begin + SNIPPET_LENGTH].split())
    return f"{'…' if begin else ''}{cut}{'…' if begin + SNIPPET_LENGTH < len(text) else ''}"


async def create(session: AsyncSession, user_id: int, body: ConversationCreate) -> Conversation:
    values = body.model_dump()
    title = values.pop("title") or ""
    await _check_provider(session, body.provider_id)
    row = Conversation(user_id=user_id, title=title, is_titled=bool(title), **values)
    await add_at_once(session, row)
    await tell(session, row, "created")
    return row


async def _check_provider(session: AsyncSession, provider_id: int | None) -> None:
    if provider_id is not None:
        provider = await providers.get(session, provider_id)
        if provider is None or not provider.is_enabled:
            raise not_valid("provider_id", "not_there", "There is no such provider, or it is switched off.")


async def update(session: AsyncSession, user_id: int, id_: int, values: Mapping[str, Any]) -> Conversation:
    row = await own(session, user_id, id_)
    if "provider_id" in values:
        await _check_provider(session, values["provider_id"])
    for name in SCALARS:
        if name in values:
            setattr(row, name, values[name])
    if "title" in values:
        row.title, row.is_titled = values["title"], True
    if "leaf_message_id" in values:
        tree = Tree(await repository.pairs(session, row.id))
        if values["leaf_message_id"] not in tree.parents:
            raise not_valid("leaf_message_id", "not_there", "There is no such message in this conversation.")
        row.leaf_id = tree.newest_leaf(values["leaf_message_id"])
    await session.flush()
    await tell(session, row, "updated")
    return row


async def delete(session: AsyncSession, user_id: int, ids: Iterable[int]) -> None:
    """Their answers that are still being made are stopped."""
    rows = await _all_of(session, user_id, ids)
    for row in rows:
        row.is_deleted = True
    await session.flush()
    for message in await repository.running_messages(session, [row.id for row in rows]):
        await stop(session, message)
    for row in rows:
        await tell(session, row, "deleted")


async def restore(session: AsyncSession, user_id: int, ids: Iterable[int]) -> None:
    rows = await _all_of(session, user_id, ids, deleted=True)
    for row in rows:
        row.is_deleted = False
    await session.flush()
    for row in rows:
        await tell(session, row, "created")


async def stop(session: AsyncSession, message: Message) -> None:
    """Cancel the job that makes this answer; nothing when it has ended."""
    if message.job_id is not None:
        await cancel(session, message.job_id)


# Messages.


async def shown_branch(session: AsyncSession, conversation: Conversation) -> Branch:
    if conversation.leaf_id is None:
        return Branch(items=[], leaf_id=None)
    rows = await repository.branch(session, conversation.leaf_id)
    tree = Tree(await repository.pairs(session, conversation.id))
    return Branch(items=[message_answer(row, tree.siblings(row.id)) for row in rows], leaf_id=conversation.leaf_id)


def message_answer(row: Any, sibling_ids: list[int]) -> MessageAnswer:
    """`row`: a message, or a plain row of one."""
    counted = row.completion_tokens is not None
    return MessageAnswer(
        id=row.id,
        conversation_id=row.conversation_id,
        parent_id=row.parent_id,
        role=row.role,
        content=row.content,
        thinking=row.thinking,
        state=row.state,
        error=MessageError(**row.error) if row.error else None,
        model=row.model,
        provider_name=row.provider_name,
        job_id=row.job_id,
        sibling_ids=sibling_ids,
        tokens=Tokens(prompt=row.prompt_tokens or 0, completion=row.completion_tokens) if counted else None,
        tokens_per_second=row.tokens_per_second,
        created_at=row.created_at,
    )
