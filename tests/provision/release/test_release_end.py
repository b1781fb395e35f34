"""The end of a run: marks, what is pruned and what never is, the audit log, the history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import release_audit as audit
from ansible.module_utils.release_layout import Layout
from ansible.module_utils.release_lock import read_lock, take_lock
from ansible.module_utils.release_marks import BAD, GOOD, MOST_FORGOTTEN, read_marks, set_mark

from tests.provision.conftest import RunModule
from tests.provision.release.conftest import add_release, make_live, own_group


def end(run_module: RunModule, layout: Layout, release: str, outcome: str = "good", **more: Any) -> dict[str, Any]:
    given = {"mark": outcome if outcome in (GOOD, BAD) else "", "digest": release, "group": own_group(), **more}
    return run_module("release_end", root=str(layout.root), run="one", release=release, outcome=outcome, **given)


def ids(layout: Layout) -> list[str]:
    return sorted(folder.name for folder in layout.root.glob("releases/*"))


@pytest.fixture
def many(layout: Layout) -> Layout:
    """Good, bad and unproven ones; r6 is about to be proven on green, r5 was live on blue."""
    for name, mark in {"r1": GOOD, "r2": BAD, "r3": GOOD, "r4": "", "r5": GOOD, "r6": ""}.items():
        add_release(layout, name, name, mark=mark, assets=f"shared.js {name}.js")
    make_live(layout, "r5", "blue")
    make_live(layout, "r6", "green")
    take_lock(layout, {"id": "one"})
    return layout


def test_good_ones_are_counted_and_the_others_beyond_a_few_go(run_module: RunModule, many: Layout) -> None:
    result = end(run_module, many, "r6", keep=3, keep_failed=1)
    assert result["removed"] == ["r1", "r2"]
    assert ids(many) == ["r3", "r4", "r5", "r6"]
    assert sorted(file.name for file in many.root.glob("assets/*")) == sorted(
        ["shared.js", "r3.js", "r4.js", "r5.js", "r6.js"]
    )
    assert read_lock(many) is None


def test_the_running_one_and_the_one_before_stay_however_few_are_kept(run_module: RunModule, many: Layout) -> None:
    end(run_module, many, "r6", keep=1, keep_failed=1)
    assert {"r5", "r6"} <= set(ids(many))
    assert "r3" not in ids(many)


def test_after_a_rollback_the_running_old_one_and_the_one_before_it_stay(run_module: RunModule, many: Layout) -> None:
    make_live(many, "r3", "blue")
    end(run_module, many, "r3", keep=2, keep_failed=1)
    assert {"r1", "r3"} <= set(ids(many))


def test_a_good_end_tells_the_drift_check_what_is_live(run_module: RunModule, many: Layout) -> None:
    """And a bad one does not: what it was switched back to is what is remembered."""
    many.drift_baseline.parent.mkdir()
    assert end(run_module, many, "r6")["failed"] is False  # nothing is remembered where site.yml never came to its end
    assert not many.drift_baseline.exists()
    layout = {"root": str(many.root), "run_dir": str(many.run_dir)}
    before = {"schema": 1, "layout": layout, "live": {"release": "r5", "colour": "blue"}, "things": [{"id": "a"}]}
    many.drift_baseline.write_text(json.dumps(before))
    end(run_module, many, "r6", "bad")
    assert json.loads(many.drift_baseline.read_text()) == before
    end(run_module, many, "r6")
    after = json.loads(many.drift_baseline.read_text())
    assert after.pop("recorded_at")
    assert after == {**before, "live": {"release": "r6", "colour": "green"}}
    assert many.drift_baseline.stat().st_mode & 0o777 == 0o600


def test_what_was_shipped_and_never_started_is_removed(run_module: RunModule, many: Layout) -> None:
    add_release(many, "r7", "r7", assets="r7.js")
    end(run_module, many, "r7", "bad", mark="", discard=True, failed_stage="prepare", message="disk full")
    assert "r7" not in ids(many)
    assert not (many.root / "assets/r7.js").exists()
    assert "r7" not in read_marks(many)


def test_the_live_one_is_never_discarded(run_module: RunModule, many: Layout) -> None:
    end(run_module, many, "r6", "bad", mark="", discard=True)
    assert "r6" in ids(many)


def test_the_log_says_how_long_each_stage_took(run_module: RunModule, many: Layout) -> None:
    clock = [{"name": "build", "at": 100.0}, {"name": "ship", "at": 101.5}, {"name": "start", "at": 102.0}]
    said = {"action": "deploy", "report": {"passed": 16, "failed": 0}}
    result = end(run_module, many, "r6", clock=clock, ended=104.25, said=said)
    (line,) = audit.entries(many)
    assert line["stages"] == result["stages"]
    assert result["stages"] == [
        {"name": "build", "seconds": 1.5},
        {"name": "ship", "seconds": 0.5},
        {"name": "start", "seconds": 2.25},
    ]
    assert (line["seconds"], line["outcome"], line["action"], line["report"]["passed"]) == (4.25, "good", "deploy", 16)
    assert many.audit.stat().st_mode & 0o777 == 0o640


def test_nothing_to_do_writes_nothing(run_module: RunModule, many: Layout) -> None:
    assert end(run_module, many, "r6", "noop")["changed"] is False
    assert not many.audit.exists()
    assert read_lock(many) is None
    assert len(ids(many)) == 6


def test_a_torn_line_is_left_out_and_the_next_one_is_whole(layout: Layout) -> None:
    audit.append(layout, audit.STARTED, "one", release="r1")
    with layout.audit.open("a") as file:
        file.write('{"schema": 1, "id": "tw')
    audit.append(layout, audit.FINISHED, "three", release="r3", outcome="good")
    assert [line["id"] for line in audit.entries(layout)] == ["one", "three"]


def test_a_run_without_an_end_was_interrupted_unless_it_holds_the_lock(layout: Layout) -> None:
    for run in ("one", "two"):
        audit.append(layout, audit.STARTED, run, action="deploy", release="r1", by="eva")
    audit.append(layout, audit.SWITCHED, "two", release="r1", colour="green")
    found = audit.runs(audit.entries(layout), running="two")
    assert [(run["outcome"], run["switched"]) for run in found] == [("interrupted", False), ("running", True)]
    assert audit.close_interrupted(layout, own_group(), "killed") == ["one", "two"]
    assert audit.close_interrupted(layout, own_group(), "killed") == []
    last = audit.entries(layout)[-1]
    assert (last["event"], last["outcome"], last["by"]) == ("finished", "interrupted", "eva")


def test_the_history_is_a_table(run_module: RunModule, layout: Layout) -> None:
    assert run_module("release_history", root=str(layout.root))["lines"] == ["Nothing was deployed yet."]
    audit.append(layout, audit.STARTED, "one", action="deploy", release="r1", by="eva", host="laptop")
    audit.append(
        layout, audit.FINISHED, "one", outcome="bad", failed_stage="verify", message="not ready\nmore", seconds=12.34
    )
    audit.append(layout, audit.STARTED, "two", action="rollback", release="r0", by="eva", host="laptop")
    result = run_module("release_history", root=str(layout.root))
    head, bad, cut = result["lines"]
    assert head.startswith("when (UTC)")
    assert "deploy" in bad
    assert "12.3 s" in bad
    assert bad.endswith("verify: not ready")
    assert "interrupted" in cut
    assert cut.endswith("before the switch")
    assert len(run_module("release_history", root=str(layout.root), limit=1)["lines"]) == 2


def test_marks_replace_each_other_and_old_ones_are_forgotten(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=BAD)
    set_mark(layout, "r1", "a", GOOD)
    assert read_marks(layout)["r1"]["mark"] == GOOD
    for number in range(MOST_FORGOTTEN + 5):
        set_mark(layout, f"gone{number:03}", "x", BAD)
    assert len(read_marks(layout)) == MOST_FORGOTTEN + 1
    assert "r1" in read_marks(layout)
    assert not list(Path(layout.root).glob(".marks*"))
