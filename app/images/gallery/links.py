"""Links to pictures and archives.

Their end is rounded, so that a list that is loaded again names the same addresses, and browsers keep what they have.
"""

from time import time
from typing import Literal

from app.core.links import Links
from app.core.settings import Settings

ROUND_SECONDS = 3600
ARCHIVE_SECONDS = 24 * 3600
IMAGES = "/api/v1/images"

FileKind = Literal["original", "thumbnail", "download"]
links = Links("images.links")


def picture_subject(id_: int, kind: FileKind) -> str:
    return f"picture {id_} {kind}"


def archive_subject(key: str) -> str:
    return f"archive {key}"


def picture_link(settings: Settings, id_: int, kind: FileKind) -> str:
    """Holds for one to two hours."""
    expires = (int(time()) // ROUND_SECONDS + 2) * ROUND_SECONDS
    return links.signed(settings, f"{IMAGES}/{id_}/file", picture_subject(id_, kind), expires, {"kind": kind})


def archive_link(settings: Settings, key: str) -> str:
    """Holds for as long as the archive is kept."""
    return links.signed(settings, f"{IMAGES}/zips/{key}", archive_subject(key), int(time()) + ARCHIVE_SECONDS)
