"""What a model server says of its models, asked of a simulated one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.provision.link_check.conftest import Look, Site

MODELS = "/api/v1/models"  # below the path that the nginx of these tests passes on


def models(site: Site, look: Look, answer: tuple[int, str, str], model: str | None = None) -> dict[str, Any]:
    site.app.override[MODELS] = answer
    return look("model_answers", site.context, url=f"{site.context.url}/api", model=model)


def listing(*names: str) -> tuple[int, str, str]:
    return 200, "application/json", json.dumps({"data": [{"id": name} for name in names]})


@pytest.mark.parametrize("model", [None, "a", "b"])
def test_a_model_that_is_there(site: Site, look: Look, model: str | None) -> None:
    row = models(site, look, listing("a", "b:latest"), model)
    assert row["ok"], row
    assert row["observed"] == "2 models: a, b:latest"


@pytest.mark.parametrize(
    ("answer", "model", "cause"),
    [
        (listing(), None, "the server has no model yet"),
        (listing("a"), "c", "the server has no model c"),
        ((503, "application/json", "{}"), None, "answers 503"),
        ((200, "application/json", "{}"), None, "another program answers there"),
        ((200, "text/html", "<html>"), None, "where JSON was expected"),
    ],
)
def test_a_model_that_is_not(
    site: Site, look: Look, answer: tuple[int, str, str], model: str | None, cause: str
) -> None:
    row = models(site, look, answer, model)
    assert not row["ok"]
    assert cause in row["cause"]


def test_nobody_listens(look: Look) -> None:
    assert "nobody listens on port 1" in look("model_answers", url="http://127.0.0.1:1")["cause"]
