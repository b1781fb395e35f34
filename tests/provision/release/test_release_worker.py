"""The worker follows what is live: restarted when that or a file changed, and again by whoever comes after a kill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.release_layout import Layout, instance_digest

from tests.provision.conftest import RunModule
from tests.provision.release.conftest import add_release, make_live


class Worker:
    """A machine with two releases that have a worker, and one of before."""

    def __init__(self, layout: Layout, run_module: RunModule, folder: Path) -> None:
        self.layout, self.run_module = layout, run_module
        self.definition, self.settings = folder / "worker.service", folder / "env"
        self.definition.write_text("[Service]")
        self.settings.write_text("A=1")
        for name in ("r0", "r1", "r2"):
            add_release(layout, name, name)
            if name != "r0":
                (layout.release(name) / "app/worker.py").touch()
        make_live(layout, "r1", "blue")

    def ask(self, *, check: bool = False, **more: Any) -> dict[str, Any]:
        given = {"root": str(self.layout.root), "definition": str(self.definition)}
        return self.run_module("release_worker", check=check, **given, config_files=[str(self.settings)], **more)

    def state(self, **more: Any) -> str:
        return str(self.ask(**more)["state"])

    def bring(self) -> str:
        """What the role does: compare, run, record."""
        state = self.state()
        if state == "restarted":
            self.ask(started=True)
        return state


@pytest.fixture
def worker(layout: Layout, run_module: RunModule, tmp_path: Path) -> Worker:
    return Worker(layout, run_module, tmp_path)


def test_it_is_started_once_and_then_left_alone(worker: Worker) -> None:
    assert [worker.bring() for _ in range(3)] == ["restarted", "started", "started"]


def test_a_switch_a_setting_and_a_definition_restart_it(worker: Worker) -> None:
    worker.bring()
    make_live(worker.layout, "r2", "green")
    assert [worker.bring(), worker.bring()] == ["restarted", "started"]
    worker.settings.write_text("A=2")
    assert [worker.bring(), worker.bring()] == ["restarted", "started"]
    worker.definition.write_text("[Service]\nNice=1")
    assert [worker.bring(), worker.bring()] == ["restarted", "started"]


def test_the_order_of_the_files_says_nothing(layout: Layout, tmp_path: Path) -> None:
    """Ansible's difference() and its kin go through a set, whose order is another one in each run."""
    add_release(layout, "r1", "a")
    files = [str(tmp_path / name) for name in ("one", "two", "three")]
    for file in files:
        Path(file).write_text(file)
    assert instance_digest(layout, "r1", files) == instance_digest(layout, "r1", files[::-1])
    Path(files[0]).write_text("other")
    assert instance_digest(layout, "r1", files) != instance_digest(layout, "r1", files[1:])


def test_a_run_killed_before_the_record_leaves_a_restart_to_the_next(worker: Worker) -> None:
    worker.bring()
    make_live(worker.layout, "r2", "green")
    assert worker.state() == "restarted"  # and restarted it was, but not recorded
    make_live(worker.layout, "r1", "blue")  # undone by the next run
    assert [worker.bring(), worker.bring()] == ["restarted", "started"]


def test_a_release_of_before_there_were_jobs_has_none(worker: Worker) -> None:
    worker.bring()
    make_live(worker.layout, "r0", "green")
    assert [worker.bring(), worker.bring()] == ["stopped", "stopped"]
    make_live(worker.layout, "r1", "blue")
    assert worker.bring() == "restarted"


def test_a_machine_that_is_to_have_none(worker: Worker) -> None:
    worker.bring()
    assert worker.state(enabled=False) == "stopped"
    assert worker.bring() == "restarted"


def test_before_anything_is_live_there_is_none(worker: Worker) -> None:
    worker.layout.current.unlink()
    assert worker.bring() == "stopped"


def test_check_mode_records_nothing(worker: Worker) -> None:
    assert [worker.state(check=True), worker.state(check=True, started=True)] == ["restarted", "restarted"]
    assert worker.bring() == "restarted"
    worker.settings.write_text("A=3")
    assert worker.state(check=True) == "restarted"
    worker.settings.write_text("A=1")
    assert worker.bring() == "started"


def test_it_says_whether_there_is_anything_to_run(worker: Worker) -> None:
    assert worker.ask()["defined"] is True
    worker.definition.unlink()
    assert worker.ask()["defined"] is False
