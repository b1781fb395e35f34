"""One run at a time: who holds the lock, who may take it over, and what a killed run leaves at work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils import release_lock as lock
from ansible.module_utils.release_layout import Layout

from tests.provision.conftest import load_plugin


@pytest.fixture(scope="module")
def action() -> ModuleType:
    return load_plugin("action", "release_begin")


def holder(run: str = "one") -> dict[str, Any]:
    return {"id": run, "by": "eva", "host": "laptop", "action": "deploy", "release": "r2", "reason": "it is Friday"}


def test_it_is_taken_once_and_given_back_by_its_owner_only(layout: Layout) -> None:
    assert lock.take_lock(layout, holder()) is None
    with pytest.raises(lock.HeldError):
        lock.take_lock(layout, holder("two"))
    assert lock.release_lock(layout, "two") is False
    assert lock.release_lock(layout, "one") is True
    assert lock.take_lock(layout, holder("two")) is None
    assert sorted(file.name for file in layout.root.glob(".*")) == []


def test_of_many_at_once_one_gets_it(layout: Layout) -> None:
    got = []

    def take(run: str) -> None:
        try:
            lock.take_lock(layout, holder(run))
            got.append(run)
        except lock.HeldError:
            pass

    threads = [threading.Thread(target=take, args=(str(number),)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_it_says_whose_it_is_since_when_why_and_in_which_stage(layout: Layout) -> None:
    lock.take_lock(layout, holder())
    lock.say_stage(layout, "one", "migrate")
    words = lock.explain(layout, lock.read_lock(layout) or {})
    assert "eva on laptop is at work on this machine: deploy r2 (run one, reason: it is Friday)" in words
    assert "in stage migrate for " in words


def test_a_run_whose_lock_was_taken_over_cannot_go_on(layout: Layout) -> None:
    lock.take_lock(layout, holder())
    taken = lock.take_lock(layout, holder("two"), instead_of="one")
    assert taken is not None
    assert taken["id"] == "one"
    with pytest.raises(lock.HeldError):
        lock.say_stage(layout, "one", "start")


def test_only_the_named_lock_is_taken_over(layout: Layout) -> None:
    lock.take_lock(layout, holder("three"))
    with pytest.raises(lock.HeldError):
        lock.take_lock(layout, holder("two"), instead_of="one")


def test_an_unreadable_lock_says_how_to_remove_it(layout: Layout) -> None:
    layout.lock.write_text("{")
    with pytest.raises(lock.HeldError) as held:
        lock.take_lock(layout, holder())
    assert f"rm {layout.lock}" in lock.explain(layout, held.value.lock)


def test_a_stage_that_is_still_at_work_is_waited_for(layout: Layout) -> None:
    code = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_SH);"
        "print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(layout.at_work)], stdout=subprocess.PIPE) as orphan:
        assert orphan.stdout is not None
        assert orphan.stdout.readline() == b"held\n"
        assert lock.wait_for_orphans(layout, 0.3) is False
        orphan.kill()
        orphan.wait()
        assert lock.wait_for_orphans(layout, 5) is True


def test_two_stages_do_not_wait_for_each_other(layout: Layout) -> None:
    with lock.at_work(layout), lock.at_work(layout):
        assert lock.wait_for_orphans(layout, 0) is False


def test_a_process_of_this_controller_is_known_dead_or_alive(action: ModuleType) -> None:
    here = {**action.who_asks(), "machine": "m"}
    mine = {**here, "pid": os.getpid(), "pid_started": action.process_started(os.getpid())}
    assert action.fate(mine, here) == "alive"
    assert action.fate({**mine, "pid_started": "1"}, here) == "dead"  # the number was given to another process
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        gone = {**mine, "pid": ended.pid}
    assert action.fate(gone, here) == "dead"
    assert action.fate({**mine, "boot": "before"}, here) == "dead"


@pytest.mark.parametrize("other", ["host", "machine", "processes"])
def test_of_another_machine_nothing_is_known(action: ModuleType, other: str) -> None:
    here = {**action.who_asks(), "machine": "m"}
    assert action.fate({**here, other: "another"}, here) == "unknown"
    assert action.fate({"id": "written by hand"}, here) == "unknown"


def test_the_lock_names_the_process_above_the_worker(action: ModuleType) -> None:
    asked = action.who_asks()
    assert asked["pid"] == os.getppid()
    assert json.dumps(asked)
    assert asked["by"]
