"""Conversations as files: Markdown to read, JSON to keep and to take in again."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.conversations import repository
from app.chat.conversations.errors import not_ours
from app.chat.conversations.models import Conversation, Message
from app.chat.conversations.schemas import LongText, Role, State
from app.chat.conversations.service import tell
from app.chat.providers.schemas import OptionalModel
from app.core.clock import utc_now
from app.core.crud import Body, Identifier, Moment
from app.core.database import Database, Work

FORMAT, VERSION = "groundwork.chat", 1
MOST_CONVERSATIONS = 1_000
MOST_MESSAGES = 10_000  # the write lock is others' too
LONGEST_NAME = 80
LONGEST_ANSWER = 2_000_000
NAMES = {"user": "You", "assistant": "Answer"}

AnswerText = Annotated[str, Field(max_length=LONGEST_ANSWER, pattern=r"^[^\x00]*$")]


class FiledMessage(Body):
    id: Identifier
    parent_id: Identifier | None
    role: Role
    content: AnswerText
    thinking: AnswerText | None = None
    state: State = "done"
    model: OptionalModel = ""
    provider_name: Annotated[str, Field(max_length=128)] = ""
    created_at: Moment


class FiledConversation(Body):
    title: Annotated[str, Field(max_length=200)]
    is_titled: bool = False
    is_pinned: bool = False
    is_archived: bool = False
    model: OptionalModel = ""
    system_prompt: LongText = ""
    temperature: float | None = Field(None, ge=0, le=2)
    leaf_id: Identifier | None
    created_at: Moment
    updated_at: Moment
    messages: list[FiledMessage] = Field(max_length=MOST_MESSAGES)


class Filed(Body):
    format: Literal["groundwork.chat"]
    version: Literal[1]
    exported_at: Moment
    conversations: list[FiledConversation] = Field(max_length=MOST_CONVERSATIONS)


def file_name(conversation: Conversation | None, ending: str) -> dict[str, str]:
    """The header that names the file, in every script."""
    title = conversation.title if conversation else "conversations"
    safe = "".join(each if each.isalnum() or each in " -_." else "_" for each in title).strip(" .")[:LONGEST_NAME]
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote((safe or 'conversation') + '.' + ending)}"}


# Out.


async def as_markdown(session: AsyncSession, conversation: Conversation) -> str:
    """The branch that is shown."""
    parts = [f"# {conversation.title or 'Conversation'}"]
    if conversation.system_prompt:
        parts.append("\n".join(f"> {line}" for line in conversation.system_prompt.splitlines()))
    rows = await repository.branch(session, conversation.leaf_id) if conversation.leaf_id else []
    for row in rows:
        by = f" ({row.model})" if row.role == "assistant" and row.model else ""
        parts.append(f"## {NAMES[row.role]}{by}\n\n{row.content}")
    return "\n\n".join(parts) + "\n"


async def as_json(session: AsyncSession, conversation: Conversation) -> str:
    return json.dumps({**_head(), "conversations": [await _filed(session, conversation)]}, ensure_ascii=False, indent=1)


async def all_as_json(database: Database, user_id: int) -> AsyncIterator[str]:
    """Each conversation is a short read by itself."""
    head = json.dumps(_head(), ensure_ascii=False)
    yield f'{head.removesuffix("}")}, "conversations": ['
    last, separator = 0, "\n"
    while True:
        async with database.work() as work, work.reading() as session:
            conversation = await repository.own_after(session, user_id, last)
            if conversation is None:
                break
            filed = await _filed(session, conversation)
        yield separator + json.dumps(filed, ensure_ascii=False)
        last, separator = conversation.id, ",\n"
    yield "\n]}\n"


def _head() -> dict[str, Any]:
    return {"format": FORMAT, "version": VERSION, "exported_at": utc_now().isoformat()}


async def _filed(session: AsyncSession, conversation: Conversation) -> Mapping[str, Any]:
    rows = await repository.all_messages(session, conversation.id)
    fields = FiledMessage.model_fields
    messages = [FiledMessage.model_construct(**{name: getattr(row, name) for name in fields}) for row in rows]
    own = FiledConversation.model_fields.keys() - {"updated_at", "messages"}
    values = {name: getattr(conversation, name) for name in own}
    filed = FiledConversation.model_construct(**values, updated_at=conversation.touched_at, messages=messages)
    return filed.model_dump(mode="json", warnings=False)


# In.


async def take_in(work: Work, user_id: int, content: bytes) -> int:
    """Everything in the file, or a problem that says what is wrong with it. What was there stays."""
    try:
        filed = Filed.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise not_ours(f"This is not an export of conversations: {place or 'file'}: {first['msg']}.") from None
    if sum(len(conversation.messages) for conversation in filed.conversations) > MOST_MESSAGES:
        raise not_ours(f"There are more than {MOST_MESSAGES} messages in the file: split it.")
    ordered = [_in_order(conversation.messages) for conversation in filed.conversations]
    session = await work.writing()  # only now: reading the file takes its time
    for conversation, messages in zip(filed.conversations, ordered, strict=True):
        row = Conversation(
            user_id=user_id,
            touched_at=conversation.updated_at,
            **conversation.model_dump(exclude={"messages", "leaf_id", "updated_at"}),
        )
        session.add(row)
        await session.flush()
        row.leaf_id = await _take_messages(session, row, messages, conversation.leaf_id)
        await session.flush()
        await tell(session, row, "created")
    return len(filed.conversations)


def _in_order(messages: Sequence[FiledMessage]) -> list[FiledMessage]:
    """Each after the one before it, as they were made."""
    known: set[int] = set()
    ordered = sorted(messages, key=lambda message: message.id)
    for message in ordered:
        if message.id in known:
            raise not_ours(f"The message {message.id} is in the file twice.")
        if message.parent_id is not None and message.parent_id not in known:
            raise not_ours(f"The message {message.id} stands after one that is not there.")
        known.add(message.id)
    return ordered


async def _take_messages(
    session: AsyncSession, row: Conversation, messages: Sequence[FiledMessage], leaf_id: int | None
) -> int | None:
    """All at once, then which stands after which: the new ids are known only then."""
    made = [
        Message(
            conversation_id=row.id,
            user_id=row.user_id,
            state="stopped" if message.state == "running" else message.state,
            **message.model_dump(exclude={"id", "parent_id", "state"}),
        )
        for message in messages
    ]
    session.add_all(made)
    await session.flush()
    new_ids = {message.id: new.id for message, new in zip(messages, made, strict=True)}
    parents = {new_ids[each.id]: new_ids[each.parent_id] for each in messages if each.parent_id is not None}
    await repository.set_parents(session, parents)
    return new_ids.get(leaf_id or 0) or max(new_ids.values(), default=None)
