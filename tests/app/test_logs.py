"""The relay of log records: nothing waits for it, and nothing is lost with it."""

import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from app.core import log_relay
from app.core.log_relay import LONGEST_MESSAGE, SEND_SECONDS, Relay
from app.core.logs import LINE, _complete, add_file_sinks, configure_logging, reset_sinks
from tests.app.harness import make_settings

FILE_BYTES = 8_000


@pytest.fixture(autouse=True)
def own_sinks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("logging.basicConfig", lambda **_: None)  # pytest has handlers of its own there
    yield
    logger.remove()
    logger.add(sys.stderr)


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay(FILE_BYTES)
    relay.receiver.settimeout(10)  # a test that hears nothing fails instead of hanging
    logger.remove()
    logger.configure(patcher=_complete)
    logger.add(relay.send, format=LINE)
    yield relay
    relay.sender.close()
    relay.receiver.close()


def test_a_stopped_writer_stops_nobody(relay: Relay, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody reads: once the channel is full, records go to standard error, and only the first of them waits."""
    started = time.monotonic()
    for number in range(1500):
        logger.info("record {}", number)
    assert time.monotonic() - started < SEND_SECONDS + 5
    kept = [line for line in capsys.readouterr().err.splitlines() if "| record " in line]
    relay.sender.close()
    sent = 0
    while relay.receiver.recv(LONGEST_MESSAGE):
        sent += 1
    assert sent > 20
    assert sent + len(kept) == 1500


def test_without_a_master_records_go_to_standard_error(relay: Relay, capsys: pytest.CaptureFixture[str]) -> None:
    relay.receiver.close()
    logger.error("still heard")
    assert "still heard" in capsys.readouterr().err


def test_a_huge_record_is_cut(relay: Relay) -> None:
    logger.info("x" * 200_000)
    packet = relay.receiver.recv(LONGEST_MESSAGE * 2)
    assert len(packet) == LONGEST_MESSAGE
    assert packet.endswith(b"... cut\n")


def test_what_comes_together_is_written_in_its_order(relay: Relay) -> None:
    written: list[str] = []
    logger.remove()
    logger.add(relay.send, format="{message}", filter=log_relay._is_own)
    logger.add(written.append, level="INFO", format="{message}", filter=log_relay._is_relayed)
    errors: list[str] = []
    logger.add(errors.append, level="ERROR", format="{message}", filter=log_relay._is_relayed)
    relay.start_writer()
    for number in range(1200):
        logger.log("ERROR" if number % 7 == 3 else "INFO", "{} {{x}} é", number)
    relay.finish()
    assert "".join(written) == "".join(f"{number} {{x}} é\n" for number in range(1200))
    assert "".join(errors) == "".join(f"{number} {{x}} é\n" for number in range(3, 1200, 7))
    assert len(written) < 1200


def test_what_comes_together_does_not_outgrow_a_file(relay: Relay, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, log_dir=tmp_path / "logs", log_max_bytes=FILE_BYTES, log_retention=100)
    logger.remove()
    logger.add(relay.send, format=LINE, filter=log_relay._is_own)
    add_file_sinks(settings, tmp_path / "logs", log_relay._is_relayed)
    for number in range(200):
        logger.info("record {:04d}", number)
    relay.start_writer()
    relay.finish()
    files = [path for path in (tmp_path / "logs").glob("api-dev*.log") if "error" not in path.name]
    assert len(files) > 1
    assert max(path.stat().st_size for path in files) <= FILE_BYTES
    assert sum(path.read_text().count("| record ") for path in files) == 200


def test_a_full_disk_loses_nothing(relay: Relay, capsys: pytest.CaptureFixture[str]) -> None:
    def full(_: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    logger.remove()
    logger.add(relay.send, format=LINE, filter=log_relay._is_own)
    logger.add(full, format=LINE, filter=log_relay._is_relayed, catch=False)
    relay.start_writer()
    logger.info("kept although the disk is full")
    relay.finish()
    error = capsys.readouterr().err
    assert "cannot write the log ([Errno 28]" in error
    assert "kept although the disk is full" in error


def test_one_process_writes_its_own_files_in_the_same_way(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, log_dir=tmp_path / "logs", log_max_bytes=2000, log_retention=3)
    configure_logging(settings)
    for number in range(100):
        logger.info("line {}\nsecond", number)
    logger.error("wrong")
    files = list((tmp_path / "logs").glob("api-dev.*log"))
    assert len(files) == 4  # the live one and three rotated
    assert {path.stat().st_mode & 0o777 for path in files} == {0o640}
    assert "line 99\\x0asecond\n" in (tmp_path / "logs" / "api-dev.log").read_text()
    errors = (tmp_path / "logs" / "api-dev-error.log").read_text().splitlines()
    assert [line.split(" | ")[-1] for line in errors] == ["wrong"]


def test_values_of_variables_never_show_in_a_traceback(tmp_path: Path) -> None:
    reset_sinks("INFO")
    add_file_sinks(make_settings(tmp_path), tmp_path)

    def sign_in(password: str) -> None:
        raise RuntimeError("boom" if password else "")

    try:
        sign_in("canary-password")
    except RuntimeError:
        logger.exception("it broke")
    logger.remove()
    text = (tmp_path / "api-dev.log").read_text()
    assert "RuntimeError: boom" in text
    assert "canary-password" not in text.replace('sign_in("canary-password")', "")
