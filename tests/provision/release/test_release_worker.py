"""The worker follows what is live: restarted when that or a file changed, and again by whoever comes after a kill."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.release_layout import Layout, instance_digest

from tests.provision.conftest import RunModule
from tests.provision.release.conftest import add_release, make_live

# It keeps what was done last in files beside it, and says what the unit is like from them.
SYSTEMCTL = """#!/bin/sh
cd "$(dirname "$0")"
case "$1" in
  show) echo "ActiveState=$(cat active)"; echo "UnitFileState=$(cat enabled)"; echo "NeedDaemonReload=$(cat reload)" ;;
  *) echo "$@" >>did; if test -e broken; then echo 'Job for shop-worker failed' >&2; exit 1; fi ;;
esac
case "$1" in
  start | restart) echo active >active ;;
  enable) echo enabled >enabled ;;
  disable) echo inactive >active; echo disabled >enabled ;;
  daemon-reload) echo no >reload ;;
esac
"""


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
        self.systemd = folder / "systemd"
        self.systemd.mkdir()
        program = self.systemd / "systemctl"
        program.write_text(SYSTEMCTL)
        program.chmod(0o755)
        self.unit()

    def unit(self, active: str = "inactive", enabled: str = "disabled", reload: str = "no") -> None:
        for name, value in {"active": active, "enabled": enabled, "reload": reload, "did": ""}.items():
            (self.systemd / name).write_text(value)

    def did(self) -> list[str]:
        lines = (self.systemd / "did").read_text().splitlines()
        (self.systemd / "did").write_text("")
        return lines

    def ask(self, *, check: bool = False, **more: Any) -> dict[str, Any]:
        given = {"root": str(self.layout.root), "unit": "shop-worker", "definition": str(self.definition)}
        return self.run_module("release_worker", check=check, **given, config_files=[str(self.settings)], **more)

    def bring(self, **more: Any) -> str:
        result = self.ask(**more)
        assert not result["failed"], result
        return str(result["state"])


@pytest.fixture
def worker(layout: Layout, run_module: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worker:
    made = Worker(layout, run_module, tmp_path)
    monkeypatch.setenv("PATH", f"{made.systemd}:{os.environ['PATH']}")
    return made


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


def test_one_that_did_not_start_leaves_a_restart_to_the_next(worker: Worker) -> None:
    """As a run does that is killed before the record: it was taken away before anything was restarted."""
    worker.bring()
    make_live(worker.layout, "r2", "green")
    (worker.systemd / "broken").touch()
    failed = worker.ask()
    assert (failed["failed"], failed["release_is_bad"], failed["defined"]) == (True, True, True)
    assert "Job for shop-worker failed" in failed["msg"]
    assert not worker.layout.slot_record("worker").exists()
    (worker.systemd / "broken").unlink()
    make_live(worker.layout, "r1", "blue")  # undone by the next run
    assert [worker.bring(), worker.bring()] == ["restarted", "started"]


@pytest.mark.parametrize(
    ("unit", "changed", "does"),
    [
        ({"active": "active", "enabled": "enabled"}, False, []),
        ({"active": "activating", "enabled": "enabled"}, False, []),
        ({"active": "failed", "enabled": "enabled"}, True, ["start shop-worker"]),
        ({"active": "active", "enabled": "disabled"}, True, ["enable --quiet shop-worker"]),
        ({"active": "failed", "enabled": "enabled", "reload": "yes"}, True, ["daemon-reload", "start shop-worker"]),
    ],
)
def test_systemd_is_asked_for_what_is_missing(
    worker: Worker, unit: dict[str, str], changed: bool, does: list[str]
) -> None:
    worker.bring()
    assert worker.did() == ["enable --quiet shop-worker", "restart shop-worker"]
    worker.unit(**unit)
    assert worker.ask(check=True)["changed"] is changed
    assert worker.did() == []
    assert (worker.ask()["changed"], worker.did()) == (changed, does)


def test_it_is_stopped_once_and_then_left_alone(worker: Worker) -> None:
    worker.bring()
    worker.did()
    results = [worker.ask(enabled=False)["changed"] for _ in range(2)]
    assert (results, worker.did()) == ([True, False], ["disable --now --quiet shop-worker"])
    worker.unit(active="deactivating")
    assert worker.ask(enabled=False)["changed"] is True  # it is waited for


def test_supervisor_reads_it_through_a_link(worker: Worker, tmp_path: Path) -> None:
    """What supervisorctl is asked for is in tests/provision/service/test_supervisor_program.py."""
    program, link = worker.systemd / "supervisorctl", tmp_path / "shop-worker.conf"
    program.write_text(f"""#!/bin/sh
cd {worker.systemd}
case "$1" in
  status) if test -e up; then echo "$2    RUNNING   pid 12"; else echo "$2: ERROR (no such process)"; fi ;;
  reread) if test -e {link}; then echo "No config updates"; else echo "shop-worker: disappeared"; fi ;;
  update) echo "$@" >>did; rm up ;;
  *) echo "$@" >>did; touch up ;;
esac
""")
    program.chmod(0o755)
    asked: dict[str, Any] = {"link": str(link)}
    assert worker.ask(check=True, **asked)["changed"] is True
    assert not link.exists()
    assert worker.bring(**asked) == "restarted"
    assert link.readlink() == worker.definition
    assert worker.did() == ["start shop-worker"]
    again = worker.ask(**asked)
    assert (again["state"], again["changed"], worker.did()) == ("started", False, [])
    make_live(worker.layout, "r2", "green")
    assert (worker.bring(**asked), worker.did()) == ("restarted", ["restart shop-worker"])
    assert (worker.bring(**asked, enabled=False), worker.did()) == ("stopped", ["update shop-worker"])
    assert not link.is_symlink()
    program.write_text("#!/bin/sh\necho 'unix:///run/supervisor.sock no such file'\n")
    failed = worker.ask(**asked)
    assert (failed["failed"], failed["release_is_bad"]) == (True, True)
    assert "supervisor does not answer" in failed["msg"]


def test_a_release_of_before_there_were_jobs_has_none(worker: Worker) -> None:
    worker.bring()
    make_live(worker.layout, "r0", "green")
    assert [worker.bring(), worker.bring()] == ["stopped", "stopped"]
    make_live(worker.layout, "r1", "blue")
    assert worker.bring() == "restarted"


def test_a_machine_that_is_to_have_none(worker: Worker) -> None:
    worker.bring()
    assert worker.bring(enabled=False) == "stopped"
    assert worker.bring() == "restarted"


def test_before_anything_is_live_there_is_none(worker: Worker) -> None:
    worker.layout.current.unlink()
    assert worker.bring() == "stopped"


def test_check_mode_records_nothing(worker: Worker) -> None:
    assert [worker.bring(check=True), worker.bring(check=True)] == ["restarted", "restarted"]
    assert worker.bring() == "restarted"
    worker.settings.write_text("A=3")
    assert worker.bring(check=True) == "restarted"
    worker.settings.write_text("A=1")
    assert worker.bring() == "started"


def test_it_says_whether_there_is_anything_to_run(worker: Worker) -> None:
    assert worker.ask()["defined"] is True
    worker.did()
    worker.definition.unlink()
    assert worker.ask()["defined"] is False
    assert worker.did() == []
