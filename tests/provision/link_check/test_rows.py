"""The rows that the role asks for: each is one the module knows, and has a title in both languages of the web."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.provision.conftest import PROJECT, RunModule

LOCALES = PROJECT / "web/src/modules/system/locales"


def tables() -> dict[str, list[dict[str, Any]]]:
    """The whole table of each service manager, with what only some machines have."""
    variables = yaml.safe_load((PROJECT / "roles/link_check/vars/main.yml").read_text(encoding="utf-8"))
    kinds = ("", "worker_", "model_", "backup_")
    every = [row for kind in kinds for row in variables[f"__link_check_{kind}rows"]]
    return {
        provider: every
        + [row for kind in kinds for row in variables.get(f"__link_check_{kind}provider_rows", {}).get(provider, [])]
        for provider in ("systemd", "supervisor")
    }


def role_rows() -> list[dict[str, Any]]:
    return [row for rows in tables().values() for row in rows]


def titles(locale: str) -> dict[str, str]:
    text = (LOCALES / f"{locale}.ts").read_text(encoding="utf-8")
    block = text[text.index("    rows: {") :]
    block = block[: block.index("    },")]
    entries = re.findall(r"""^ {6}'?([a-z-]+)'?: (['"])(.+)\2,$""", block, re.MULTILINE)
    return {name: title for name, _, title in entries}


def test_every_row_has_an_own_id_and_a_fix() -> None:
    for provider, rows in tables().items():
        assert len(rows) >= 16, provider
        assert len({row["id"] for row in rows}) == len(rows), provider
        assert all(row["fix"] for row in rows), provider


def test_every_service_manager_proves_the_same() -> None:
    # supervisor has one more: what is a timer of systemd's own there needs cron here.
    proved = {provider: {(row["id"], row["check"]) for row in rows} for provider, rows in tables().items()}
    assert set(proved) == {"systemd", "supervisor"}
    assert proved["supervisor"] - proved["systemd"] == {("service-cron", "cron runs, restarts and starts at boot")}
    assert proved["systemd"] <= proved["supervisor"]


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_the_web_titles_exactly_these_rows(locale: str) -> None:
    assert set(titles(locale)) == {row["id"] for row in role_rows()}


def test_the_english_titles_are_the_tables_own() -> None:
    assert titles("en") == {row["id"]: row["check"] for row in role_rows()}


@pytest.mark.parametrize("check", [True, False])
def test_a_failed_row_fails_the_run_except_in_check_mode(run_module: RunModule, check: bool) -> None:
    row = {"id": "no", "hop": "a", "check": "b", "kind": "command", "with": {"argv": ["false"]}, "fix": "c"}
    result = run_module("link_check", check=check, product="shop", url="http://127.0.0.1:1", checks=[row])
    assert result["link_check"]["ok"] is False
    assert result["failed"] is not check
    assert any("1 of 1 link checks failed: no" in str(text) for text in result.get("warnings", [])) is check
