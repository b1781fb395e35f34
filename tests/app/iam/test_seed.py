"""What every installation needs: exactly one first administrator, and passwords only through descriptors."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.cli import seed as seed_command
from app.cli import users as users_command
from app.core.passwords import Passwords
from app.core.settings import PROJECT_ROOT, Settings
from tests.app.harness import SECRET, client_of, rows, served

PROBE_PASSWORD = "probe-password-of-the-link-check"
AT_ONCE = 50


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    for module in (seed_command, users_command):
        monkeypatch.setattr(module, "get_settings", lambda: settings)
    return CliRunner()


def _users(settings: Settings, columns: str) -> list[tuple[object, ...]]:
    return rows(settings, f"SELECT {columns} FROM iam_user ORDER BY id")  # noqa: S608 - names of this file


async def _can_log_in(settings: Settings, username: str, password: str) -> bool:
    async with served(settings) as app, client_of(app) as client:
        answer = await client.post("/api/v1/auth/login", data={"username": username, "password": password})
    return answer.status_code == 200


def test_without_options_a_second_run_changes_nothing(run: CliRunner, settings: Settings) -> None:
    assert "added 77 menus" in run.invoke(cli, ["seed"]).output
    assert run.invoke(cli, ["seed"]).output == "unchanged\n"
    assert _users(settings, "id") == []


def test_the_first_administrator_once(run: CliRunner, settings: Settings, tmp_path: Path) -> None:
    outputs = []
    run.invoke(cli, ["seed"])
    for name in ("first", "second"):
        with (tmp_path / name).open("wb") as file:
            outputs.append(run.invoke(cli, ["seed", "--first-password-fd", str(file.fileno())]).output)
    assert outputs == ["changed: created administrator admin\n", "unchanged\n"]
    password = (tmp_path / "first").read_text()
    assert password.endswith("\n")
    assert len(password) == 25
    assert (tmp_path / "second").read_text() == ""
    assert password.strip() not in "".join(outputs)
    assert asyncio.run(_can_log_in(settings, "admin", password.strip()))


def test_a_descriptor_that_cannot_take_the_password_makes_no_account(
    run: CliRunner, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "readable").touch()
    with (tmp_path / "readable").open("rb") as file:
        refused = run.invoke(cli, ["seed", "--first-password-fd", str(file.fileno())])
    assert refused.exit_code == 2
    assert "cannot be written" in refused.output
    # That the reader of a pipe has gone is only found out while writing.
    receiving, sending = os.pipe()
    os.close(receiving)
    broken = run.invoke(cli, ["seed", "--first-password-fd", str(sending)])
    os.close(sending)
    assert broken.exit_code == 1
    assert _users(settings, "id") == []


def _seed_in_process(settings: Settings, file: Path, all_have_looked: "multiprocessing.synchronize.Barrier") -> None:
    hash_password = Passwords.hash

    def hash_when_all_have_looked(passwords: Passwords, password: str) -> str:
        all_have_looked.wait(60)  # each has seen that there is no administrator, none has made one
        return hash_password(passwords, password)

    setattr(Passwords, "hash", hash_when_all_have_looked)  # noqa: B010 - this process is only for it
    setattr(seed_command, "get_settings", lambda: settings)  # noqa: B010 - this process is only for it
    with file.open("wb") as stream:
        asyncio.run(seed_command._seed(stream.fileno(), None))


@pytest.mark.slow
def test_many_at_once_make_exactly_one(settings: Settings, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    files = [tmp_path / f"password-{number}" for number in range(AT_ONCE)]
    barrier = context.Barrier(AT_ONCE)
    processes = [context.Process(target=_seed_in_process, args=(settings, file, barrier)) for file in files]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * AT_ONCE
    assert _users(settings, "username, is_administrator") == [("admin", 1)]
    written = [file.read_text() for file in files if file.read_text()]
    assert len(written) == 1
    assert asyncio.run(_can_log_in(settings, "admin", written[0].strip()))


def _seed_probe(run: CliRunner, tmp_path: Path, password: str) -> str:
    file = tmp_path / "probe"
    file.write_text(f"{password}\n")
    with file.open("rb") as stream:
        return run.invoke(cli, ["seed", "--probe-password-fd", str(stream.fileno())]).output


def test_the_probe_user(run: CliRunner, settings: Settings, tmp_path: Path) -> None:
    run.invoke(cli, ["seed"])
    assert _seed_probe(run, tmp_path, PROBE_PASSWORD) == "changed: created system user link-check\n"
    assert _seed_probe(run, tmp_path, PROBE_PASSWORD) == "unchanged\n"
    assert _seed_probe(run, tmp_path, PROBE_PASSWORD[::-1]) == "changed: new password for system user link-check\n"
    assert "must have" in _seed_probe(run, tmp_path, "short")
    assert _users(settings, "username, is_system, is_administrator") == [("link-check", 1, 0)]
    assert asyncio.run(_can_log_in(settings, "link-check", PROBE_PASSWORD[::-1]))
    assert not asyncio.run(_can_log_in(settings, "link-check", PROBE_PASSWORD))


def test_create_admin_prints_the_password_once_and_refuses_a_taken_name(run: CliRunner, settings: Settings) -> None:
    made = run.invoke(cli, ["users", "create-admin", "--username", "Grace"])
    assert made.exit_code == 0
    assert asyncio.run(_can_log_in(settings, "grace", made.output.strip()))
    again = run.invoke(cli, ["users", "create-admin", "--username", "grace"])
    assert again.exit_code == 1
    assert "exists already" in again.output
    assert run.invoke(cli, ["users", "create-admin", "--username", "a\0b"]).exit_code == 1
    assert len(_users(settings, "id")) == 1


@pytest.mark.slow
def test_the_real_command(settings: Settings, tmp_path: Path) -> None:
    """As the release role runs it: a process of its own, settings from the environment and a secrets folder."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "app_secret_key").write_text(SECRET)
    environment = {
        "PATH": os.environ["PATH"],
        "APP_ENVIRONMENT": "production",
        "APP_SECRETS_DIR": str(secrets),
        "APP_DATABASE_URL": settings.database_url,
        "APP_OUTPUT_DIR": str(settings.output_path),
    }
    receiving, sending = os.pipe()
    done = subprocess.run(
        [sys.executable, "-m", "app", "seed", "--first-password-fd", str(sending)],
        cwd=PROJECT_ROOT,
        env=environment,
        pass_fds=(sending,),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(sending)
    with os.fdopen(receiving) as pipe:
        password = pipe.read().strip()
    assert (done.returncode, done.stderr) == (0, "")
    assert "changed: created administrator admin\n" in done.stdout
    assert len(password) == 24
    assert SECRET not in done.stdout + done.stderr
