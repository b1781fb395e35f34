"""What gunicorn's master rehearses before it forks."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from loguru import logger

from app import rehearsal
from app.core.settings import Settings
from app.main import create_app
from app.rehearsal import ASKED, rehearse
from tests.app.harness import make_settings


@pytest.fixture
def said() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="INFO", format="{level} {message}")
    yield lines
    logger.remove(sink)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a database that is not there: whatever asks it would fail."""
    return make_settings(tmp_path / "absent")


def test_all_questions_are_answered_and_nothing_is_left(
    settings: Settings, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(settings)
    monkeypatch.setattr(rehearsal, "IN_MEMORY", str(tmp_path))
    answered: list[int] = []
    ask = rehearsal._ask

    async def heard(*arguments: Any) -> int:
        answered.append(await ask(*arguments))
        return answered[-1]

    monkeypatch.setattr(rehearsal, "_ask", heard)
    threads = set(threading.enumerate())
    rehearse(app)
    assert len(answered) == len(ASKED)
    assert all(200 <= status < 300 for status in answered)
    assert said == []
    assert app.state.settings is settings
    due = time.monotonic() + 5
    while not set(threading.enumerate()) <= threads:  # the workers are forked from here
        assert time.monotonic() < due
        time.sleep(0.01)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (
            lambda patch: patch.setattr(rehearsal, "ASKED", (("GET", "/api/v1/nothing", None),)),
            "GET /api/v1/nothing was answered with 404",
        ),
        (lambda patch: patch.setattr(rehearsal, "IN_MEMORY", "/absent"), "FileNotFoundError"),
    ],
)
def test_what_goes_wrong_is_told_and_stops_nothing(
    settings: Settings,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[pytest.MonkeyPatch], None],
    expected: str,
) -> None:
    app: FastAPI = create_app(settings)
    spoil(monkeypatch)
    rehearse(app)
    assert len(said) == 1
    assert said[0].startswith("WARNING The rehearsal")
    assert expected in said[0]
    assert app.state.settings is settings


def test_an_app_in_a_wrapper_starts_without(said: list[str]) -> None:
    wrapped: Any = object()
    rehearse(wrapped)
    assert len(said) == 1
    assert "AttributeError" in said[0]
