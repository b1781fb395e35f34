"""Playbooks as a person runs them, releases that are broken on purpose, and a prober that counts what users see."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import controller
import pytest
from prober import Prober
from releases import Builder
from witness import ROOT, SHARED, Machine

MINIMUM_TESTS_HERE = 22
FULL = os.environ.get("GROUNDWORK_FULL") == "1"
PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])


@dataclass
class Run:
    """What one playbook run did."""

    code: int
    printed: str
    seconds: float

    @property
    def text(self) -> str:
        """What it printed as running words: a sentence may have been wrapped anywhere."""
        return " ".join(self.printed.split())

    @property
    def end(self) -> str:
        """The end of what it printed."""
        return "\n".join(self.printed.splitlines()[-60:])


@dataclass
class Begun:
    """A playbook that runs."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, mark: Path) -> None:
        """Wait until a hook has made a file; fails when the run ends without it."""
        while not mark.exists():
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")[-3000:]
            time.sleep(0.05)

    def end(self) -> Run:
        """Wait for its end."""
        started = time.monotonic()
        code = self.process.wait()
        return Run(code, self.log.read_text(encoding="utf-8"), time.monotonic() - started)

    def kill(self) -> None:
        """SIGKILL, and nothing else."""
        self.process.kill()
        self.process.wait()


def command(verb: str, **variables: Any) -> dict[str, Any]:
    """A playbook run with these variables and the short output that a person sees: keywords of subprocess."""
    given = controller.command(verb, "--extra-vars", json.dumps(variables))
    given["env"]["ANSIBLE_STDOUT_CALLBACK"] = "groundwork"
    return given


class Releases:
    """Deploys and rolls back, and looks at the machine with its own eyes."""

    def __init__(self, machine: Machine, builder: Builder) -> None:
        self.machine = machine
        self.builder = builder
        self.begun: list[subprocess.Popen[bytes]] = []

    def play(self, verb: str, **variables: Any) -> Run:
        """Run a playbook to its end."""
        started = time.monotonic()
        done = subprocess.run(**command(verb, **variables), capture_output=True, text=True, check=False)
        return Run(done.returncode, done.stdout + done.stderr, time.monotonic() - started)

    def deploy(self, artifact: Path, **variables: Any) -> Run:
        """Deploy an artifact, whatever comes of it."""
        return self.play("deploy", release_artifact=str(artifact), **variables)

    def deploy_good(self, name: str) -> str:
        """Build and deploy a release that must go live; returns its id."""
        artifact, release = self.builder.build(name)
        run = self.deploy(artifact)
        assert run.code == 0, run.end
        assert self.machine.release == release
        return release

    def begin(self, verb: str, **variables: Any) -> Begun:
        """Start a playbook and let it run."""
        log = self.builder.folder / f"run-{time.monotonic_ns()}.log"
        with log.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(**command(verb, **variables), stdout=stream, stderr=subprocess.STDOUT)
        self.begun.append(process)
        return Begun(process, log)

    @property
    def marks(self) -> dict[str, dict[str, str]]:
        """What the machine says of each release."""
        return dict(json.loads(self.machine.read(f"{ROOT}/marks.json")))

    @property
    def audit(self) -> list[dict[str, Any]]:
        """The lines of the audit log."""
        return [json.loads(line) for line in self.machine.lines(f"cat {SHARED}/audit.jsonl")]

    @property
    def ids(self) -> list[str]:
        """The releases on the machine."""
        return self.machine.lines(f"ls {ROOT}/releases")


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Builds artifacts of copies of this project."""
    return Builder(PROJECT, tmp_path_factory.mktemp("releases"))


@pytest.fixture
def releases(machine: Machine, builder: Builder) -> Iterator[Releases]:
    """The releases of the machine under test. A run that a failed test left behind is ended before the next test."""
    releases = Releases(machine, builder)
    yield releases
    for process in releases.begun:
        process.wait()


@pytest.fixture
def prober(machine: Machine) -> Iterator[Prober]:
    """Asks the site at a constant rate while a test runs."""
    with Prober(machine.address, machine.password("probe-password")) as prober:
        yield prober
