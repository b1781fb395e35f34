"""Both READMEs say the same commands, and what they name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
BOTH = ["README.md", "README.zh-CN.md"]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
COMMAND = re.compile(r"`((?:\./|ansible-playbook |journalctl |groundwork )[^`]+)`")
PLAYBOOK = re.compile(r"playbooks/[a-z_]+\.yml")


def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BOTH)
def test_what_it_names_is_there(name: str) -> None:
    named = LINK.findall(text(name)) + PLAYBOOK.findall(text(name))
    assert len(named) > 15
    assert [path for path in named if not (PROJECT / path).exists()] == []


def test_both_languages_say_the_same_commands() -> None:
    english, chinese = (set(COMMAND.findall(text(name))) for name in BOTH)
    assert len(english) > 10
    assert english == chinese


def test_both_begin_with_the_same_two_lines() -> None:
    first = [re.search(r"```\n(.*?)```", text(name), re.DOTALL) for name in BOTH]
    commands = [re.sub(r"<[^>]*>", "URL", found[1]) for found in first if found]
    assert commands == ["git clone URL groundwork && cd groundwork\n./setup.sh\n"] * 2
