"""Settings come from where they should, and a dangerous one stops the start."""

import re
import tomllib
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from app import __version__
from app.core.release import read_release
from app.core.settings import DEVELOPMENT_SECRET, PROJECT_ROOT, Settings, load_settings
from app.main import create_app
from tests.app.harness import SECRET, client_of


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_default_secret_is_refused(monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    monkeypatch.setenv("APP_ENVIRONMENT", environment)
    with pytest.raises(ValidationError, match="APP_SECRET_KEY must be set"):
        load_settings()
    monkeypatch.setenv("APP_SECRET_KEY", SECRET)
    assert load_settings().secret_key.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_SECRET_KEY", "canary-too-short"),
        ("APP_DATABASE_URL", "sqlite+aiosqlite:///:memory:"),
        ("APP_DATABASE_URL", "postgresql+asyncpg://canary@db/x"),
        ("APP_SLOT", "../../canary"),
        ("APP_NAME", "a b"),
        ("APP_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_value_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        load_settings()
    assert "canary" not in str(caught.value)


def test_a_server_may_be_named_and_pictures_then_need_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENVIRONMENT", "production")
    monkeypatch.setenv("APP_SECRET_KEY", SECRET)
    monkeypatch.setenv("APP_DATABASE_URL", "postgresql+psycopg://ada:canary@db.example/groundwork")
    with pytest.raises(ValidationError, match="APP_OUTPUT_DIR must be set"):
        load_settings()
    monkeypatch.setenv("APP_OUTPUT_DIR", str(tmp_path))
    settings = load_settings()
    assert (settings.uses_sqlite, settings.output_path) == (False, tmp_path)
    assert "canary" not in repr(settings)
    with pytest.raises(ValueError, match="not a file"):
        _ = settings.database_path


def test_environment_over_file_over_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "app_secret_key").write_text(SECRET)
    (tmp_path / "secrets" / "app_title").write_text("secrets")
    (tmp_path / "env").write_text("APP_TITLE=file\nAPP_SLOT=green\n")
    monkeypatch.setenv("APP_SECRETS_DIR", str(tmp_path / "secrets"))
    assert (load_settings().title, load_settings().secret_key.get_secret_value()) == ("secrets", SECRET)
    monkeypatch.setenv("APP_ENV_FILE", str(tmp_path / "env"))
    assert (load_settings().title, load_settings().slot) == ("file", "green")
    monkeypatch.setenv("APP_TITLE", "environment")
    assert load_settings().title == "environment"


@pytest.mark.parametrize("name", ["APP_ENV_FILE", "APP_SECRETS_DIR"])
def test_a_named_place_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "/nowhere")
    with pytest.raises(FileNotFoundError, match=name):
        load_settings()


def test_secrets_do_not_show(settings: Settings) -> None:
    assert SECRET not in repr(settings) + str(settings)
    assert DEVELOPMENT_SECRET not in Path(PROJECT_ROOT / "pyproject.toml").read_text()


def test_the_version_is_the_project_s() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


def test_a_broken_manifest_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"id": 1}')
    with pytest.raises(ValidationError):
        read_release(tmp_path / "manifest.json")


PREFLIGHT = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": "GET"}


def _cors(answer: httpx.Response) -> list[str]:
    return [name for name in answer.headers if re.match("access-control", name)]


async def test_cors_is_closed_unless_an_origin_is_named(app: FastAPI, settings: Settings) -> None:
    async with client_of(app) as client:
        assert _cors(await client.get("/health", headers=PREFLIGHT)) == []
        assert _cors(await client.options("/health", headers=PREFLIGHT)) == []
    opened = create_app(settings.model_copy(update={"cors_origins": ["https://ours.test"]}))
    async with client_of(opened) as client:
        assert "access-control-allow-origin" not in (await client.get("/health", headers=PREFLIGHT)).headers
        ours = await client.get("/health", headers={"Origin": "https://ours.test"})
        assert ours.headers["access-control-allow-origin"] == "https://ours.test"


def test_telemetry_hooks_are_off(app: FastAPI) -> None:
    assert not app._native_telemetry.enabled()
    assert not any(app._telemetry[key] for key in ("tracing", "metrics", "logs", "operation_spans"))
