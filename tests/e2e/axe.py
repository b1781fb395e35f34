"""Accessibility of a page as axe-core sees it; run inside the page, so that the content security policy stays on."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"


@cache
def _source() -> str:
    if not SOURCE.is_file():
        raise FileNotFoundError(f"{SOURCE} is missing: run `npm ci` in web/")
    return SOURCE.read_text()


def violations(page: Page) -> list[str]:
    """One line a violation: the rule, how many places, and the first of them."""
    page.evaluate(_source())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)")
    return [f"{one['id']}: {len(one['nodes'])} x {one['nodes'][0]['html'][:160]}" for one in found]
