"""After a power cut the release that was live answers again, from the colour that was live."""

from __future__ import annotations

import json

from witness import SHARED, Machine, Web, wait_until


def test_the_live_release_answers(machine: Machine, web: Web) -> None:
    lines = [json.loads(line) for line in machine.lines(f"cat {SHARED}/audit.jsonl")]
    last = [line for line in lines if line.get("outcome") == "good"][-1]  # after it others may have been undone
    wait_until("the site answers", lambda: web.get("/health").status == 200, 20)
    assert web.get("/health").json["release"] == machine.release == last["release"]


def test_one_instance_runs(machine: Machine) -> None:
    assert machine.serving_units == [machine.api_unit]
