"""Where exports that were asked for from the page are kept, for how long, and the links to them.

Beside the folder of pictures, not in it: nginx may read that one, and this is everything.
"""

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

from app.backup.portable.writing import PARTIAL
from app.core.links import Links
from app.core.settings import Settings

links = Links("data.exports")
KEPT_SECONDS = 24 * 3600
STALE_SECONDS = 3600.0  # after which nobody can be writing to it any more
FOLDER_MODE = 0o700


def new_key() -> str:
    return secrets.token_hex(16)


def folder(settings: Settings) -> Path:
    return settings.output_path.parent / "exports"


def place(settings: Settings, key: str) -> Path:
    return folder(settings) / f"{key}.zip"


def make_folder(settings: Settings) -> None:
    folder(settings).mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def subject(key: str) -> str:
    return f"export {key}"


def link(settings: Settings, key: str) -> tuple[str, datetime]:
    """The address, and until when it holds."""
    expires = int(time.time()) + KEPT_SECONDS
    address = links.signed(settings, f"/api/v1/data-exports/{key}", subject(key), expires)
    return address, datetime.fromtimestamp(expires, UTC)


def remove_old(settings: Settings) -> int:
    """Files whose links have ended, and those that were never finished."""
    removed = 0
    if not folder(settings).is_dir():
        return removed
    for path in folder(settings).iterdir():
        limit = STALE_SECONDS if path.name.endswith(PARTIAL) else KEPT_SECONDS
        if path.is_file() and time.time() - path.stat().st_mtime > limit:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
