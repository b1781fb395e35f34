"""Asking: the question and its coming answer are written with the job that makes it, all or nothing."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.answers.schemas import AnswerPayload, MessageCreate, Regenerate, Sent, Stopping
from app.chat.conversations import repository
from app.chat.conversations import service as conversations
from app.chat.conversations.errors import answer_running
from app.chat.conversations.models import Conversation, Message
from app.chat.providers import repository as providers
from app.chat.providers.models import ChatProvider
from app.core.at_once import add_at_once, change_at_once
from app.core.clock import utc_now
from app.core.database import Work
from app.core.errors import ErrorCode, ProblemError, not_valid
from app.jobs import Job, Once, enqueue, repeated

LONGEST_TITLE = 60
JOB_TITLE = "Answer"  # of everybody's jobs an administrator sees the titles, and no word of a chat


async def asked(work: Work, user_id: int, id_: int) -> tuple[Conversation, ChatProvider | None]:
    """What a question needs to know, read before the turn to write is asked for."""
    conversation = await repository.own_at_once(work.points, user_id, id_)
    if conversation is None:
        raise ProblemError(ErrorCode.NOT_FOUND)
    if conversation.provider_id is not None:
        return conversation, await providers.at_once(work.points, conversation.provider_id)
    async with work.reading() as session:
        return conversation, await _provider(session, None)


async def send(
    session: AsyncSession,
    conversation: Conversation,
    provider: ChatProvider | None,
    body: MessageCreate,
    once: Once | None,
) -> Sent:
    """Put a question after the branch that is shown, or beside another version of it."""
    user_id = conversation.user_id
    if not await repository.taken_over(session, conversation):
        raise ProblemError(ErrorCode.NOT_FOUND)
    earlier = await repeated(session, user_id, once)
    if earlier is not None:
        return await _sent_by(session, user_id, earlier)
    parent_id = body.parent_id if "parent_id" in body.model_fields_set else conversation.leaf_id
    if parent_id is not None:
        state = await repository.state_of(session, conversation.id, parent_id)
        if state is None:
            raise not_valid("parent_id", "not_there", "There is no such message in this conversation.")
        if state == "running":
            raise answer_running()
    question = Message(
        conversation_id=conversation.id, user_id=user_id, parent_id=parent_id, role="user", content=body.content
    )
    await add_at_once(session, question)
    return await _ask(session, conversation, question, provider, conversation.model, once)


async def regenerate(session: AsyncSession, user_id: int, id_: int, body: Regenerate, once: Once | None) -> Sent:
    """Make another version of an answer, by another model if that is said."""
    former = await conversations.own_message(session, user_id, id_)
    earlier = await repeated(session, user_id, once)
    if earlier is not None:
        return await _sent_by(session, user_id, earlier)
    conversation = await conversations.own(session, user_id, former.conversation_id)
    question = await repository.message_in(session, conversation.id, former.parent_id or 0)
    if former.role != "assistant" or question is None or question.role != "user":
        raise not_valid("id", "no_answer", "Only an answer to a question can be made anew.")
    if former.state == "running":
        raise answer_running()
    provider_id = body.provider_id or conversation.provider_id
    if body.provider_id is not None and await providers.providers.get(session, body.provider_id) is None:
        raise not_valid("provider_id", "not_there", "There is no such provider.")
    is_other = body.provider_id not in (None, conversation.provider_id)
    model = body.model or ("" if is_other else conversation.model)
    return await _ask(session, conversation, question, await _provider(session, provider_id), model, once)


async def stop(session: AsyncSession, user_id: int, id_: int) -> Stopping:
    message = await conversations.own_message(session, user_id, id_)
    if message.state != "running":
        return Stopping(id=None)
    await conversations.stop(session, message)
    return Stopping(id=message.job_id)


def first_words(text: str) -> str:
    """A title until there is a better one."""
    line = " ".join(next((line for line in text.splitlines() if line.strip()), "").split())
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[:LONGEST_TITLE]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[LONGEST_TITLE // 2 :] else cut}…"


async def _provider(session: AsyncSession, provider_id: int | None) -> ChatProvider | None:
    """The chosen one, whatever has become of it: its job says what is wrong. Without a choice, the first."""
    if provider_id is not None:
        return await providers.providers.get(session, provider_id)
    return next(iter(await providers.providers.enabled(session)), None)


async def _ask(
    session: AsyncSession,
    conversation: Conversation,
    question: Message,
    provider: ChatProvider | None,
    model: str,
    once: Once | None,
) -> Sent:
    answer = Message(
        conversation_id=conversation.id,
        user_id=conversation.user_id,
        parent_id=question.id,
        role="assistant",
        state="running",
        provider_id=provider and provider.id,
        provider_name=provider.name if provider else "",
        model=model or (provider.default_model if provider else ""),
    )
    await add_at_once(session, answer)
    job = await enqueue(
        session,
        "chat.answer",
        AnswerPayload(message_id=answer.id),
        user_id=conversation.user_id,
        idempotency_key=once,
        title=JOB_TITLE,
    )
    await change_at_once(session, answer, job_id=job.id)
    title = conversation.title or first_words(question.content)
    await change_at_once(session, conversation, title=title, leaf_id=answer.id, touched_at=utc_now())
    await conversations.tell(session, conversation, "message")
    return await _sent(session, job, question, answer)


async def _sent(session: AsyncSession, job: Job, question: Message, answer: Message) -> Sent:
    return Sent(
        id=job.id,
        user_message=conversations.message_answer(question, await repository.sibling_ids(session, question)),
        assistant_message=conversations.message_answer(answer, await repository.sibling_ids(session, answer)),
    )


async def _sent_by(session: AsyncSession, user_id: int, job: Job) -> Sent:
    """What was answered when this was asked the first time, as it is now."""
    payload = AnswerPayload.model_validate(job.payload)
    answer = await conversations.own_message(session, user_id, payload.message_id)
    question = await conversations.own_message(session, user_id, answer.parent_id or 0)
    return await _sent(session, job, question, answer)
