"""Links to workbooks."""

from time import time

from app.core.links import Links
from app.core.settings import Settings

links = Links("transfer.links")
EXPORTS = "/api/v1/exports"


def subject(key: str) -> str:
    return f"workbook {key}"


def workbook_link(settings: Settings, key: str, seconds: int, name: str) -> str:
    """`name`: what it is to be saved as."""
    return links.signed(settings, f"{EXPORTS}/{key}", subject(key), int(time()) + seconds, {"name": name})
