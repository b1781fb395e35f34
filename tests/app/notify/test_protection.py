"""The way to the mail server: encrypted, to the right server, with the account's own name."""

import ssl
import subprocess
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.core.settings import Settings, load_settings
from app.notify.models import OutboxState
from tests.app.harness import served
from tests.app.notify.conftest import rows
from tests.app.notify.test_outbox import post, settled, until
from tests.app.smtp import Catcher


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for localhost, in one file."""
    file = tmp_path_factory.mktemp("tls") / "mail.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made = ["openssl", "req", "-x509", *key, *names, "-days", "2", "-keyout", str(file), "-out", f"{file}.crt"]
    subprocess.run(made, check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + Path(f"{file}.crt").read_bytes())
    return file


@pytest.fixture
def guarded(settings: Settings, smtp: Catcher, certificate: Path) -> Settings:
    smtp.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    smtp.tls.load_cert_chain(certificate)
    smtp.account = (b"shop", b"pass word")
    sent = {"mail_host": "localhost", "mail_tls": "starttls", "mail_username": "shop", "mail_password": "pass word"}
    return Settings.model_validate(settings.model_dump() | sent)


async def sent_or_not(app: FastAPI) -> str:
    await post(app)

    async def has_ended() -> bool:
        (row,) = await rows(app.state.database)
        return row.last_error is not None or row.state == OutboxState.SENT

    await until(has_ended)
    return (await rows(app.state.database))[0].last_error or "sent"


async def test_encrypted_and_signed_in(
    guarded: Settings, smtp: Catcher, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    async with served(guarded) as app:
        assert await sent_or_not(app) == "sent"
        await settled(app.state.database)
    assert len(smtp.letters) == 1


async def test_a_server_that_nobody_vouches_for_gets_nothing(guarded: Settings, smtp: Catcher) -> None:
    async with served(guarded) as app:
        assert "certificate" in (await sent_or_not(app)).lower()
    assert smtp.letters == []


async def test_a_server_without_encryption_gets_nothing(guarded: Settings, smtp: Catcher) -> None:
    """A man in the middle who takes STARTTLS away must not learn the password."""
    smtp.tls = None
    async with served(guarded) as app:
        assert "STARTTLS" in await sent_or_not(app)
    assert smtp.letters == []


async def test_a_wrong_password_is_tried_again_later(
    guarded: Settings, smtp: Catcher, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the product may set it right: the letter is not lost."""
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    smtp.account = (b"shop", b"another")
    async with served(guarded) as app:
        assert "535" in await sent_or_not(app)
        assert [row.state for row in await rows(app.state.database)] == [OutboxState.WAITING]


def test_the_password_comes_from_a_file_and_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app_mail_password").write_text("canary")
    monkeypatch.setenv("APP_SECRETS_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.mail_password.get_secret_value() == "canary"
    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_PUBLIC_URL", "javascript:alert(1)"),
        ("APP_PUBLIC_URL", "https://a.test/"),
        ("APP_MAIL_FROM", "Shop <shop@a.test>"),
        ("APP_MAIL_HOST", "mail.a.test"),  # and no sender
        ("APP_MAIL_TLS", "maybe"),
    ],
)
def test_a_wrong_setting_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=r"mail_|public_url|APP_MAIL_FROM"):
        load_settings()
