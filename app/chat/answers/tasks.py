"""Making an answer, in the worker: ask the model, tell what comes as it comes, keep it, say how it ended.

Everything can be run again from the start: a crash begins the answer anew, unless its end was already written.
"""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.answers import repository, titles
from app.chat.answers.context import ContextTooLongError, alternating, fit
from app.chat.answers.partial import Draft, partials_of
from app.chat.answers.schemas import AnswerPayload
from app.chat.conversations.models import Conversation, Message
from app.chat.conversations.service import tell
from app.chat.providers import repository as providers
from app.chat.providers.service import access_to
from app.chat.servers.errors import ServerError
from app.chat.servers.port import Access, ModelServer, Piece, Question, Usage
from app.chat.servers.service import models_of, opened
from app.core.at_once import change_at_once, get_at_once, read_at_once
from app.core.parameters import declare_parameter
from app.jobs import Job, JobContext, JobError, JobState, task

TIME_LIMIT = 1800.0
MOST_CHARACTERS = 1_000_000
LONGEST_ANSWER = declare_parameter(
    "chat.answer_tokens",
    "integer",
    8_192,
    "Longest answer",
    "Tokens after which a model is told to end its answer.",
    least=16,
)


@dataclass(frozen=True)
class Plan:
    message: Message
    conversation: Conversation
    access: Access
    question: Question


def _was_cut(job: Job) -> bool:
    return job.state != JobState.DONE  # what is whole is kept before the job ends


async def _note_end(session: AsyncSession, job: Job) -> None:
    """An answer whose job failed, was stopped or never ran keeps what there is of it, and says why it ended."""
    payload = AnswerPayload.model_validate(job.payload)
    message = await get_at_once(session, Message, payload.message_id)
    if message is None or message.job_id != job.id or message.state != "running":
        return
    changes: dict[str, Any] = {"state": "stopped" if job.state == "cancelled" else "failed"}
    if job.error_code:
        changes["error"] = {"code": job.error_code, "message": job.error_message or "", "details": job.error_details}
    await change_at_once(session, message, **changes)
    conversation = await get_at_once(session, Conversation, message.conversation_id)
    if conversation is not None:
        await tell(session, conversation, "message")


@task("chat.answer", payload=AnswerPayload, queue="chat", time_limit=TIME_LIMIT, on_end=_note_end, on_end_of=_was_cut)
async def answer(ctx: JobContext, payload: AnswerPayload) -> dict[str, Any]:
    plan = await _begin(ctx, payload.message_id)
    if plan is not None:
        await ctx.emit("reset", {})
        async with opened(plan.access) as server:
            draft, usage = await _listen(ctx, plan, server)
        await _keep(ctx, plan, draft, usage)
    return {"message_id": payload.message_id}


async def _begin(ctx: JobContext, message_id: int) -> Plan | None:
    """What to ask whom; None when there is nothing to do any more."""
    async with ctx.database.work() as work:
        message = await read_at_once(work.points, Message, message_id)
        if message is None or message.parent_id is None:
            return None
        conversation = await read_at_once(work.points, Conversation, message.conversation_id)
        if conversation is None or conversation.is_deleted:
            return None
        if message.state == "done" and message.job_id == ctx.job_id:
            return None  # its end was written, and only the job's was not
        provider = await providers.at_once(work.points, message.provider_id) if message.provider_id else None
        said = await repository.said(work, message.parent_id)
    await _start_anew(ctx, message)
    if provider is None or not provider.is_enabled:
        name = message.provider_name
        words = f"{name} is not there any more: choose another model." if name else "No model is set up."
        raise JobError("model_missing", words, details={"model": message.model})
    access = access_to(provider, ctx.settings)
    model = message.model or await _first_model(access)
    try:
        turns, used = fit(conversation.system_prompt, alternating(said), provider.context_tokens)
    except ContextTooLongError as error:
        words = f"The question has about {error.tokens} tokens, and {access.name} looks at {error.limit}."
        raise JobError("context_too_long", words, details={"tokens": error.tokens, "limit": error.limit}) from error
    most = min(await ctx.parameters.get(LONGEST_ANSWER), provider.context_tokens - used)
    question = Question(model, turns, provider.context_tokens, most, conversation.temperature)
    return Plan(message, conversation, access, question)


async def _first_model(access: Access) -> str:
    models = await models_of(access)
    if not models:
        raise JobError("model_missing", f"{access.name} has no model.", details={"model": ""})
    return models[0].name


async def _start_anew(ctx: JobContext, message: Message) -> None:
    """Of a first run there is nothing to take back; of one that is tried again or was interrupted there may be."""
    if message.state == "running" and message.job_id == ctx.job_id and not (message.content or message.thinking):
        return
    async with ctx.database.work() as work:
        session = await work.writing()
        row = await session.get_one(Message, message.id)
        row.state, row.job_id, row.content, row.thinking, row.error = "running", ctx.job_id, "", None, None


async def _listen(ctx: JobContext, plan: Plan, server: ModelServer) -> tuple[Draft, Usage | None]:
    draft, partials = Draft(plan.message.id, ctx.job_id), partials_of(ctx.database)
    usage: Usage | None = None
    first: float | None = None
    try:
        async with aclosing(server.answer(plan.question)) as pieces:
            async for each in pieces:
                first = first or perf_counter()
                if isinstance(each, Usage):
                    usage = each
                    continue
                await _add(ctx, draft, each)
                partials.changed(draft)
    except (asyncio.CancelledError, ServerError):
        await partials.write(draft)  # the end itself is written with the job's
        raise
    finally:
        partials.forget(draft)
    if not draft.characters:
        raise ServerError("provider_broken", f"{plan.access.name} answered with nothing.")
    return draft, usage and _timed(usage, first)


def _timed(usage: Usage, first: float | None) -> Usage:
    if usage.tokens_per_second is not None or first is None:
        return usage
    seconds = perf_counter() - first
    return Usage(usage.prompt, usage.completion, round(usage.completion / seconds, 1) if seconds else None)


async def _add(ctx: JobContext, draft: Draft, piece: Piece) -> None:
    text, thinking = _sound(piece.text), _sound(piece.thinking)
    told = {"text": text} if text else {}
    if thinking:
        told["thinking"] = thinking
    draft.add(text, thinking)
    if draft.characters > MOST_CHARACTERS:
        raise ServerError("provider_broken", f"The answer has more than {MOST_CHARACTERS} characters.")
    await ctx.emit("delta", told, joined=True)


def _sound(text: str) -> str:
    """Without what no database keeps: half characters and NUL."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


async def _keep(ctx: JobContext, plan: Plan, draft: Draft, usage: Usage | None) -> None:
    """The answer and its end in one transaction; a title is made after the first."""
    if usage is not None:
        counted = {"prompt": usage.prompt, "completion": usage.completion}
        await ctx.emit("usage", {**counted, "tokens_per_second": usage.tokens_per_second})
    async with ctx.database.work() as work:
        session = await work.writing()
        row = await get_at_once(session, Message, plan.message.id)
        conversation = await get_at_once(session, Conversation, plan.conversation.id)
        if row is None or conversation is None or row.job_id != ctx.job_id or row.state != "running":
            return
        counts: dict[str, Any] = {}
        if usage is not None:
            counts = {"prompt_tokens": usage.prompt, "completion_tokens": usage.completion}
            counts["tokens_per_second"] = usage.tokens_per_second
        whole = {"content": draft.content, "thinking": draft.thought, "model": plan.question.model}
        await change_at_once(session, row, state="done", **whole, **counts)
        await tell(session, conversation, "message")
        await titles.ask_for_one(session, ctx, conversation, row)
