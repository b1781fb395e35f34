"""Widths, wrapping and reasons, without a run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.run_output import link_table, reasons, text


def test_chinese_takes_two_columns() -> None:
    assert text.width("数据库 ok") == 9
    assert text.width("e\u0301") == 1
    assert text.pad("数据", 6) == "数据  "
    assert text.cut("数据库数据库", 7) == "数据库…"
    assert text.cut("short", 5) == "short"


@pytest.mark.parametrize(
    ("words", "columns", "lines"),
    [
        ("a few words here", 9, ["a few", "words", "here"]),
        ("数据库数据库", 4, ["数据", "库数", "据库"]),
        ("at 数据库数据库", 8, ["at 数据", "库数据库"]),
        ("/a/very/long/path x", 8, ["/a/very/", "long/pat", "h x"]),
        ("", 8, [""]),
    ],
)
def test_wrap(words: str, columns: int, lines: list[str]) -> None:
    assert text.wrap(words, columns) == lines


def test_durations() -> None:
    assert [text.duration(value) for value in (0.04, 59.94, 59.96, 125)] == [
        "0.0 s",
        "59.9 s",
        "1 min 00 s",
        "2 min 05 s",
    ]
    assert [text.milliseconds(value) for value in (0.4, 999.4, 1500)] == ["0 ms", "999 ms", "1.5 s"]


def report(*rows: dict[str, Any]) -> dict[str, Any]:
    failed = sum(not row["ok"] for row in rows)
    known = {"host": "web1", "url": "http://x/", "release": "r1", "ms": 5.0}
    return known | {"ok": not failed, "passed": len(rows) - failed, "failed": failed, "rows": list(rows)}


def row(**change: Any) -> dict[str, Any]:
    known = {"id": "a", "hop": "nginx", "check": "数据库 " * 20, "expected": "200", "observed": "到" * 80, "ok": True}
    return known | {"ms": 1.0, "cause": "", "fix": ""} | change


@pytest.mark.parametrize("columns", [60, 80, 118, 120, 150])
def test_no_line_of_the_table_is_wider_than_the_terminal(columns: int) -> None:
    bad = row(id="b", hop="browser → nginx → app → database", ok=False, cause="因为 " * 60, fix="run this")
    lines = link_table.render(report(row(), bad, row(id="c")), columns)
    assert max(text.width(line) for line in lines) == columns
    assert any("到" in line for line in lines[:6]) == (columns >= 118)


def test_a_fix_is_never_broken_because_it_is_copied() -> None:
    command = "systemctl restart " + "x" * 100
    assert f"        fix       {command}" in link_table.render(report(row(ok=False, cause="c", fix=command)), 80)


def test_the_state_is_told_by_words_too() -> None:
    styles: list[tuple[str, str]] = []

    def paint(words: str, style: str) -> str:
        styles.append((words.strip(), style))
        return words

    lines = link_table.render(report(row(), row(ok=False, cause="c")), 80, paint)
    assert ("ok", "ok") in styles
    assert ("FAILED", "failed") in styles
    assert any(line.startswith(" FAILED") for line in lines)


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({"msg": "Task failed: Module failed: no space"}, ["no space"]),
        ({"msg": "non-zero return code", "rc": 4}, ["the command ended with 4"]),
        ({"msg": ["one", "two"]}, ["one", "two"]),
        ({}, ["it failed without saying why"]),
        ({"censored": "hidden", "msg": "canary"}, [reasons.HIDDEN]),
    ],
)
def test_why(result: dict[str, Any], why: list[str]) -> None:
    assert reasons.explain(result).why == why


def test_a_fix_comes_from_the_result_or_its_message() -> None:
    assert reasons.explain({"msg": "bad", "fix": "do this"}).fix == ["do this"]
    assert reasons.explain({"msg": "bad", "hint": ["do this", "then that"]}).fix == ["do this", "then that"]
    reason = reasons.explain({"msg": "bad\nfix: do this\nthen that"})
    assert (reason.why, reason.fix) == (["bad"], ["do this", "then that"])


@pytest.mark.parametrize(
    ("result", "conditions", "what"),
    [
        ({"false_condition": "__nginx_have_binary"}, [], "binary"),
        ({"false_condition": "not x and base_have_uv_tool | bool"}, [], "uv tool"),
        ({"results": [{"false_condition": "__x_have_unit.stat.exists"}]}, [], "unit"),
        ({"censored": "x"}, ["__x_have_venv"], "venv"),
        ({"false_condition": "x_haven"}, ["__x_have_venv"], ""),
        ({"false_condition": False}, [], ""),
    ],
)
def test_what_a_skipped_task_waits_for(result: dict[str, Any], conditions: list[Any], what: str) -> None:
    assert reasons.awaited(result, conditions) == what
