"""HTTP to addresses that people enter: the only way out for the product's own requests to other services.

The address is checked where the socket is made, after the name was resolved and for every redirect: a name that
answers differently the second time, a decimal or mapped form, or a redirect leads nowhere else (docs/decisions/0088).
Failures are the few kinds below, each in words; sizes and times are bounded. Of a service that has a name the words
hold neither its address nor its key: whoever may use it reads them.
"""

import ipaddress
import json
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from itertools import takewhile
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

import aiohttp
from pydantic import AfterValidator, StringConstraints

CONNECT_SECONDS = 5.0
LONGEST_URL = 512
LARGEST_REFUSAL = 65_536
PRODUCT = "groundwork"
MASK = b"***"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Reached from every machine in a cloud and giving away its rights; refused whatever an administrator allows.
METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class OutgoingError(Exception):
    """A request to another service failed. The message is a sentence for people."""


class AddressRefusedError(OutgoingError):
    """The service's name leads to an address that is not allowed."""


class UnreachableError(OutgoingError):
    """Nobody answers there."""


class StalledError(OutgoingError):
    """It did not go on within the time it has."""


class CutError(OutgoingError):
    """The connection ended in the middle of an answer."""


class TooLargeError(OutgoingError):
    """The answer, or one line of it, is longer than it may be."""


class MalformedError(OutgoingError):
    """What came is not what the protocol allows."""


def _meant(address: Address) -> Iterator[Address]:
    """The address, and those it carries inside: mapped, 6to4, Teredo, NAT64."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in NAT64 or int(address) >> 32 == 0:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        yield from (each for each in inner if each is not None)


def is_allowed(address: Address, *, allow_private: bool) -> bool:
    """`allow_private`: this machine and private networks too. Link-local ones and metadata services never are."""
    if address in (ipaddress.IPv6Address("::1"), ipaddress.IPv4Address("127.0.0.1")):
        return allow_private
    for each in _meant(address):
        if each in METADATA or each.is_link_local or each.is_multicast or each.is_unspecified:
            return False
        if isinstance(each, ipaddress.IPv4Address) and each.is_reserved:
            return False
        if not allow_private and not (each in NAT64 or (each.is_global and not getattr(each, "is_site_local", False))):
            return False
    return True


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _base_url(text: str) -> str:
    """The address of a service as people enter it, without a slash at the end; ValueError in words."""
    try:
        parts: SplitResult = urlsplit(text)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("must be an address such as http://127.0.0.1:11434") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_sound:
        raise ValueError("must start with http:// or https:// and name a host")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment or "%" in parts.netloc:
        raise ValueError("must hold no user name, no question mark and no #")
    return text.rstrip("/")


BaseUrl = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=8, max_length=LONGEST_URL, pattern=r"^[!-~]+$"),
    AfterValidator(_base_url),
]


def refuse_literal(url: str, *, allow_private: bool, name: str = "") -> None:
    """Raise AddressRefusedError at once for an address in numbers; names are looked at when they are connected to."""
    address = _literal(urlsplit(url).hostname or "")
    if address is not None and not is_allowed(address, allow_private=allow_private):
        raise _refused(f"{name} leads to" if name else f"{address} is", allow_private=allow_private)


def _refused(what: str, *, allow_private: bool) -> AddressRefusedError:
    if allow_private:
        return AddressRefusedError(f"{what} a link-local, metadata or reserved address, which is never asked.")
    return AddressRefusedError(f"{what} an address inside this machine or network, which is not allowed here.")


class Reply:
    """An answer whose status and headers are there, and whose body is read as it is needed."""

    def __init__(self, response: aiohttp.ClientResponse, host: str, key: str | None) -> None:
        self._response = response
        self._host = host
        self._key = (key or "").encode()
        self.status = response.status
        self.headers = response.headers
        self.content_type = response.content_type

    async def chunks(self) -> AsyncIterator[bytes]:
        with _in_words(self._host):
            async for chunk in self._response.content.iter_any():
                yield chunk

    async def body(self, most: int) -> bytes:
        """All of it, or TooLargeError."""
        if (self._response.content_length or 0) > most:
            raise TooLargeError(f"The answer of {self._host} is larger than {most} bytes.")
        held = bytearray()
        async for chunk in self.chunks():
            held += chunk
            if len(held) > most:
                raise TooLargeError(f"The answer of {self._host} is larger than {most} bytes.")
        return bytes(held)

    async def json(self, most: int) -> Any:
        body = await self.body(most)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MalformedError(f"{self._host} answered with something that is not JSON.") from error

    async def refusal(self, most: int = LARGEST_REFUSAL) -> dict[str, Any]:
        """What it says of why it refuses, as an object; empty where it says nothing that can be read."""
        try:
            body = await self.body(most)
            told = json.loads(body.replace(self._key, MASK) if self._key else body)
        except (OutgoingError, ValueError, RecursionError):
            return {}  # the status says enough
        return told if isinstance(told, dict) else {}

    async def lines(self, longest: int) -> AsyncIterator[Sequence[bytes]]:
        """Lines without their ends, as they come: those of one piece together. Also what stands after the last end."""
        rest = b""
        with _in_words(self._host):
            while piece := await self._response.content.readany():
                held = rest + piece if rest else piece
                *whole, rest = held.split(b"\n")
                # Nearly always all of it is shorter than a line may be.
                sound = whole if len(held) <= longest else list(takewhile(lambda line: len(line) <= longest, whole))
                if sound:
                    yield [line.removesuffix(b"\r") for line in sound] if b"\r" in held else sound
                if len(sound) < len(whole) or len(rest) > longest:
                    raise TooLargeError(f"{self._host} sent a line longer than {longest} bytes.")
        if rest:
            yield [rest]


class Outgoing:
    """One service's connections. Made by `outgoing`, closed with it."""

    def __init__(
        self, session: aiohttp.ClientSession, refusals: list[str], *, allow_private: bool, key: str | None, name: str
    ) -> None:
        self._session = session
        self._refusals = refusals
        self._allow_private = allow_private
        self._key = key
        self._name = name

    def _words_for(self, url: str) -> AbstractContextManager[None]:
        """To be entered before it is asked."""
        refuse_literal(url, allow_private=self._allow_private, name=self._name)
        self._refusals.clear()
        return _in_words(self._called(url), self._refusals, allow_private=self._allow_private)

    def _called(self, url: str) -> str:
        return self._name or urlsplit(url).netloc

    @asynccontextmanager
    async def request(
        self, method: str, url: str, *, body: Any = None, redirects: int = 0, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[Reply]:
        """`body` is sent as JSON, bytes as they are. Without `redirects`, a redirect is an answer like any other."""
        more: dict[str, Any] = {"headers": headers or {}}
        if body is not None:
            more["data" if isinstance(body, bytes) else "json"] = body
        if redirects:
            more["max_redirects"] = redirects + 1  # it counts the first answer too
        with self._words_for(url):
            response = await self._session.request(method, url, allow_redirects=redirects > 0, **more)
        try:
            yield Reply(response, self._called(url), self._key)
        finally:
            # Closed, not given back: whoever stops reading wants the service to stop working.
            response.close()

    async def messages(self, url: str, *, longest: int) -> AsyncIterator[str]:
        """Texts that come through a WebSocket, until it ends; what is no text is left out."""
        with self._words_for(url):
            async with self._session.ws_connect(url, max_msg_size=longest) as socket:
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        yield message.data


@asynccontextmanager
async def outgoing(
    *,
    allow_private: bool,
    idle_seconds: float,
    total_seconds: float | None = None,
    connect_seconds: float = CONNECT_SECONDS,
    key: str | None = None,
    name: str = "",
) -> AsyncIterator[Outgoing]:
    """`idle_seconds`: how long a service may say nothing, before its answer and within it. `name`: for people."""
    refusals: list[str] = []

    def make_socket(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, at = info
        text = str(at[0]).partition("%")[0]
        if not is_allowed(ipaddress.ip_address(text), allow_private=allow_private):
            refusals.append(text)
            raise PermissionError(f"{text} is not allowed")
        return socket.socket(family=family, type=kind, proto=protocol)

    headers = {"User-Agent": PRODUCT, "Accept-Encoding": "identity"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    timeout = aiohttp.ClientTimeout(
        total=total_seconds, connect=None, sock_connect=connect_seconds, sock_read=idle_seconds
    )
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=make_socket, use_dns_cache=False),
        timeout=timeout,
        headers=headers,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    ) as session:
        yield Outgoing(session, refusals, allow_private=allow_private, key=key, name=name)


@contextmanager
def _in_words(host: str, refusals: list[str] | None = None, *, allow_private: bool = False) -> Iterator[None]:
    try:
        yield
    except aiohttp.ClientConnectorDNSError as error:
        raise UnreachableError(f"The name of {host} is not known.") from error
    except (aiohttp.ClientConnectorCertificateError, ssl.SSLError) as error:
        raise UnreachableError(f"The certificate of {host} is not trusted.") from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        if refusals:
            raise _refused(f"{host} leads to", allow_private=allow_private) from error
        raise UnreachableError(f"{host} does not answer.") from error
    except (TimeoutError, aiohttp.ServerTimeoutError) as error:
        raise StalledError(f"{host} said nothing for too long.") from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise AddressRefusedError(f"{host} is, or leads to, an address that cannot be asked.") from error
    except aiohttp.TooManyRedirects as error:
        raise MalformedError(f"{host} redirects too often.") from error
    except aiohttp.ClientResponseError as error:
        raise MalformedError(f"{host} does not speak HTTP as it should.") from error
    except (aiohttp.ClientError, OSError) as error:
        raise CutError(f"{host} closed the connection in the middle of its answer.") from error
