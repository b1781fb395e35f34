"""A page of docs/ that tells to write files, followed on a copy of the app."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from app.core.settings import PROJECT_ROOT

BLOCK = re.compile(r"^```(python|diff|sh)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def insert(file: Path, block: str) -> int:
    """Put each `+` line after the line before it in the block. Returns how many there were."""
    text, before, added = file.read_text(), "", 0
    for line in block.splitlines():
        if line.startswith("+"):
            assert text.count(f"\n{before}\n") == 1, f"{file.name} has no single line {before!r}"
            text = text.replace(f"\n{before}\n", f"\n{before}\n{line[1:]}\n")
            added += 1
        before = line[1:]
    file.write_text(text)
    return added


def run(folder: Path, *command: str) -> str:
    paths = f"{folder}{os.pathsep}{PROJECT_ROOT}"
    settings = {"PYTHONPATH": paths, "APP_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/test.db"}
    made = subprocess.run(command, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True)
    assert made.returncode == 0, f"{command}: {made.stdout}\n{made.stderr}"
    return made.stdout


def copy_app(folder: Path) -> None:
    shutil.copytree(PROJECT_ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))


def follow(page: Path, folder: Path) -> tuple[int, list[str], list[str]]:
    """Write what the page says. (lines of it, files that were made, commands)."""
    lines, made, commands = 0, [], []
    for kind, name, content in BLOCK.findall(page.read_text()):
        if kind == "python":
            file = folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(content)
            made.append(str(file))
            lines += sum(1 for line in content.splitlines() if line.strip())
        elif kind == "diff":
            lines += insert(folder / name, content)
        else:
            commands += content.splitlines()
    config = ("--config", str(PROJECT_ROOT / "pyproject.toml"))
    run(folder, "ruff", "check", *config, *made)
    run(folder, "ruff", "format", "--check", *config, *made)
    return lines, made, commands
