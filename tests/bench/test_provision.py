"""The times of the roles are read from what ./setup.sh prints, so its words and the pattern must agree."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.provision import conftest  # noqa: F401  # our module_utils can be imported from here on

from ansible.module_utils.run_output.sections import Section  # isort: skip


@pytest.mark.parametrize(("count", "took"), [("[ 1/12]", 1.25), ("[12/12]", 83.0), ("[3/9]", 59.0)])
def test_the_line_of_a_role_is_read(bench: Any, count: str, took: float) -> None:
    section = Section("web_build", count, started=time.monotonic() - took, looked=3)
    section.change("Build the front end in 30 s", "here")
    first, *others = section.lines(88, ["here"], checking=False)
    pattern = bench("provision").ROLE_LINE
    found = pattern.match(first)
    assert found["role"] == "web_build"
    assert int(found["minutes"] or 0) * 60 + float(found["seconds"]) == pytest.approx(took, abs=0.5)
    assert [pattern.match(line) for line in others] == [None]
