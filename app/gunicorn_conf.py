"""gunicorn's settings: `gunicorn -c app/gunicorn_conf.py app.main:app`, from the root of a release.

Each instance has a unix socket of its own, for nginx and for proofs, and shares one loopback port with the other
colour, for people on the machine. gunicorn cannot make this pair itself, so both are made here and handed over.
"""

# ruff: noqa: E402 - the collector is off before anything is imported
import gc

gc.disable()  # what is imported stays, and each collection would walk through all of it: a third of a start

import multiprocessing
import os
import socket
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.core.niceness import GIVING_WAY, Niceness
from app.standby import Standby

LOADING = Niceness(GIVING_WAY)  # nobody is served here yet, and others are elsewhere
LOADING.begin()

UNIX_SOCKET = Path(os.environ.get("APP_SOCKET", "/run/groundwork/blue.sock"))
STANDBY = Standby(UNIX_SOCKET)
STANDBY.begin()

from app.core import log_relay
from app.core.settings import load_settings
from app.rehearsal import rehearse

SETTINGS = load_settings()
# Kept through SIGHUP, which runs this file again: new sockets would leave the old ones bound and unanswered.
LISTENERS_KEY = "APP_LISTENER_DESCRIPTORS"
BACKLOG = 2048


def _unix_listener(path: Path) -> socket.socket:
    if path.is_socket():
        path.unlink()  # left by a killed instance; a service manager runs one instance of a colour at a time
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o666)  # nginx is another user; the folder decides who reaches it
    return listener


def _loopback_listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def _listeners() -> list[str]:
    # The owner's id keeps a process started by this one from taking the numbers for its own.
    owner, _, kept = os.environ.get(LISTENERS_KEY, "").partition(":")
    if owner != str(os.getpid()):
        made = [
            _unix_listener(UNIX_SOCKET),
            _loopback_listener(int(os.environ.get("APP_LOOPBACK_PORT", "8000"))),
        ]
        for listener in made:
            listener.set_inheritable(True)  # gunicorn lets them listen, once everything is loaded
        kept = ",".join(str(listener.detach()) for listener in made)
        os.environ[LISTENERS_KEY] = f"{os.getpid()}:{kept}"
    return [f"fd://{number}" for number in kept.split(",")]


bind = _listeners()
workers = int(os.environ.get("APP_WORKERS", 2 * multiprocessing.cpu_count() + 1))
worker_class = "uvicorn_worker.UvicornWorker"
backlog = BACKLOG
keepalive = 75  # longer than nginx keeps an idle upstream connection, so that nginx is always the one to close
timeout = 30
graceful_timeout = int(os.environ.get("APP_GRACEFUL_SECONDS", "30"))
forwarded_allow_ips = "*"  # nginx overwrites the headers; who else reaches us is on this machine already
control_socket_disable = True
# Imported once, so that a lost worker is replaced quickly and workers share memory (docs/decisions/0019).
# A hangup therefore renews the workers, not the code; a release is never edited in place.
preload_app = True
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn's heartbeat files: a busy disk must not look like a hung worker
proc_name = f"{SETTINGS.name}-{SETTINGS.slot}"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"loguru": {"class": "app.core.logs.InterceptHandler"}},
    "root": {"level": SETTINGS.log_level, "handlers": ["loguru"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["loguru"], "propagate": False},
        "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": False},
    },
}

log_relay.claim_logging(SETTINGS)


def on_starting(server: Any) -> None:
    rehearse(server.app.wsgi())
    gc.collect()
    gc.enable()
    # What is loaded by now stays; the collector must not touch it, or each worker gets a copy of its own.
    gc.freeze()
    STANDBY.wait()
    LOADING.end()
    log_relay.start_in_master(SETTINGS)


def on_reload(_server: Any) -> None:
    LOADING.end()


def post_fork(_server: Any, _worker: Any) -> None:
    log_relay.enter_worker(SETTINGS)


def on_exit(_server: Any) -> None:
    log_relay.finish_in_master()
