"""The beginning of a run: what is refused before anything is touched, and what an interrupted run left."""

from __future__ import annotations

from typing import Any

from ansible.module_utils import release_audit as audit
from ansible.module_utils import release_disk
from ansible.module_utils.release_layout import Layout
from ansible.module_utils.release_lock import read_lock, take_lock
from ansible.module_utils.release_marks import BAD, GOOD

from tests.provision.conftest import RunModule
from tests.provision.release.conftest import add_release, make_live, own_group

HOLDER = {"id": "two", "by": "eva", "host": "laptop"}


def begin(run_module: RunModule, layout: Layout, digest: str = "b", **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"action": "deploy", "holder": HOLDER, "group": own_group(), **more}
    if given["action"] != "rollback":
        given["manifest"] = {"id": f"r-{digest}", "digest": digest}
    return run_module("release_begin", root=str(layout.root), run_dir=str(layout.run_dir), **given)


def provision(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")


def test_a_machine_that_was_never_provisioned_is_told_so(run_module: RunModule, layout: Layout) -> None:
    (layout.root / "slots").rmdir()
    result = begin(run_module, layout)
    assert result["failed"] is True
    assert "never provisioned" in result["msg"]
    assert "ansible-playbook site.yml" in result["msg"]
    assert read_lock(layout) is None


def test_it_takes_the_lock_and_says_in_the_log_what_it_means_to_do(run_module: RunModule, layout: Layout) -> None:
    provision(layout)
    result = begin(run_module, layout, reason="Friday")
    assert result["failed"] is False
    assert (read_lock(layout) or {})["id"] == "two"
    (line,) = audit.entries(layout)
    assert {
        key: line[key] for key in ("event", "id", "action", "release", "from_release", "colour", "by", "reason")
    } == {
        "event": "started",
        "id": "two",
        "action": "deploy",
        "release": "r-b",
        "from_release": "r1",
        "colour": "green",
        "by": "eva",
        "reason": "Friday",
    }


def test_what_already_runs_leaves_no_lock_and_no_line(run_module: RunModule, layout: Layout) -> None:
    provision(layout)
    result = begin(run_module, layout, "a")
    assert (result["changed"], result["plan"]["stages"]) == (False, [])
    assert read_lock(layout) is None
    assert audit.entries(layout) == []


def test_site_keeps_the_lock_while_it_looks_after_what_runs(run_module: RunModule, layout: Layout) -> None:
    provision(layout)
    begin(run_module, layout, "a", action="site")
    assert (read_lock(layout) or {})["id"] == "two"


def test_a_refusal_gives_the_lock_back(run_module: RunModule, layout: Layout) -> None:
    provision(layout)
    add_release(layout, "r2", "b", mark=BAD)
    result = begin(run_module, layout)
    assert "found bad" in result["msg"]
    assert read_lock(layout) is None
    assert audit.entries(layout) == []


def test_what_does_not_fit_is_refused_with_free_and_needed_bytes(run_module: RunModule, layout: Layout) -> None:
    provision(layout)
    size = release_disk.free_bytes(layout.root)
    result = begin(run_module, layout, artifact_bytes=1000, unpacked_bytes=size)
    assert result["failed"] is True
    assert f"({size} bytes)" in result["msg"]
    assert "Nothing was changed." in result["msg"]
    assert read_lock(layout) is None


def test_a_held_lock_is_told_and_taken_when_asked_for(run_module: RunModule, layout: Layout) -> None:
    provision(layout)
    take_lock(layout, {"id": "one", "by": "bob", "host": "desk", "action": "deploy"})
    refused = begin(run_module, layout)
    assert "bob on desk is at work" in refused["msg"]
    assert refused["lock"]["id"] == "one"
    taken = begin(run_module, layout, take_lock=True)
    assert taken["took_over"]["id"] == "one"
    assert (read_lock(layout) or {})["id"] == "two"


def test_an_interrupted_run_is_closed_and_a_half_switch_finished(run_module: RunModule, layout: Layout) -> None:
    provision(layout)
    audit.append(layout, audit.STARTED, "one", action="deploy", release="r2")
    add_release(layout, "r2", "b")
    make_live(layout, "r2", "green")
    layout.current.unlink()
    layout.current.symlink_to(layout.release("r1"))  # the socket had moved, the pages had not
    result = begin(run_module, layout)
    assert layout.current.readlink().name == "r2"
    assert result["plan"]["stages"] == ["switch", "prove", "finish"]
    assert [(line["id"], line["event"]) for line in audit.entries(layout)] == [
        ("one", "started"),
        ("one", "finished"),
        ("two", "started"),
    ]


def test_check_mode_takes_nothing(run_module: RunModule, layout: Layout) -> None:
    provision(layout)
    result = begin(run_module, layout, check=True)
    assert result["plan"]["stages"]
    assert read_lock(layout) is None
    assert not layout.audit.exists()


def test_files_with_other_names_elsewhere_cost_nothing(layout: Layout) -> None:
    (layout.root / "a").write_bytes(b"x" * 100_000)
    before = release_disk.own_bytes(layout.root)
    (layout.run_dir / "again").hardlink_to(layout.root / "a")
    assert before - release_disk.own_bytes(layout.root) >= 100_000
