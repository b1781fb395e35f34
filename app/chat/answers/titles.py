"""A title from the first exchange: the question's first words at once, the model's own words when it has answered."""

from contextlib import aclosing
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.answers.repository import said
from app.chat.answers.schemas import TitlePayload
from app.chat.conversations.models import Conversation, Message
from app.chat.conversations.service import tell
from app.chat.providers.repository import at_once, providers
from app.chat.providers.service import access_to
from app.chat.servers.port import Piece, Question, Turn
from app.chat.servers.service import opened
from app.core.at_once import read_at_once
from app.core.parameters import declare_parameter
from app.core.upstreams import BUILTIN
from app.jobs import JobContext, enqueue, task

TIME_LIMIT = 120.0
AFTER_ANSWERS = -1  # its priority
LONGEST_TITLE = 80
LOOKED_AT = 2_000  # characters of the question and of the answer
MOST_TOKENS = 512  # a model that thinks needs some before it says a word
CONTEXT_TOKENS = 4_096
TURNS = 2
PROMPT = (
    "Write a title of at most six words for the conversation below, in its language. "
    "Answer with the title only, without quotation marks."
)
BY_MODEL = declare_parameter(
    "chat.titles_by_model",
    "boolean",
    True,
    "Titles made by the model",
    "After the first answer the model is asked for a title. Otherwise the question's first words are the title.",
)


async def ask_for_one(session: AsyncSession, ctx: JobContext, conversation: Conversation, answer: Message) -> None:
    """In the transaction of the first answer. The built-in demo has no words of its own."""
    if conversation.is_titled:
        return
    question = await session.get_one(Message, answer.parent_id or 0)
    provider = await providers.get(session, answer.provider_id) if answer.provider_id else None
    if question.parent_id is not None or provider is None or provider.kind == BUILTIN:
        return
    if await ctx.parameters.get(BY_MODEL):
        payload = TitlePayload(conversation_id=conversation.id, message_id=answer.id)
        await enqueue(
            session, "chat.title", payload, user_id=conversation.user_id, priority=AFTER_ANSWERS, title="Title"
        )


@task("chat.title", payload=TitlePayload, queue="chat", time_limit=TIME_LIMIT)
async def title(ctx: JobContext, payload: TitlePayload) -> dict[str, Any]:
    async with ctx.database.work() as work:
        answer = await read_at_once(work.points, Message, payload.message_id)
        provider = await at_once(work.points, answer.provider_id) if answer and answer.provider_id else None
        exchange = await said(work, payload.message_id)
    if answer is None or provider is None or len(exchange) < TURNS:
        return {"title": None}
    told = "\n\n".join(f"{each.role}: {each.content[:LOOKED_AT]}" for each in exchange[-TURNS:])
    turns = (Turn("user", f"{PROMPT}\n\n{told}"),)
    question = Question(answer.model, turns, min(CONTEXT_TOKENS, provider.context_tokens), MOST_TOKENS, 0.2)
    words: list[str] = []
    async with opened(access_to(provider, ctx.settings)) as server, aclosing(server.answer(question)) as pieces:
        async for each in pieces:
            if isinstance(each, Piece):
                words.append(each.text)
    found = tidy("".join(words))
    if found:
        await _keep(ctx, payload.conversation_id, found)
    return {"title": found or None}


def tidy(text: str) -> str:
    """One line without ornaments; empty when it is no title: the first words stay then."""
    line = next((line for line in text.splitlines() if line.strip(" #*\"'“”")), "")
    line = " ".join(line.encode("utf-8", "replace").decode().replace("\x00", "").split())
    line = line.removeprefix("Title:").strip(" #*\"'“”「」《》.。")
    return line if len(line) <= LONGEST_TITLE else ""


async def _keep(ctx: JobContext, conversation_id: int, found: str) -> None:
    """Unless a person has given one meanwhile."""
    async with ctx.database.work() as work:
        session = await work.writing()
        conversation = await session.get(Conversation, conversation_id)
        if conversation is not None and not conversation.is_titled and not conversation.is_deleted:
            conversation.title = found
            await session.flush()
            await tell(session, conversation, "updated")
