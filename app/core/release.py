"""Which release this is: read once at the start from the manifest that the deployment wrote beside the app."""

from datetime import datetime
from pathlib import Path

from app import __version__
from app.core.schemas import Answer


class Release(Answer):
    id: str
    version: str
    revision: str
    dirty: bool
    built_at: datetime | None


DEVELOPMENT = Release(id="development", version=__version__, revision="", dirty=True, built_at=None)


def read_release(manifest: Path) -> Release:
    """No manifest means a working copy. One that cannot be read is an error: the release would lie about itself."""
    if not manifest.exists():
        return DEVELOPMENT
    return Release.model_validate_json(manifest.read_bytes())
