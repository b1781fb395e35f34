"""A real SMTP server on a real port, which keeps what it is sent and refuses what it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

ACCEPTED = "250 OK"
SECONDS = 10.0


class Catcher:
    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.connections = 0
        self.recipient_answers: list[str] = []
        self.data_answers: list[str] = []
        self.port = 0
        self.tls: ssl.SSLContext | None = None
        self.account: tuple[bytes, bytes] | None = None
        self._arrived = asyncio.Event()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = self.recipient_answers.pop(0) if self.recipient_answers else ACCEPTED
        if answer == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.data_answers.pop(0) if self.data_answers else ACCEPTED
        if answer == ACCEPTED:
            letter = message_from_bytes(envelope.content, policy=modern)
            letter["X-Envelope-To"] = ",".join(envelope.rcpt_tos)
            self.letters.append(letter)
            self._arrived.set()
        return answer

    async def wait(self, number: int) -> list[EmailMessage]:
        """All letters, once there are `number`."""
        async with asyncio.timeout(SECONDS):
            while len(self.letters) < number:
                self._arrived.clear()
                await self._arrived.wait()
        return self.letters

    def serve(self) -> SMTP:
        self.connections += 1
        return SMTP(
            self,
            hostname="mail.test",
            tls_context=self.tls,
            require_starttls=self.tls is not None,
            authenticator=self._authenticate if self.account else None,
            auth_required=self.account is not None and self.tls is not None,
            auth_require_tls=self.tls is not None,
        )

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == self.account, handled=False)


@asynccontextmanager
async def smtp_server(port: int = 0) -> AsyncIterator[Catcher]:
    catcher = Catcher()
    server = await asyncio.get_running_loop().create_server(catcher.serve, "127.0.0.1", port)
    catcher.port = server.sockets[0].getsockname()[1]
    try:
        yield catcher
    finally:
        server.close()
        await server.wait_closed()


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(letter: EmailMessage) -> str:
    part = letter.get_body(("html",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
