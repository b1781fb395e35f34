"""Nobody wants a model any more: its unit goes, the product and the table forget it, what it fetched stays."""

from __future__ import annotations

from chat import Chat
from controller import playbook, said
from witness import PRODUCT, ROOT, SHARED, Machine

NONE = ["--extra-vars", "model_server_kind=none"]


def test_site_removes_it(machine: Machine) -> None:
    run = playbook("site", *NONE)
    assert run.returncode == 0, said(run)
    assert machine.run("ss -Hltn | grep :11434").stdout == ""
    assert machine.run(f"systemctl cat {PRODUCT}-model.service").rc != 0
    assert machine.out("systemctl --failed --no-legend --plain") == ""
    assert machine.lines(f"ls {ROOT}/models/ollama") == ["other:1b", "small:latest"]


def test_the_table_and_the_drift_check_forget_it(machine: Machine) -> None:
    report = machine.read(f"{SHARED}/link-check/latest.json")
    assert '"ok": true' in report[:600]
    assert "model-answers" not in report
    assert machine.out("groundwork drift").startswith("nothing has drifted")


def test_the_product_switches_its_provider_off(chat: Chat) -> None:
    assert set(chat.providers()) == {"builtin"}
