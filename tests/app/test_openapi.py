"""The document is stable and complete, and its pages load nothing from elsewhere."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from app.cli import cli
from app.core.errors import ErrorCode
from app.core.openapi import as_text, build_document
from app.core.settings import PROJECT_ROOT, Settings
from app.main import create_app
from tests.app.harness import client_of


@pytest.mark.slow
def test_the_same_every_time_and_on_every_machine(
    app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert as_text(build_document(app)) == as_text(build_document(app))
    printed = CliRunner().invoke(cli, ["openapi"]).output
    monkeypatch.setenv("APP_TITLE", "Another")
    monkeypatch.setenv("APP_NAME", "another")
    assert CliRunner().invoke(cli, ["openapi", "--output", str(tmp_path / "api.json")]).exit_code == 0
    assert (tmp_path / "api.json").read_text() == printed
    assert json.loads(printed)["info"]["title"] == "Groundwork"


def _operation_ids(document: dict[str, Any]) -> list[str]:
    return [operation["operationId"] for path in document["paths"].values() for operation in path.values()]


def test_operation_ids_are_unique_and_those_of_the_front_end_s_types(app: FastAPI) -> None:
    ids = _operation_ids(app.openapi())
    assert len(ids) == len(set(ids))
    assert set(ids) == set(_operation_ids(json.loads((PROJECT_ROOT / "web" / "openapi.json").read_text())))


def test_errors_and_permissions_are_documented(app: FastAPI) -> None:
    document = app.openapi()
    assert document["components"]["schemas"]["ErrorCode"]["enum"] == [code.value for code in ErrorCode]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            mark, answers = operation["x-permission"], operation["responses"]
            assert ("security" in operation) is (mark != "public" or operation["operationId"] == "log_out"), path
            assert ("401" in answers) is (mark != "public" or operation["operationId"] in {"log_in", "refresh"}), path
            closed = operation["operationId"] in {"ask_for_registration", "confirm_registration"}
            assert ("403" in answers) is (mark != "public" or closed), path
            for status, answer in answers.items():
                if int(status) >= 400 and operation["operationId"] != "answer_ready":
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)
    codes = document["paths"]["/api/v1/auth/login"]["post"]["responses"]
    assert set(codes) == {"200", "401", "413", "422", "429", "500", "503"}


@pytest.mark.parametrize("page", ["/docs", "/redoc", "/docs/oauth2-redirect"])
async def test_pages_load_only_what_we_serve(client: httpx.AsyncClient, page: str) -> None:
    answer = await client.get(page)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    loaded = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""", answer.text)
    assert loaded or page == "/docs/oauth2-redirect"
    for address in loaded:
        assert re.fullmatch(r"/[^/].*", address), f"{page} loads {address} from elsewhere"
        assert (await client.get(address)).status_code == 200, address
    assert not re.findall(r"https?:(?!//www\.w3\.org)", answer.text)


async def test_what_the_pages_load_names_no_cdn(client: httpx.AsyncClient) -> None:
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "redoc.standalone.js"):
        content = (await client.get(f"/docs-static/{name}")).text
        assert not re.findall(r"(?:cdn\.[a-z.]+|jsdelivr\.net|unpkg\.com|fonts\.googleapis\.com)/", content), name


async def test_the_switch_turns_them_off(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"docs_enabled": False}))
    async with client_of(app) as client:
        for path in ("/docs", "/redoc", "/openapi.json", "/docs-static/swagger-ui.css", "/docs/oauth2-redirect"):
            assert (await client.get(path)).status_code == 404, path
