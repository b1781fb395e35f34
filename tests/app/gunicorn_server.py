"""A real gunicorn on sockets of its own, for tests that need several processes."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import aiohttp

from app.core.settings import PROJECT_ROOT, Settings

START_SECONDS = 60
WORKERS = 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    settings: Settings
    slot: str
    port: int
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        return self.folder / f"{self.slot}.sock"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def stderr(self) -> str:
        return (self.folder / f"{self.slot}.stderr").read_text()

    def start(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "APP_ENVIRONMENT": "production",
            "APP_SECRET_KEY": self.settings.secret_key.get_secret_value(),
            "APP_DATABASE_URL": self.settings.database_url,
            "APP_OUTPUT_DIR": str(self.settings.output_path),
            "APP_SLOT": self.slot,
            "APP_SOCKET": str(self.socket),
            "APP_LOOPBACK_PORT": str(self.port),
            "APP_WORKERS": str(WORKERS),
            "APP_GRACEFUL_SECONDS": "5",
            "APP_LOG_DIR": str(self.logs),
            **self.environment,
        }
        with (self.folder / f"{self.slot}.stderr").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "app/gunicorn_conf.py", "app.main:app"],
                cwd=PROJECT_ROOT,
                env=environment,
                stdout=output,
                stderr=output,
            )

    def wait_until_up(self) -> None:
        self.wait_for(lambda: self.stderr_count("Booting worker") >= WORKERS)
        self.wait_for(lambda: self.log_count("Application startup complete") >= WORKERS)

    def wait_for(self, condition: "object") -> None:
        deadline = monotonic() + START_SECONDS
        while not condition():  # type: ignore[operator]
            if self.process.poll() is not None or monotonic() > deadline:
                raise AssertionError(f"gunicorn did not get there: {self.stderr}")
            sleep(0.05)

    def stderr_count(self, words: str) -> int:
        return self.stderr.count(words)

    def log_text(self, suffix: str = "") -> str:
        """All of one log, rotated files first."""
        files = [path for path in self.logs.glob(f"api-{self.slot}{suffix}.*log") if path.suffix == ".log"]
        return "".join(path.read_text() for path in sorted(files, key=lambda path: path.stat().st_mtime))

    def log_count(self, words: str) -> int:
        return self.log_text().count(words)

    def workers(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(child) for child in children}

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def client(self) -> aiohttp.ClientSession:
        """A new connection for each request, so that they spread over the workers."""
        connector = aiohttp.UnixConnector(path=str(self.socket), force_close=True)
        return aiohttp.ClientSession("http://groundwork.test", connector=connector)
