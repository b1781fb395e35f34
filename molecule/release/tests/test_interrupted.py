"""A killed controller, two at once, a hook that fails, a full disk: the site serves, and the next run heals."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FULL, Releases
from prober import Prober
from witness import ROOT, SHARED, Machine

STAGES = ["ship", "prepare", "migrate", "start", "verify", "switch", "prove", "finish"]
KILLED_IN = STAGES if FULL else ["prepare", "start", "switch", "finish"]
LATER = 0.6  # seconds after a stage began: its task is at work on the machine
DISK = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "srv")


def hooks(folder: Path, name: str, tasks: str) -> str:
    """A folder of hooks with one file."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yml").write_text(tasks, encoding="utf-8")
    return str(folder)


def touch(mark: Path) -> str:
    """A hook that says on the controller that its stage was reached."""
    return f"""---
- name: Say that the stage was reached
  ansible.builtin.file:
    path: {mark}
    state: touch
    mode: "0644"
  delegate_to: localhost
  become: false
"""


FAIL = """---
- name: Fail on purpose
  ansible.builtin.fail:
    msg: the hook says no
"""


def test_killed_at_each_stage_and_deployed_again(
    machine: Machine, releases: Releases, prober: Prober, tmp_path: Path
) -> None:
    """The same release is brought up again after each kill, so that each stage meets what the last kill left."""
    artifact, release = releases.builder.build("killed")
    before = machine.release
    for stage in KILLED_IN:
        mark = tmp_path / f"reached-{stage}"
        folder = hooks(tmp_path / stage, f"before_{stage}", touch(mark))
        run = releases.begin("deploy", release_artifact=str(artifact), release_hooks_dir=folder)
        run.wait_for(mark)
        time.sleep(LATER)
        run.kill()
        assert machine.release in (before, release)
        prober.reads_and_writes()
    done = releases.deploy(artifact)
    assert done.code == 0, done.end
    assert machine.release == release
    assert releases.marks[release]["mark"] == "good"
    interrupted = [line for line in releases.audit if line.get("outcome") == "interrupted"]
    assert len(interrupted) >= len(KILLED_IN)
    assert machine.serving_units == [machine.api_unit]
    worker = machine.out("readlink /proc/$(systemctl show -P MainPID groundwork-worker)/cwd")
    assert worker.endswith(release), "no run brought the worker to the release"
    prober.unnoticed()


def test_two_at_once_and_the_lock_of_somebody_else(
    machine: Machine, releases: Releases, prober: Prober, tmp_path: Path
) -> None:
    artifact, release = releases.builder.build("locked")
    other, _ = releases.builder.build("locked-out")
    mark = tmp_path / "reached"
    first = releases.begin(
        "deploy", release_artifact=str(artifact), release_hooks_dir=hooks(tmp_path / "h", "before_ship", touch(mark))
    )
    first.wait_for(mark)
    second = releases.deploy(other)
    assert second.code != 0
    assert "is at work on this machine" in second.text
    assert "is alive on this controller: wait for it" in second.text
    done = first.end()
    assert done.code == 0, done.end
    assert machine.release == release
    # One of another controller: nothing can be proven, so a person decides.
    foreign = '{"id": "abc", "by": "eva", "host": "laptop", "started": "2026-01-01T00:00:00Z", "stage": "ship"}'
    machine.out(f"echo '{foreign}' > {ROOT}/deploy.lock")
    refused = releases.deploy(other)
    assert refused.code != 0
    assert "eva on laptop is at work" in refused.text
    assert "release_take_lock=true" in refused.text
    taken = releases.deploy(other, release_take_lock=True)
    assert taken.code == 0, taken.end
    assert machine.run(f"test -e {ROOT}/deploy.lock").rc != 0
    prober.unnoticed()


@pytest.mark.parametrize(
    ("stage", "stays"), [("before_verify", "old"), ("after_switch", "old"), ("after_finish", "new")]
)
def test_a_hook_that_fails(
    machine: Machine, releases: Releases, prober: Prober, tmp_path: Path, stage: str, stays: str
) -> None:
    if stage != "after_switch" and not FULL:
        pytest.skip("the long form only")
    old = machine.release
    artifact, new = releases.builder.build(f"hook-{stage.replace('_', '-')}")
    run = releases.deploy(artifact, release_hooks_dir=hooks(tmp_path / "h", stage, FAIL))
    assert run.code != 0
    assert "the hook says no" in run.text
    assert machine.release == (old if stays == "old" else new)
    assert releases.marks.get(new, {}).get("mark") != "bad"  # the release is not to blame
    prober.unnoticed()


@pytest.fixture
def small_disk(machine: Machine) -> Iterator[int]:
    """What is left free, in bytes."""
    used = int(machine.out("df --output=used -B1 /srv | tail -1"))
    left = 66 * 1024 * 1024  # what the check beforehand lets pass by a hair, with the real need far above
    subprocess.run(["mount", "-o", f"remount,size={used + left}", str(DISK)], check=True)
    yield left
    subprocess.run(["mount", "-o", "remount,size=4g", str(DISK)], check=True)


def test_a_full_disk_changes_nothing(
    machine: Machine, releases: Releases, prober: Prober, small_disk: int, tmp_path: Path
) -> None:
    before, live = releases.ids, machine.release
    artifact, release = releases.builder.build("too-big")
    run = releases.deploy(artifact)
    assert run.code != 0
    assert "Not enough disk under /srv/groundwork" in run.text, run.end
    assert "bytes) free" in run.text
    assert "bytes) needed" in run.text
    # The check cannot see what others write meanwhile: the same in mid-stage.
    fill = f"""---
- name: Fill the disk
  ansible.builtin.shell:
    cmd: "head -c {2 * small_disk} /dev/zero > {SHARED}/filler || true"
  changed_when: true
"""
    subprocess.run(["mount", "-o", "remount,size=4g", str(DISK)], check=True)
    used = int(machine.out("df --output=used -B1 /srv | tail -1"))
    subprocess.run(["mount", "-o", f"remount,size={used + 200 * 1024 * 1024}", str(DISK)], check=True)
    fill = fill.replace(str(2 * small_disk), str(400 * 1024 * 1024))
    run = releases.deploy(artifact, release_hooks_dir=hooks(tmp_path / "h", "before_prepare", fill))
    machine.out(f"rm -f {SHARED}/filler")
    assert run.code != 0
    assert "No space left" in run.text or "The disk is full" in run.text, run.end
    assert "bytes were free under /srv/groundwork" in run.text, run.end
    assert "bytes are needed" in run.text
    assert (releases.ids, machine.release) == (before, live)
    assert release not in releases.marks
    prober.unnoticed()
