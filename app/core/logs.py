"""Log records: one line each, with the request's id, into `api-<slot>.log` (all) and `api-<slot>-error.log` (errors).

Under gunicorn several processes log, and a file that rotates must have one writer: see `log_relay`. A process of its
own (development, tests) writes the files itself.
"""

import logging
import os
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from loguru import logger

from app.core.request_context import current_request_id
from app.core.settings import Settings

if TYPE_CHECKING:
    from loguru import FilterFunction, Record

LINE = "{time:YYYY-MM-DDTHH:mm:ss.SSS!UTC}Z | {level: <8} | {process} | {extra[request_id]} | {name}:{line} | {message}"
# A line break in a path or a name must not forge a second record.
CONTROL_CHARACTERS = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F, 0x85, 0x2028, 0x2029)}
FILE_MODE = 0o640
RELAYED = "relayed"


class InterceptHandler(logging.Handler):
    """Sends the records of libraries that use the standard `logging` to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        frame: FrameType | None = logging.currentframe()
        depth = 0
        while frame and (depth == 0 or frame.f_code.co_filename == logging.__file__):
            frame = frame.f_back
            depth += 1
        logger.opt(depth=depth, exception=record.exc_info).log(level, record.getMessage())


def _complete(record: "Record") -> None:
    if RELAYED in record["extra"]:
        return  # a whole line already, completed by the process that logged it
    record["extra"].setdefault("request_id", current_request_id())
    record["message"] = record["message"].translate(CONTROL_CHARACTERS)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)


def reset_sinks(level: str) -> None:
    """Remove every sink and take over the standard loggers."""
    logger.remove()
    logger.configure(patcher=_complete)
    logging.basicConfig(handlers=[InterceptHandler()], level=logging.getLevelName(level), force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def add_sink(sink: Any, level: str, keep: "FilterFunction | None" = None) -> None:
    # diagnose would print the values of variables, and so passwords and tokens.
    logger.add(sink, level=level, format=LINE, filter=keep, backtrace=False, diagnose=False, colorize=False)


def add_file_sinks(
    settings: Settings, log_dir: Path, keep: "FilterFunction | None" = None, *, name: str | None = None
) -> None:
    """The two files, rotated by size. `keep` chooses the records; errors of writing are raised to whoever logs."""
    for suffix, level in (("", settings.log_level), ("-error", "ERROR")):
        logger.add(
            log_dir / f"{name or f'api-{settings.slot}'}{suffix}.log",
            level=level,
            format=LINE,
            filter=keep,
            rotation=settings.log_max_bytes,
            retention=settings.log_retention,
            opener=_open_private,
            backtrace=False,
            diagnose=False,
            catch=False,
        )


def configure_logging(settings: Settings, *, name: str | None = None) -> None:
    """For a server that is one process. `name`: of its files, where it is not the web's."""
    reset_sinks(settings.log_level)
    add_sink(sys.stderr, settings.log_level)
    if settings.log_dir is not None:
        add_file_sinks(settings, settings.log_dir, name=name)
