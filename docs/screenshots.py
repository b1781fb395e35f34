"""The pictures of both READMEs, out of those that the browser tests took.

`./test.sh molecule default && python docs/screenshots.py`
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

PROJECT = Path(__file__).resolve().parents[1]
TAKEN, SHOWN = PROJECT / ".cache" / "screenshots", PROJECT / "docs" / "screenshots"
WINDOW = (0, 0, 1280, 800)
COLOURS = 256  # flat surfaces: as many are enough, at a third of the size
PICTURES = {
    "system.png": "system-desktop.png",
    "chat.png": "chat-desktop.png",
    "images.png": "images-desktop.png",
    "users.png": "users-desktop.png",
    "system-zh.png": "system-desktop-zh.png",
    "chat-zh.png": "chat-desktop-zh.png",
    "images-zh.png": "images-zh.png",
    "users-zh.png": "users-zh.png",
}


def main() -> None:
    SHOWN.mkdir(exist_ok=True)
    for name, taken in PICTURES.items():
        with Image.open(TAKEN / taken) as picture:
            picture.convert("RGB").crop(WINDOW).quantize(COLOURS).save(SHOWN / name, optimize=True)


if __name__ == "__main__":
    main()
