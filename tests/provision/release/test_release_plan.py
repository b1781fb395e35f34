"""The plan of a release: what is left to do, from what lies on the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.release_layout import VENV_MARK, Layout, live_colour
from ansible.module_utils.release_marks import BAD, GOOD
from ansible.module_utils.release_plan import AGAIN, NEW, UNPROVEN, RefusedError, Wish, make_plan

from tests.provision.release.conftest import add_release, make_live


def wish(release: str, digest: str, config_files: list[str] | None = None, *, retry_bad: bool = False) -> Wish:
    return Wish(digest=digest, release=release, config_files=config_files or [], retry_bad=retry_bad)


def test_a_bare_machine_ships_and_starts_blue(layout: Layout) -> None:
    plan = make_plan(layout, wish("r1", "a"))
    assert (plan["release"], plan["ship"], plan["prepare"], plan["start"]) == ("r1", True, True, True)
    assert (plan["live"], plan["colour"], plan["from_colour"]) == ("", "blue", "")
    assert (plan["why"], plan["stages"]) == ("nothing is live yet", NEW)


def test_the_same_content_is_left_alone_whatever_its_id(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "green")
    plan = make_plan(layout, wish("r2-built-elsewhere", "a"))
    assert plan["release"] == "r1"
    assert (plan["ship"], plan["prepare"], plan["stages"]) == (False, False, [])
    assert (plan["live"], plan["colour"]) == ("green", "green")


def test_new_content_goes_to_the_idle_colour(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")
    plan = make_plan(layout, wish("r2", "b"))
    assert (plan["release"], plan["ship"], plan["stages"], plan["colour"]) == ("r2", True, NEW, "green")
    assert (plan["from_release"], plan["from_colour"], plan["other"]) == ("r1", "blue", "blue")
    assert plan["why"] == "r1 is live"


def test_an_earlier_release_with_the_same_content_is_used_again(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    add_release(layout, "r2", "b", mark=GOOD)
    make_live(layout, "r2", "green")
    plan = make_plan(layout, wish("r3", "a"))
    assert (plan["release"], plan["ship"], plan["prepare"], plan["start"]) == ("r1", False, False, True)
    assert plan["proven"] is True


def test_the_same_id_with_other_content_is_refused(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    with pytest.raises(RefusedError, match="other content"):
        make_plan(layout, wish("r1", "b"))


def test_a_missing_venv_is_prepared_and_started_anew(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")
    (layout.release("r1") / "venv" / VENV_MARK).unlink()
    plan = make_plan(layout, wish("r1", "a"))
    assert (plan["prepare"], plan["start"], plan["why"]) == (True, True, "its virtual environment is missing")


def test_a_venv_without_its_interpreter_is_prepared_though_its_mark_is_there(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")
    (layout.release("r1") / "venv" / "bin" / "python").unlink()
    plan = make_plan(layout, wish("r1", "a"))
    assert (plan["prepare"], plan["start"]) == (True, True)


def test_a_rebuilt_venv_calls_for_a_start_even_when_the_run_that_built_it_was_killed(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")
    (layout.release("r1") / "venv" / VENV_MARK).write_text("made again")
    plan = make_plan(layout, wish("r1", "a"))
    assert (plan["prepare"], plan["start"]) == (False, True)
    assert plan["why"] == "its configuration or environment changed since it started"


def test_changed_configuration_calls_for_a_start(layout: Layout, tmp_path: Path) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    settings = tmp_path / "env"
    settings.write_text("A=1")
    make_live(layout, "r1", "blue", [str(settings)])
    assert make_plan(layout, wish("r1", "a", [str(settings)]))["start"] is False
    settings.write_text("A=2")
    assert make_plan(layout, wish("r1", "a", [str(settings)]))["start"] is True


def test_a_run_that_was_killed_after_its_switch_is_proven_and_finished(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")
    add_release(layout, "r2", "b")
    make_live(layout, "r2", "green")
    plan = make_plan(layout, wish("r2", "b"))
    assert (plan["stages"], plan["colour"], plan["other"]) == (UNPROVEN, "green", "blue")
    assert (plan["from_release"], plan["from_colour"]) == ("r1", "blue")
    assert "interrupted" in plan["why"]


def test_an_unproven_release_without_a_good_one_beside_it_has_nothing_to_go_back_to(layout: Layout) -> None:
    add_release(layout, "r1", "a")
    make_live(layout, "r1", "blue")
    plan = make_plan(layout, wish("r1", "a"))
    assert (plan["stages"], plan["from_release"], plan["from_colour"]) == (UNPROVEN, "", "")


def test_a_half_shipped_release_is_not_one(layout: Layout) -> None:
    add_release(layout, "r1.partial", "a")
    plan = make_plan(layout, wish("r1", "a"))
    assert (plan["ship"], plan["releases"]) == (True, [])


def test_a_link_to_no_colour_is_not_live(layout: Layout) -> None:
    add_release(layout, "r1", "a")
    layout.current.symlink_to(layout.release("r1"))
    layout.current_socket.symlink_to("red.sock")
    assert live_colour(layout) == ""


def test_a_bad_release_is_refused_with_its_reason_also_under_another_id(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")
    add_release(layout, "r2", "b", mark=BAD)
    with pytest.raises(RefusedError, match=r"found bad at .* in stage verify: it broke\nFix: .*release_retry_bad"):
        make_plan(layout, wish("r3", "b"))
    assert make_plan(layout, wish("r3", "b", retry_bad=True))["release"] == "r2"


def test_a_bad_release_is_refused_after_it_was_removed(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")
    add_release(layout, "r2", "b", mark=BAD)
    layout.release("r2").rename(layout.root / "gone")
    with pytest.raises(RefusedError, match="found bad"):
        make_plan(layout, wish("r3", "b"))


def test_going_back_twice_goes_back_two(layout: Layout) -> None:
    for name in ("r1", "r2", "r3", "r4"):
        add_release(layout, name, name, mark=BAD if name == "r3" else GOOD)
    make_live(layout, "r4", "blue")
    plan = make_plan(layout, Wish(roll_back=True))
    assert (plan["release"], plan["stages"], plan["ship"]) == ("r2", AGAIN, False)
    make_live(layout, "r2", "green")
    assert make_plan(layout, Wish(roll_back=True))["release"] == "r1"
    make_live(layout, "r1", "blue")
    with pytest.raises(RefusedError, match=r"no good release older than the live one \(r1\)[\s\S]*r3  bad\n"):
        make_plan(layout, Wish(roll_back=True))


@pytest.mark.parametrize(
    ("release", "says"),
    [("r9", "There is no release r9"), ("r2", "found bad"), ("r3", "no whole virtual environment")],
)
def test_what_cannot_be_gone_back_to_is_refused_with_a_list(layout: Layout, release: str, says: str) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")
    add_release(layout, "r2", "b", mark=BAD)
    add_release(layout, "r3", "c", venv=False, mark=GOOD)
    with pytest.raises(RefusedError) as refused:
        make_plan(layout, Wish(roll_back=True, release=release))
    assert says in str(refused.value)
    assert "  r1  good, live\n  r2  bad\n  r3  good" in str(refused.value)


def test_rolling_back_to_what_runs_is_nothing(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")
    assert make_plan(layout, Wish(roll_back=True, release="r1"))["stages"] == []


def test_again_brings_up_a_new_release_of_the_same_content(layout: Layout) -> None:
    add_release(layout, "r1", "a", mark=GOOD)
    make_live(layout, "r1", "blue")
    plan = make_plan(layout, Wish(digest="a", release="r2", again=True))
    assert (plan["release"], plan["ship"], plan["stages"]) == ("r2", True, NEW)
    with pytest.raises(RefusedError, match="must be built"):
        make_plan(layout, Wish(digest="a", release="r1", again=True))
