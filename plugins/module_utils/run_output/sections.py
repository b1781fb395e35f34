"""The parts of a run that get a line each: a role with everything in it, or what stands outside of roles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible.playbook.block import Block

from .text import Paint, cut, duration, plain, width


@dataclass
class Section:
    """What has happened in one part, until its line is printed."""

    name: str
    count: str = ""  # `[ 3/9]`, or as many blanks outside of roles
    started: float = field(default_factory=time.monotonic)
    changed: dict[str, list[str]] = field(default_factory=dict)  # task name -> hosts
    notes: list[tuple[str, str]] = field(default_factory=list)  # style, text
    looked: int = 0  # tasks that ran, on all hosts
    failed: bool = False
    printed: tuple[int, ...] = ()  # how much there was when the line was printed

    def change(self, task: str, host: str) -> None:
        hosts = self.changed.setdefault(task, [])
        if host not in hosts:
            hosts.append(host)

    def note(self, style: str, text: str) -> None:
        """What several machines say alike is said once."""
        if (style, text) not in self.notes:
            self.notes.append((style, text))

    @property
    def amount(self) -> tuple[int, ...]:
        return self.looked, sum(len(hosts) for hosts in self.changed.values()), len(self.notes)

    def status(self, checking: bool) -> tuple[str, str]:
        """Words and their style."""
        if self.failed:
            return "FAILED", "failed"
        if self.changed:
            return f"{len(self.changed)} {'would change' if checking else 'changed'}", "changed"
        return ("ok", "ok") if self.looked else ("skipped", "dim")

    def lines(self, columns: int, hosts: list[str], checking: bool, paint: Paint = plain) -> list[str]:
        """The line, and below it what changed; hosts are named where not all of them changed."""
        status, style = self.status(checking)
        head = f"{self.count} {self.name} "
        indent = " " * (len(self.count) + 3)
        took = f"{duration(time.monotonic() - self.started):>11}"
        dots = "." * max(3, columns - width(head) - width(status) - width(took) - 1)
        count = paint(self.count, "dim")
        lines = [
            f"{count} {paint(self.name, 'strong')} {paint(dots, 'dim')} {paint(status, style)}{paint(took, 'dim')}"
        ]
        for task, where in self.changed.items():
            some = f"  ({', '.join(where)})" if len(hosts) > 1 and set(where) != set(hosts) else ""
            lines.append(f"{indent}{paint(cut(task, columns - len(indent)), 'changed')}{paint(some, 'dim')}")
        lines += [f"{indent}{paint(text, note_style)}" for note_style, text in self.notes]
        return lines

    def running(self, task: str, columns: int) -> str:
        """The line while the part is at work."""
        head = f"{self.count} {self.name}"
        return f"{head} {cut(f'› {task}', columns - width(head) - 2)}"


def outer_roles(task: Any) -> Iterator[Any]:
    """The roles a task stands in, from the innermost outwards, through dependencies and include_role."""
    node, seen = task, set()
    while node is not None:
        role = getattr(node, "_role", None)
        while role is not None and id(role) not in seen:
            seen.add(id(role))
            yield role
            parents = getattr(role, "_parents", None) or [None]
            role = parents[0]
        node = getattr(node, "_parent", None)


class Rescues:
    """Which tasks have a block around them whose rescue will take their failure."""

    def __init__(self) -> None:
        self._guarded: set[str] = set()

    def cover(self, task: Any) -> bool:
        """Call it for each task as it starts: an include's own tasks know their outer blocks only as empty copies."""
        inside: set[str] = set()
        node = task
        while node is not None:
            guards = isinstance(node, Block) and node.rescue and any(one._uuid in inside for one in node.block)
            if guards or node._uuid in self._guarded:
                self._guarded.add(task._uuid)
                return True
            inside.add(node._uuid)
            node = getattr(node, "_parent", None)
        return False


def play_name(play: Any) -> str:
    """'' for a play without a name, which Ansible calls by its hosts."""
    hosts = play.hosts if isinstance(play.hosts, str) else ",".join(map(str, play.hosts))
    name = str(play.get_name()).strip()
    return "" if name == hosts else name
