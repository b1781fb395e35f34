"""What a model is told: as much of the end of a conversation as it can look at."""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import cast

from app.chat.servers.port import Role, Turn

TOKENS_A_TURN = 4
CHARACTERS_A_TOKEN = 3.5  # of text in letters; of Chinese and the like, one character is about one token
FIRST_DENSE = "\u2e80"
LEAST_FOR_ANSWER = 128
SHARE_FOR_ANSWER = 4


class ContextTooLongError(Exception):
    """Even the last question does not fit."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(tokens, limit)
        self.tokens = tokens
        self.limit = limit


def estimate(text: str) -> int:
    """About how many tokens: no server tells before it is asked. Rather too many than too few."""
    dense = sum(character >= FIRST_DENSE for character in text)
    return dense + ceil((len(text) - dense) / CHARACTERS_A_TOKEN) + TOKENS_A_TURN


def fit(system: str, turns: Sequence[Turn], context_tokens: int) -> tuple[tuple[Turn, ...], int]:
    """(the system prompt and the newest turns, their tokens). A part of the context is left for the answer."""
    limit = context_tokens - max(LEAST_FOR_ANSWER, context_tokens // SHARE_FOR_ANSWER)
    used = estimate(system) if system else 0
    kept: list[Turn] = []
    for turn in reversed(turns):
        needed = estimate(turn.content)
        if used + needed > limit:
            if not kept:
                raise ContextTooLongError(used + needed, limit)
            break
        kept.append(turn)
        used += needed
    while kept[-1].role == "assistant":
        used -= estimate(kept.pop().content)  # an answer whose question is gone tells nothing
    first = (Turn("system", system),) if system else ()
    return (*first, *reversed(kept)), used


def alternating(said: Iterable[tuple[str, str]]) -> list[Turn]:
    """Without answers that never came; of one person's several in a row one: some models refuse anything else."""
    turns: list[Turn] = []
    for role, content in said:
        if role == "assistant" and not content.strip():
            continue
        if turns and turns[-1].role == role:
            turns[-1] = Turn(turns[-1].role, f"{turns[-1].content}\n\n{content}")
        else:
            turns.append(Turn(cast(Role, role), content))
    return turns
