"""Arguments of the gallery's jobs."""

from pydantic import Field

from app.core.crud import Body
from app.core.crud.schemas import LARGEST_BATCH
from app.images.gallery.schemas import ImageIds


class RemoveFiles(Body):
    """Names of files of pictures that are no more."""

    names: list[str] = Field(max_length=2 * LARGEST_BATCH)


class MakeArchive(ImageIds):
    """Pictures of the person who asked."""


class Sweep(Body):
    """Without arguments."""
