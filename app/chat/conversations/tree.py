"""The versions of a conversation: each message knows the one before it; a branch is named by its last message."""

from collections import defaultdict
from collections.abc import Iterable

Pair = tuple[int, int | None]  # a message and the one before it


class Tree:
    """Of all messages of one conversation."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self.parents: dict[int, int | None] = dict(pairs)
        self._children: dict[int | None, list[int]] = defaultdict(list)
        for id_ in sorted(self.parents):
            self._children[self.parents[id_]].append(id_)

    def siblings(self, id_: int) -> list[int]:
        """All versions of this message, itself too, oldest first."""
        return self._children[self.parents[id_]]

    def newest_leaf(self, id_: int) -> int:
        """The end of the newest branch through this message. A later message has a larger id."""
        newest, waiting = id_, [id_]
        while waiting:
            children = self._children.get(waiting.pop(), ())
            newest = max(newest, *children) if children else newest
            waiting.extend(children)
        return newest
