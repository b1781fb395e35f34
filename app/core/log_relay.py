"""One writer a log file: a thread in gunicorn's master owns the files, every process sends it one message a record.

A queue shared by processes would stop all of them when one is killed while it holds the queue's lock; a message over a
socket has no lock to hold. When the writer does not take it in time, the record goes to standard error instead, which
the service manager keeps, so nothing is lost and nothing waits (docs/decisions/0014).
"""

import socket
import sys
import threading
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from socket import MSG_DONTWAIT
from time import monotonic
from typing import TYPE_CHECKING

from loguru import logger

from app.core.logs import RELAYED, add_file_sinks, add_sink, reset_sinks
from app.core.settings import Settings

if TYPE_CHECKING:
    from loguru import Message, Record

SEND_SECONDS = 0.1
PAUSE_SECONDS = 5.0  # after a send that timed out: a stopped writer must not slow every request
LONGEST_MESSAGE = 65_536
CUT = b" ... cut\n"
GATHER_SECONDS = 0.01
GATHERED_BYTES = 65_536
GATHERED_SHARE = 0.1  # of a file's limit: a lot is written as one, and a file is changed between lots
LAST_WORDS_SECONDS = 2.0
BURST_BYTES = 1_048_576  # asked for; the system may grant less


class Relay:
    """Both ends of the channel; a worker keeps only the sending one."""

    def __init__(self, file_bytes: int) -> None:
        """`file_bytes`: the size at which a log file is changed."""
        self._most_bytes = min(GATHERED_BYTES, int(file_bytes * GATHERED_SHARE))
        self.receiver, self.sender = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BURST_BYTES)
        self.sender.settimeout(SEND_SECONDS)
        self.is_worker = False
        self._paused_until = 0.0
        self._thread: threading.Thread | None = None
        self._is_ending = threading.Event()

    def send(self, message: "Message") -> None:
        """A loguru sink. Never raises and never waits longer than SEND_SECONDS."""
        text = str(message)
        packet = f"{message.record['level'].name}\n{text}".encode("utf-8", "backslashreplace")
        if len(packet) > LONGEST_MESSAGE:
            packet = packet[: LONGEST_MESSAGE - len(CUT)] + CUT
        if monotonic() >= self._paused_until:
            try:
                self.sender.send(packet)
            except TimeoutError:
                self._paused_until = monotonic() + PAUSE_SECONDS
            except OSError:
                self._paused_until = float("inf")  # the master is gone; this worker soon will be
            else:
                return
        sys.stderr.write(text)

    def start_writer(self) -> None:
        self._thread = threading.Thread(target=self._write, name="log-writer", daemon=True)
        self._thread.start()

    def _write(self) -> None:
        while packets := self._gathered():
            for level, together in groupby((packet.partition(b"\n") for packet in packets), key=itemgetter(0)):
                text = b"".join(text for _, _, text in together).decode("utf-8", "replace")
                try:
                    logger.bind(**{RELAYED: True}).opt(raw=True).log(level.decode(), text)
                except Exception as error:  # of whatever kind: a writer that ends would silence every process
                    with suppress(OSError):  # when standard error is gone as well, nobody is left to tell
                        sys.stderr.write(f"cannot write the log ({error}): {text}")

    def _gathered(self) -> list[bytes]:
        """The next packet and those of a moment after it: to wake for each costs more than to write it."""
        packets = [self.receiver.recv(LONGEST_MESSAGE)]
        if not packets[0]:
            return []  # every sender is gone
        self._is_ending.wait(GATHER_SECONDS)
        size = len(packets[0])
        with suppress(BlockingIOError):
            while size < self._most_bytes and (packet := self.receiver.recv(LONGEST_MESSAGE, MSG_DONTWAIT)):
                packets.append(packet)
                size += len(packet)
        return packets

    def finish(self) -> None:
        """Write what was sent until now, then stop."""
        self._is_ending.set()
        self.sender.close()
        if self._thread is not None:
            self._thread.join(LAST_WORDS_SECONDS)


_relay: Relay | None = None
_is_claimed = False


def is_claimed() -> bool:
    """Whether gunicorn's hooks, and not the app, say where records go in this process."""
    return _is_claimed


def claim_logging(settings: Settings) -> None:
    """Standard error until the writer starts. Again at each hangup, when the writer runs already."""
    global _is_claimed
    _is_claimed = True
    if _relay is None:
        reset_sinks(settings.log_level)
        add_sink(sys.stderr, settings.log_level)


def _is_relayed(record: "Record") -> bool:
    return RELAYED in record["extra"]


def _is_own(record: "Record") -> bool:
    return RELAYED not in record["extra"]


def start_in_master(settings: Settings) -> None:
    """Own the files from now on. The master's own records take the same way, and go to standard error too."""
    global _relay
    if settings.log_dir is None:
        return
    _relay = Relay(settings.log_max_bytes)
    reset_sinks(settings.log_level)
    add_sink(sys.stderr, settings.log_level, _is_own)
    add_sink(_relay.send, settings.log_level, _is_own)
    add_file_sinks(settings, settings.log_dir, _is_relayed)
    _relay.start_writer()


def enter_worker(settings: Settings) -> None:
    """After the fork: let go of the files and of the receiving end. Errors also go to standard error (the journal)."""
    if _relay is None:
        reset_sinks(settings.log_level)
        add_sink(sys.stderr, settings.log_level)
        return
    _relay.is_worker = True
    _relay.receiver.close()
    reset_sinks(settings.log_level)
    add_sink(_relay.send, settings.log_level)
    add_sink(sys.stderr, "ERROR")


def finish_in_master() -> None:
    if _relay is not None and not _relay.is_worker:
        _relay.finish()
