"""Passwords come and go through descriptors that the caller has opened, never through arguments or output."""

import os
import stat

import typer

LONGEST_PASSWORD = 256
SHORTEST_PROBE_PASSWORD = 16


def require_writable(descriptor: int) -> None:
    """Refuse early: before anything is made whose password could not be handed over."""
    try:
        os.write(descriptor, b"")
    except OSError as error:
        raise typer.BadParameter(f"descriptor {descriptor} cannot be written: {error.strerror}") from error


def write_line(descriptor: int, text: str) -> None:
    rest = f"{text}\n".encode()
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fsync(descriptor)


def read_line(descriptor: int) -> str:
    """The first line, up to the end of the file or LONGEST_PASSWORD."""
    content = b""
    try:
        while b"\n" not in content and len(content) <= LONGEST_PASSWORD:
            part = os.read(descriptor, LONGEST_PASSWORD + 1)
            if not part:
                break
            content += part
    except OSError as error:
        raise typer.BadParameter(f"descriptor {descriptor} cannot be read: {error.strerror}") from error
    password = content.split(b"\n", 1)[0].decode()
    if not SHORTEST_PROBE_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise typer.BadParameter(
            f"the probe's password must have {SHORTEST_PROBE_PASSWORD} to {LONGEST_PASSWORD} characters"
        )
    return password
