"""Tells a model's thinking from its answer where the server leaves both in one text: <think>…</think> at its start."""

from collections.abc import Iterable, Iterator

from app.chat.servers.port import Piece

OPEN, CLOSE = "<think>", "</think>"


class ThinkingSplitter:
    def __init__(self) -> None:
        self._held = ""
        self._state = "start"  # start, thinking, answer

    def take(self, text: str) -> Iterable[Piece]:
        return (Piece(text=text),) if self._state == "answer" else self._split(text)

    def _split(self, text: str) -> Iterator[Piece]:
        self._held += text
        if self._state == "start":
            begun = self._held.lstrip()
            if OPEN.startswith(begun[: len(OPEN)]) and len(begun) < len(OPEN):
                return  # it could still become the mark
            if not begun.startswith(OPEN):
                yield from self._answer(self._held)
                return
            self._state, self._held = "thinking", begun.removeprefix(OPEN)
        thought, mark, rest = self._held.partition(CLOSE)
        if mark:
            if thought:
                yield Piece(thinking=thought)
            yield from self._answer(rest.lstrip("\n"))
            return
        kept = _possible_mark(thought)
        self._held = thought[len(thought) - kept :]
        if kept < len(thought):
            yield Piece(thinking=thought[: len(thought) - kept])

    def end(self) -> Iterator[Piece]:
        """What is still held back when the answer is over."""
        held, self._held = self._held, ""
        if held:
            yield Piece(thinking=held) if self._state == "thinking" else Piece(text=held)

    def _answer(self, text: str) -> Iterator[Piece]:
        self._state, self._held = "answer", ""
        if text:
            yield Piece(text=text)


def _possible_mark(text: str) -> int:
    """How many last characters could be the beginning of the closing mark."""
    return next((length for length in range(len(CLOSE) - 1, 0, -1) if text.endswith(CLOSE[:length])), 0)
