"""What a module needs is found by mitogen too, which many people speed Ansible up with (docs/bench.md).

Ansible follows every import to what it ships to the machine. mitogen follows none that is relative: whatever is
imported so must also be named, absolutely, by the module itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
PREFIX = "ansible.module_utils."
MODULES = sorted((PLUGINS / "modules").glob("*.py"))


def file_of(name: str) -> Path | None:
    """Of `ansible.module_utils.NAME`; None where that is no module of ours."""
    place = PLUGINS / "module_utils" / name.removeprefix(PREFIX).replace(".", "/")
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def imports(path: Path, *, relative: bool) -> Iterator[str]:
    """What a file imports of ours, by its whole name, and the packages on the way to it."""
    package = ".".join(path.relative_to(PLUGINS / "module_utils").parts[:-1]) if "module_utils" in path.parts else ""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (relative or not node.level):
            start = ".".join(part for part in (f"{PREFIX}{package}" if node.level else "", node.module) if part)
            names = [f"{start}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.removeprefix(PREFIX).split(".") if name.startswith(PREFIX) else []
            for length in range(1, len(parts) + 1):
                yield PREFIX + ".".join(parts[:length])


def reached(module: Path, *, relative: bool) -> set[str]:
    found: set[str] = set()
    waiting = [module]
    while waiting:
        for name in imports(waiting.pop(), relative=relative):
            path = file_of(name)
            if name not in found and path is not None:
                found.add(name)
                waiting.append(path)
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_nothing_is_reached_by_a_relative_import_alone(module: Path) -> None:
    assert sorted(reached(module, relative=True) - reached(module, relative=False)) == []


def test_there_is_something_to_find() -> None:
    assert len(reached(PLUGINS / "modules" / "link_check.py", relative=True)) > 10
