"""The same machine with Ollama instead, whose program was given: a stand-in, for no download must be needed."""

from __future__ import annotations

import json
import os

from chat import Chat
from controller import playbook, said
from witness import PRODUCT, ROOT, Machine

UNIT = f"{PRODUCT}-model.service"
PROGRAM = f"{os.environ['MOLECULE_SCENARIO_DIRECTORY']}/files/ollama"
CHOICES = {
    "model_server_kind": "ollama",
    "model_server_ollama_source": PROGRAM,
    "model_server_models": ["small:latest", "other:1b"],
    "model_server_default_model": "other:1b",
}
OLLAMA = ["--extra-vars", json.dumps(CHOICES)]


def test_site_replaces_the_model_server_and_fetches_its_models(machine: Machine) -> None:
    run = playbook("site", *OLLAMA)
    assert run.returncode == 0, said(run)
    assert machine.unit(UNIT)["ActiveState"] == "active"
    assert machine.lines(f"ls {ROOT}/models/ollama") == ["other:1b", "small:latest"]
    assert machine.out(f"stat --format %U {ROOT}/models/ollama") == f"{PRODUCT}-model"


def test_a_second_run_changes_nothing(machine: Machine) -> None:
    before = machine.unit(UNIT)["MainPID"]
    run = playbook("site", *OLLAMA)
    assert run.returncode == 0, said(run)
    assert "changed=0 " in run.stdout, said(run)
    assert machine.unit(UNIT)["MainPID"] == before


def test_the_product_asks_it_now(chat: Chat) -> None:
    provider = chat.providers()["ollama"]
    assert sorted(model["name"] for model in provider["models"]) == ["other:1b", "small:latest"]
