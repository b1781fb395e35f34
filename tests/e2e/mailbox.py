"""A mail server of our own that keeps what it gets, so that a test can read the mail a site sends.

A Molecule machine sends its mail to port 2525 of whoever started it. Elsewhere GROUNDWORK_E2E_SMTP names the address
and port to listen on (`192.0.2.1:2525`), which the site's mail_host and mail_port must point at; without it the tests
that need a mail are skipped.
"""

from __future__ import annotations

import os
import re
import socket
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller

LAB_PORT = 2525
LINK = re.compile(r"https?://[^/\s]+(/[^\s]*#token=[A-Za-z0-9_-]+)")


@dataclass
class Mailbox:
    """Every mail that has come so far."""

    mails: list[tuple[list[str], str]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the plain text of a mail."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(("plain",))
        self.mails.append((list(envelope.rcpt_tos), body.get_content() if body else ""))
        return "250 kept"

    def link_to(self, address: str, seconds: float = 20) -> str:
        """Path and fragment of the last link mailed to somebody: the site may have another name here."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for recipients, text in reversed(self.mails):
                found = LINK.search(text)
                if address in recipients and found:
                    return found[1]
            time.sleep(0.1)
        raise AssertionError(f"no mail with a link to {address} within {seconds} s; what came: {self.mails}")


def where_to_listen(site: str) -> tuple[str, int] | None:
    """Address and port that the site's mail comes to; None where nobody has said so."""
    if named := os.environ.get("GROUNDWORK_E2E_SMTP"):
        host, _, port = named.rpartition(":")
        return host, int(port)
    if "MOLECULE_SCENARIO_DIRECTORY" not in os.environ:
        return None
    # The address that this machine has in the network of the site's; asking costs no packet.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((urlsplit(site).hostname, 9))
        return str(probe.getsockname()[0]), LAB_PORT


def listen(host: str, port: int) -> tuple[Mailbox, Controller]:
    """Start to listen; the caller stops the controller."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname=host, port=port)
    controller.start()
    return mailbox, controller
