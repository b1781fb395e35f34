"""Write simple/NAME/index.html (PEP 503) beside the folder files/ of a mirror."""

from __future__ import annotations

import hashlib
import re
import sys
from collections import defaultdict
from pathlib import Path


def main() -> None:
    root = Path(sys.argv[1])
    projects = defaultdict(list)
    for file in sorted((root / "files").iterdir()):
        name = re.match(r"(.+?)-\d", file.name)
        if name is None:
            raise SystemExit(f"{file.name} is not named as a distribution is")
        projects[re.sub(r"[-_.]+", "-", name[1]).lower()].append(file)
    for name, files in projects.items():
        folder = root / "simple" / name
        folder.mkdir(parents=True)
        links = [
            f'<a href="/files/{file.name}#sha256={hashlib.sha256(file.read_bytes()).hexdigest()}">{file.name}</a>'
            for file in files
        ]
        (folder / "index.html").write_text("<!DOCTYPE html><html><body>" + "<br>".join(links) + "</body></html>")


if __name__ == "__main__":
    main()
