"""Settings: the environment (`APP_…`), then the file APP_ENV_FILE names, then one file a secret in APP_SECRETS_DIR."""

import os
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url

from app.core.email_address import normalise_email

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT_SECRET = "development-only-secret-key-0123456789"  # noqa: S105 - refused outside development and tests
SHORTEST_SECRET = 32
SQLITE, POSTGRESQL = "sqlite+aiosqlite", "postgresql+psycopg"


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    STAGING = "staging"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """One object a process, made once by `get_settings`; a wrong value stops the start with the variable's name."""

    model_config = SettingsConfigDict(env_prefix="APP_", extra="ignore", frozen=True, hide_input_in_errors=True)

    environment: Environment = Environment.DEVELOPMENT
    name: str = Field("groundwork", pattern=r"^[a-z][a-z0-9_-]*$", description="Product name; names the cookies.")
    title: str = "Groundwork"
    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    database_url: str = Field(f"{SQLITE}:///{PROJECT_ROOT}/.cache/development.db", repr=False)
    manifest: Path = PROJECT_ROOT / "manifest.json"
    slot: str = Field("dev", pattern=r"^[a-z][a-z0-9-]*$", description="Instance; names the log files.")
    socket: Path | None = Field(
        None, description="This instance's own; `current.sock` beside it says which one is live."
    )
    link_check_report: Path = Path("/srv/groundwork/shared/link-check/latest.json")
    drift_report: Path = Path("/srv/groundwork/shared/drift/latest.json")
    backup_report: Path = Path("/srv/groundwork/shared/backup/latest.json")
    backup_request: Path | None = Field(None, description="File that asks for a backup; without it none are taken.")
    audit_log: Path = Path("/srv/groundwork/shared/audit.jsonl")
    cors_origins: list[str] = []
    docs_enabled: bool = True
    demo_data: bool = Field(False, description="The log-in page lists the demo accounts (`seed --demo-data`).")
    max_body_bytes: int = Field(1_048_576, ge=1024)
    max_upload_bytes: int = Field(
        19_922_944, ge=1024, description="Of a workbook that is imported; nginx's own limit is a little more."
    )
    output_dir: Path | None = Field(
        None, description="Where pictures are kept; `output` beside an SQLite database, otherwise to be set."
    )
    accel_prefix: str = Field(
        "",
        pattern=r"^(/[a-z0-9_-]+/)?$",
        description="nginx's internal location of `output_dir`, such as `/protected-output/`; without it this process "
        "sends the files itself.",
    )

    log_dir: Path | None = Field(None, description="Without it, records go to standard error only.")
    log_level: str = Field("INFO", pattern="^(TRACE|DEBUG|INFO|WARNING|ERROR)$")
    log_max_bytes: int = Field(10_485_760, ge=1024)
    log_retention: int = Field(14, ge=1, description="Rotated files kept of each log.")

    access_token_minutes: int = Field(15, ge=1, le=60)
    session_hours: int = Field(12, ge=1, description="Life of a session without `remember me`.")
    remember_days: int = Field(30, ge=1, description="Life of a session with `remember me`.")
    refresh_grace_seconds: int = Field(
        10, ge=0, le=60, description="How long the previous refresh token still answers."
    )
    login_window_seconds: int = Field(300, ge=1, description="Failures older than this are forgotten.")
    login_account_address_failures: int = Field(5, ge=1, description="Failures of one account from one address.")
    login_address_failures: int = Field(30, ge=1, description="Failures of one address over all accounts.")
    login_account_failures: int = Field(60, ge=1, description="Failures of one account over all unknown addresses.")

    public_url: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9.:\[\]-]+)?$",
        description="Where people reach the product, no slash at the end. Links in mails start with it; never taken "
        "from a request, whose Host header anybody can write.",
    )
    mail_host: str = Field("", pattern=r"^[A-Za-z0-9.:-]*$", description="SMTP server; without it no mail is sent.")
    mail_port: int = Field(587, ge=1, le=65535)
    mail_username: str = ""
    mail_password: SecretStr = SecretStr("")
    mail_tls: Literal["none", "starttls", "tls"] = "starttls"
    mail_from: Annotated[str, AfterValidator(lambda value: normalise_email(value) if value else value)] = Field(
        "", description="Address that mails come from; the product's title is shown as its name."
    )
    captcha_max_number: int = Field(
        50_000, ge=1, le=10_000_000, description="Hashes that a browser computes at most; half of them on average."
    )
    captcha_minutes: int = Field(10, ge=1)
    registration_link_minutes: int = Field(120, ge=1)
    password_reset_link_minutes: int = Field(30, ge=1)
    mail_request_window_seconds: int = Field(3600, ge=1, description="Requests for mail older than this are forgotten.")
    mail_requests_per_address: int = Field(3, ge=1, description="Mails that may be asked for one address.")
    mail_requests_per_network: int = Field(10, ge=1, description="Mails that may be asked for from one network.")

    model_server_url: Annotated[str, AfterValidator(lambda value: value.rstrip("/"))] = Field(
        "", description="The model server that was deployed with the product: `seed` makes a chat provider of it."
    )
    model_server_kind: Literal["ollama", "openai"] = "openai"
    model_server_name: str = Field("", max_length=100)
    model_server_model: str = Field("", max_length=200, description="Its default model.")

    worker_grace_seconds: int = Field(
        10, ge=0, le=600, description="How long a worker that is asked to stop lets running jobs go on; then they wait."
    )
    queue_limits: dict[str, Annotated[int, Field(ge=1)]] = Field(
        {}, description="How many jobs of a queue run at once, where it differs from the built-in number."
    )
    job_attempts: int = Field(
        20, ge=1, description="Runs of one job that a crash may interrupt; then it has failed, for it may be the cause."
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        url = make_url(value)
        if url.drivername not in (SQLITE, POSTGRESQL) or not url.database or url.database == ":memory:":
            raise ValueError(f"must be {SQLITE}:////path/to/file.db or {POSTGRESQL}://user:password@host/database")
        return value

    @model_validator(mode="after")
    def _safe_secret(self) -> "Settings":
        secret = self.secret_key.get_secret_value()
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(f"APP_SECRET_KEY must have at least {SHORTEST_SECRET} characters")
        if secret == DEVELOPMENT_SECRET and not self._is_at_home:
            raise ValueError(f"APP_SECRET_KEY must be set when APP_ENVIRONMENT is {self.environment}")
        return self

    @model_validator(mode="after")
    def _pictures_have_a_place(self) -> "Settings":
        if not self.uses_sqlite and self.output_dir is None and not self._is_at_home:
            raise ValueError("APP_OUTPUT_DIR must be set when APP_DATABASE_URL names a server")
        return self

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> "Settings":
        if self.mail_host and not self.mail_from:
            raise ValueError("APP_MAIL_FROM must be set when APP_MAIL_HOST is")
        return self

    @property
    def sends_mail(self) -> bool:
        """A link in a mail must lead somewhere, so the public address is part of it."""
        return bool(self.mail_host and self.mail_from and self.public_url)

    @property
    def _is_at_home(self) -> bool:
        return self.environment in (Environment.DEVELOPMENT, Environment.TEST)

    @property
    def uses_sqlite(self) -> bool:
        return make_url(self.database_url).drivername == SQLITE

    @property
    def database_path(self) -> Path:
        """The file of an SQLite database."""
        if not self.uses_sqlite:
            raise ValueError("the database is not a file")
        return Path(make_url(self.database_url).database or "")

    @property
    def output_path(self) -> Path:
        if self.output_dir is not None:
            return self.output_dir
        return self.database_path.parent / "output" if self.uses_sqlite else PROJECT_ROOT / ".cache" / "output"


def load_settings() -> Settings:
    """Read the settings anew. A named but missing file or folder is an error, not a silent default."""
    env_file = os.environ.get("APP_ENV_FILE")
    secrets_dir = os.environ.get("APP_SECRETS_DIR")
    if env_file and not Path(env_file).is_file():
        raise FileNotFoundError(f"APP_ENV_FILE names {env_file}, which is not there")
    if secrets_dir and not Path(secrets_dir).is_dir():
        raise FileNotFoundError(f"APP_SECRETS_DIR names {secrets_dir}, which is not there")
    return Settings(_env_file=env_file or None, _secrets_dir=secrets_dir or None)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    return load_settings()
