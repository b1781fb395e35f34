"""Every query about conversations and messages. All of them ask for one person's own only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    column,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from app.chat.conversations.models import Conversation, Message
from app.chat.conversations.schemas import ConversationQuery
from app.core.at_once import RowQuery
from app.core.crud.repository import contains, count_of, up_to_limit
from app.core.database import PointChange, PointQuery, PointReader, change_rows, rows_in

# An index of the trigrams of every whole message; triggers of migration 0007 keep it (docs/decisions/0090).
_search = table("chat_search", column("rowid"), column("chat_search"))
TRIGRAM = 3
MOST_FOUND = 5_000  # conversations
_is_live = ~Conversation.is_deleted
_is_running = Message.state == literal_column("'running'")  # a constant, or the partial index is not used


def owner_mark(user_id: int) -> str:
    """Three characters that no two people share: one token of the index, as the triggers write it."""
    return "".join(chr(19_968 + user_id // 16_384**place % 16_384) for place in range(3))


def _contains(session: AsyncSession, user_id: int, words: Sequence[str]) -> list[ColumnElement[bool]]:
    """Conditions on messages. Words of one or two characters are in no trigram: the texts are looked through."""
    found: list[ColumnElement[bool]] = [Message.user_id == user_id]
    if session.get_bind().dialect.name == "postgresql":
        # Its index finds what ILIKE asks for (migration 0007); whether a message is whole is asked of its row.
        return [*found, ~_is_running, ~Message.is_deleted, *(contains(Message.content, word) for word in words)]
    quoted = [f'body : "{word.replace(chr(34), chr(34) * 2)}"' for word in words if len(word) >= TRIGRAM]
    if quoted:
        expression = " AND ".join([f'owner : "{owner_mark(user_id)}"', *quoted])
        found.append(Message.id.in_(select(_search.c.rowid).where(_search.c.chat_search.match(expression))))
    found += [contains(Message.content, word) for word in words if len(word) < TRIGRAM]
    return found


async def hits(session: AsyncSession, user_id: int, words: Sequence[str]) -> dict[int, int]:
    """The newest message with all the words, by conversation. Asked once for a page, its number and its snippets."""
    newest = func.max(Message.id)
    query = select(Message.conversation_id, newest).where(*_contains(session, user_id, words))
    rows = await session.execute(query.group_by(Message.conversation_id).order_by(newest.desc()).limit(MOST_FOUND))
    return {row[0]: row[1] for row in rows}


async def texts(session: AsyncSession, ids: Iterable[int]) -> dict[int, str]:
    rows = await session.execute(select(Message.id, Message.content).where(Message.id.in_(set(ids))))
    return {row[0]: row[1] for row in rows}


def _conditions(user_id: int, query: ConversationQuery, found_in: Iterable[int]) -> list[ColumnElement[bool]]:
    conditions = [Conversation.user_id == user_id, _is_live]
    if query.archived is not None or query.q is None:
        conditions.append(Conversation.is_archived == bool(query.archived))
    if query.q is not None:
        in_title = and_(*(contains(Conversation.title, word) for word in query.q.split()))
        conditions.append(or_(in_title, Conversation.id.in_(found_in)))
    return conditions


async def page(
    session: AsyncSession, user_id: int, query: ConversationQuery, found_in: Iterable[int]
) -> Sequence[Conversation]:
    """`found_in`: conversations whose messages have what is searched for."""
    order = (Conversation.is_pinned.desc(), Conversation.touched_at.desc(), Conversation.id.desc())
    rows = select(Conversation).where(*_conditions(user_id, query, found_in)).order_by(*order)
    return (await session.scalars(rows.limit(query.page_size).offset(query.offset))).all()


async def count(
    session: AsyncSession, user_id: int, query: ConversationQuery, found_in: Iterable[int]
) -> tuple[int, bool]:
    """How many, and whether that is all."""
    ids = select(Conversation.id).where(*_conditions(user_id, query, found_in))
    return up_to_limit(await session.scalar(count_of(ids)) or 0)


async def own(session: AsyncSession, user_id: int, id_: int) -> Conversation | None:
    query = select(Conversation).where(Conversation.id == id_, Conversation.user_id == user_id, _is_live)
    return await session.scalar(query)


_OWN = RowQuery(Conversation, Conversation.id == bindparam("id"), Conversation.user_id == bindparam("user"), _is_live)


async def own_at_once(points: PointReader, user_id: int, id_: int) -> Conversation | None:
    """What `own` finds, for the hottest paths."""
    return next(iter(await _OWN.read(points, id=id_, user=user_id)), None)


async def own_many(
    session: AsyncSession, user_id: int, ids: Iterable[int], *, deleted: bool = False
) -> Sequence[Conversation]:
    state = Conversation.is_deleted if deleted else _is_live
    query = select(Conversation).where(Conversation.id.in_(set(ids)), Conversation.user_id == user_id, state)
    return (await session.scalars(query)).all()


async def own_after(session: AsyncSession, user_id: int, after: int) -> Conversation | None:
    """The next one, for an export of all."""
    query = select(Conversation).where(Conversation.user_id == user_id, Conversation.id > after, _is_live)
    return await session.scalar(query.order_by(Conversation.id).limit(1))


async def running_jobs(session: AsyncSession, ids: Iterable[int]) -> dict[int, int]:
    """The job of the newest answer that is being made, by conversation."""
    query = select(Message.conversation_id, func.max(Message.job_id)).where(
        Message.conversation_id.in_(set(ids)), _is_running
    )
    rows = await session.execute(query.group_by(Message.conversation_id))
    return {row[0]: row[1] for row in rows if row[1] is not None}


async def running_messages(session: AsyncSession, ids: Iterable[int]) -> Sequence[Message]:
    query = select(Message).where(Message.conversation_id.in_(set(ids)), _is_running)
    return (await session.scalars(query)).all()


async def own_message(session: AsyncSession, user_id: int, id_: int) -> Message | None:
    query = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.id == id_, Message.user_id == user_id, _is_live)
    )
    return await session.scalar(query)


async def message_in(session: AsyncSession, conversation_id: int, id_: int) -> Message | None:
    query = select(Message).where(Message.id == id_, Message.conversation_id == conversation_id)
    return await session.scalar(query)


_STANDING = PointQuery(
    select(Conversation.leaf_id, Conversation.title).where(
        Conversation.id == bindparam("id"), Conversation.user_id == bindparam("user"), _is_live
    )
)
_STATE = PointQuery(
    select(Message.state).where(Message.id == bindparam("id"), Message.conversation_id == bindparam("of"))
)


async def taken_over(session: AsyncSession, row: Conversation) -> bool:
    """Bring one that was read before into the session that writes, as it stands by now. False when it is gone."""
    found = await rows_in(session, _STANDING, {"id": row.id, "user": row.user_id})
    if not found:
        return False
    for name, value in zip(("leaf_id", "title"), found[0], strict=True):
        set_committed_value(row, name, value)
    session.add(row)
    return True


async def state_of(session: AsyncSession, conversation_id: int, id_: int) -> str | None:
    """Of a message; None when it is not in that conversation."""
    found = await rows_in(session, _STATE, {"id": id_, "of": conversation_id})
    return found[0][0] if found else None


async def pairs(session: AsyncSession, conversation_id: int) -> list[tuple[int, int | None]]:
    """Every message with the one before it, from an index alone."""
    rows = await session.execute(
        select(Message.id, Message.parent_id).where(Message.conversation_id == conversation_id)
    )
    return [(row[0], row[1]) for row in rows]


def _children(same: ColumnElement[bool]) -> PointQuery:
    return PointQuery(select(Message.id).where(Message.conversation_id == bindparam("of"), same).order_by(Message.id))


_CHILDREN, _FIRST = _children(Message.parent_id == bindparam("parent")), _children(Message.parent_id.is_(None))


async def sibling_ids(session: AsyncSession, message: Message) -> list[int]:
    of = {"of": message.conversation_id}
    if message.parent_id is None:
        rows = await rows_in(session, _FIRST, of)
    else:
        rows = await rows_in(session, _CHILDREN, {**of, "parent": message.parent_id})
    return [row[0] for row in rows]


SHOWN = (
    Message.id,
    Message.conversation_id,
    Message.parent_id,
    Message.role,
    Message.content,
    Message.thinking,
    Message.state,
    Message.error,
    Message.model,
    Message.provider_name,
    Message.job_id,
    Message.prompt_tokens,
    Message.completion_tokens,
    Message.tokens_per_second,
    Message.created_at,
)


async def all_messages(session: AsyncSession, conversation_id: int) -> Sequence[Row[Any]]:
    query = select(*SHOWN).where(Message.conversation_id == conversation_id).order_by(Message.id)
    return (await session.execute(query)).all()


async def set_parents(session: AsyncSession, parents: Mapping[int, int]) -> None:
    """By id, of messages that were just made."""
    if parents:
        rows = [{"id": id_, "parent_id": parent_id} for id_, parent_id in parents.items()]
        await session.execute(update(Message), rows)


async def purge(session: AsyncSession, before: datetime, limit: int) -> int:
    """Remove for good what was deleted before then, at most so many conversations. Returns how many."""
    oldest = (
        select(Conversation.id)
        .where(Conversation.is_deleted, Conversation.modifier_time < before)
        .order_by(Conversation.modifier_time)
        .limit(limit)
    )
    ids = list((await session.scalars(oldest)).all())
    if ids:
        # A message refers to the one before it: all of a conversation go in one statement.
        await session.execute(delete(Message).where(Message.conversation_id.in_(ids)))
        await session.execute(delete(Conversation).where(Conversation.id.in_(ids)))
    return len(ids)


_SO_FAR = PointChange(
    Message.__table__,
    and_(Message.id == bindparam("message"), Message.job_id == bindparam("job"), _is_running),
    "content",
    "thinking",
)


async def keep_partials(session: AsyncSession, partials: Sequence[Mapping[str, Any]]) -> None:
    """What answers are so far: message, job, content, thinking. One that has ended meanwhile stays as it is."""
    await change_rows(session, _SO_FAR, partials)


def up_from(leaf_id: Any, most: int | None = None) -> Any:
    """The messages from this one up to the first, or so many of them, with their distance."""
    path = (
        select(Message.id.label("id"), Message.parent_id.label("parent_id"), literal(0).label("distance"))
        .where(Message.id == leaf_id)
        .cte("path", recursive=True)
    )
    before = select(Message.id, Message.parent_id, path.c.distance + 1).join(path, Message.id == path.c.parent_id)
    return path.union_all(before if most is None else before.where(path.c.distance < most - 1))


async def branch(session: AsyncSession, leaf_id: int) -> Sequence[Row[Any]]:
    """The branch that ends here, the first message first; plain rows, for there can be thousands."""
    path = up_from(leaf_id)
    query = select(*SHOWN).join(path, path.c.id == Message.id).order_by(path.c.distance.desc())
    return (await session.execute(query)).all()
