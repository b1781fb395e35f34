"""How a page is looked at: sizes, colours, and what must hold in each of them."""

from __future__ import annotations

import os
from typing import Any

from tests.e2e.axe import violations
from tests.e2e.conftest import DESKTOP, PHONE, Watched

LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"size": DESKTOP},
    "desktop-dark": {"size": DESKTOP, "dark": True},
    "phone": {"size": PHONE},
    "phone-dark": {"size": PHONE, "dark": True},
}
# `./test.sh full` takes every look and every payload; CI a short form of both.
FULL = bool(os.environ.get("GROUNDWORK_FULL"))


def is_fine(tab: Watched, where: str) -> None:
    """Accessible as far as axe can tell, and nothing sticks out at the side."""
    tab.settle()
    assert violations(tab.page) == [], where
    assert tab.page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth"), f"{where} is too wide"
