"""Answers without any model: the same words for the same question. For a machine that has none, and for tests."""

import asyncio
from collections.abc import AsyncGenerator

from app.chat.servers.errors import ServerError
from app.chat.servers.port import Fetched, Model, Piece, Question, Usage

MODEL = "demo"
SECONDS_A_PIECE = 0.02
LONGEST_ECHO = 500
ANSWER = """**This is the built-in demo, no language model.** It was asked:

{quoted}

It has read {turns} turns of this conversation and always answers like this, so that everything around a model can be \
seen at work:

1. a list, and a table:

   | what | how |
   |---|---|
   | question | {characters} characters |

2. code:

   ```python
   def answer(question: str) -> str:
       return f"You asked: {{question}}"
   ```

3. a formula: $e^{{i\\pi}} + 1 = 0$

An administrator sets up a real model under **Chat providers**."""


class Builtin:
    can_pull = False

    async def models(self) -> list[Model]:
        return [Model(MODEL, is_loaded=True)]

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Usage, None]:
        if question.model != MODEL:
            message = f"The built-in demo does not have the model {question.model}."
            raise ServerError("model_missing", message, {"model": question.model})
        asked = next((turn.content for turn in reversed(question.turns) if turn.role == "user"), "")
        quoted = "\n".join(f"> {line}" for line in asked[:LONGEST_ECHO].splitlines()) or "> "
        text = ANSWER.format(quoted=quoted, turns=len(question.turns), characters=len(asked))
        words = text.split(" ")
        for place, word in enumerate(words):
            yield Piece(text=word if place == 0 else f" {word}")
            await asyncio.sleep(SECONDS_A_PIECE)
        yield Usage(sum(len(turn.content.split()) for turn in question.turns), len(words))

    async def pull(self, model: str) -> AsyncGenerator[Fetched, None]:
        raise ServerError("provider_error", "The built-in demo has no models to fetch.")
        yield Fetched("")  # what makes this an iterator
