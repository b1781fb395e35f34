"""Artifacts that differ, each a release of its own, from a copy of the project."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

from lab import PROJECT, Machine

COPIED = ("app", "requirements", "web/dist", "pyproject.toml")


class Artifacts:
    """Made beforehand, so that a deploy is measured with its artifact built."""

    def __init__(self, machine: Machine, slow_start: float) -> None:
        self._machine = machine
        self._slow_start = slow_start
        self._copy = machine.folder / "project"
        self._ready: list[Path] = []
        self._number = 0

    def _fresh_copy(self) -> None:
        shutil.rmtree(self._copy, ignore_errors=True)
        for name in COPIED:
            source, target = PROJECT / name, self._copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)
        if self._slow_start:
            main = self._copy / "app" / "main.py"
            slowly = f"\n\nimport time as _time  # noqa: E402\n\n_time.sleep({self._slow_start})\n"
            main.write_text(main.read_text(encoding="utf-8") + slowly, encoding="utf-8")

    def build(self) -> None:
        """Build one more. A release's id has the second in which it was built, so two never share one."""
        if not self._number:
            self._fresh_copy()
        self._number += 1
        mark = self._copy / "app" / "bench_release.txt"
        mark.write_text(f"{self._machine.name} {time.time_ns()}\n", encoding="utf-8")
        arguments = {"project": str(self._copy), "output": str(self._machine.folder / "artifacts")}
        command = ["ansible", "localhost", "-m", "release_artifact", "-a", json.dumps(arguments)]
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=self._machine.environment() | {"ANSIBLE_LOAD_CALLBACK_PLUGINS": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"building an artifact failed: {done.stdout}{done.stderr}")
        newest = max((self._machine.folder / "artifacts").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime_ns)
        self._ready.append(newest)
        time.sleep(1)

    def next(self) -> Path:
        """The next one to deploy, oldest first."""
        return self._ready.pop(0)
