"""The only way out: where it does not lead, and how a bad answer ends."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from app.core.outgoing import (
    AddressRefusedError,
    BaseUrl,
    CutError,
    MalformedError,
    OutgoingError,
    StalledError,
    TooLargeError,
    UnreachableError,
    is_allowed,
    outgoing,
)

PRIVATE = """127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 100.64.0.1 ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 fc00::1 fec0::1
    2002:7f00:1:: 64:ff9b::7f00:1 ::127.0.0.1"""
NEVER = """169.254.169.254 169.254.1.1 0.0.0.0 :: 224.0.0.1 255.255.255.255 240.0.0.1 fe80::1 ff02::1 100.100.100.200
    168.63.129.16 fd00:ec2::254 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::"""
PUBLIC = ("8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808")
# However one writes 127.0.0.1 and the metadata service, a resolver understands it.
DISGUISED = (
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://localhost:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::]:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/latest/meta-data/",
    "http://[::ffff:a9fe:a9fe]/",
)
Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[int]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Answer every request of this test so; returns the port."""
    runners: list[web.AppRunner] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> int:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        port: int = runner.addresses[0][1]
        return port

    yield start
    for runner in runners:
        await runner.cleanup()


async def _hello(_: web.Request) -> web.StreamResponse:
    return web.json_response({"hello": True})


async def _ask(
    url: str, *, allow_private: bool = True, idle_seconds: float = 2.0, redirects: int = 0, **more: Any
) -> bytes:
    async with (
        outgoing(allow_private=allow_private, idle_seconds=idle_seconds, **more) as http,
        http.request("GET", url, redirects=redirects) as reply,
    ):
        return await reply.body(10_000)


def test_which_addresses_are_allowed() -> None:
    for text in PRIVATE.split():
        address = ipaddress.ip_address(text)
        assert not is_allowed(address, allow_private=False), text
        assert is_allowed(address, allow_private=True), text
    for text in NEVER.split():
        for allow_private in (False, True):
            assert not is_allowed(ipaddress.ip_address(text), allow_private=allow_private), text
    for text in PUBLIC:
        assert is_allowed(ipaddress.ip_address(text), allow_private=False), text


@pytest.mark.parametrize("url", DISGUISED)
async def test_no_disguise_leads_inside(serve: Serve, url: str) -> None:
    asked: list[str] = []

    async def note(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return await _hello(request)

    port = await serve(note)
    with pytest.raises(AddressRefusedError):
        await _ask(url.format(port=port), allow_private=False)
    assert asked == []


async def test_what_is_never_asked_is_so_for_administrators_too(serve: Serve) -> None:
    for url in ("http://169.254.169.254/", "http://2852039166/", "http://0.0.0.0:1/"):
        with pytest.raises(AddressRefusedError, match=r"never asked|cannot be asked"):
            await _ask(url)


async def test_a_name_that_answers_differently_the_second_time(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that is connected to is the one that is looked at: there is no second question to answer."""
    port = await serve(_hello)
    answers = iter(["93.184.216.34", "127.0.0.1"])
    real = socket.getaddrinfo

    def rebinding(host: str, *args: Any, **more: Any) -> Any:
        return real(next(answers), *args, **more) if host == "rebind.test" else real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", _in_thread(rebinding))
    url = f"http://rebind.test:{port}/"
    with pytest.raises((UnreachableError, CutError)):  # the first address is somebody else's
        await _ask_within(url)
    with pytest.raises(AddressRefusedError):
        await _ask_within(url)


def _in_thread(call: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def asked(host: str, port: Any, **more: Any) -> Any:
        return call(host, port, **more)

    return asked


async def _ask_within(url: str) -> bytes:
    async with (
        outgoing(allow_private=False, idle_seconds=1, connect_seconds=0.3) as http,
        http.request("GET", url) as reply,
    ):
        return await reply.body(10)


async def test_redirects_are_answers_unless_they_are_followed(serve: Serve) -> None:
    async def away(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})

    url = f"http://127.0.0.1:{await serve(away)}/"
    async with outgoing(allow_private=True, idle_seconds=1) as http, http.request("GET", url) as reply:
        assert reply.status == 302
    with pytest.raises(AddressRefusedError, match="never asked"):
        await _ask(url, redirects=3)


async def test_a_redirect_to_something_that_is_no_http(serve: Serve) -> None:
    async def away(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "file:///etc/passwd"})

    async def round_and_round(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/again"})

    for handler, failure in ((away, AddressRefusedError), (round_and_round, MalformedError)):
        with pytest.raises(failure):
            await _ask(f"http://127.0.0.1:{await serve(handler)}/", redirects=3)


async def test_a_proxy_of_the_environment_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert await _ask(f"http://127.0.0.1:{await serve(_hello)}/") == b'{"hello": true}'


async def test_the_key_does_not_follow_a_redirect_to_another_host(serve: Serve) -> None:
    seen: list[str | None] = []

    async def note(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        return await _hello(request)

    there = await serve(note)

    async def away(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": f"http://localhost:{there}/"})

    await _ask(f"http://127.0.0.1:{await serve(away)}/", redirects=1, key="x")
    assert seen == [None]


async def test_too_large_in_one_piece_in_many_and_in_one_line(serve: Serve) -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        if request.path == "/known":
            return web.Response(body=b"x" * 20_000)
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(40):
            await response.write(b"y" * 500)
        return response

    url = f"http://127.0.0.1:{await serve(large)}"
    for path in ("/known", "/unknown"):
        with pytest.raises(TooLargeError):
            await _ask(url + path)
    async with outgoing(allow_private=True, idle_seconds=1) as http, http.request("GET", f"{url}/line") as reply:
        with pytest.raises(TooLargeError, match="line"):
            [lines async for lines in reply.lines(1_000)]


async def test_lines_however_they_are_cut(serve: Serve) -> None:
    async def pieces(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in ("one\r", "\ntw", "o\n\nthr", "ee字\nlast"):
            await response.write(piece.encode())
            await asyncio.sleep(0.01)
        return response

    url = f"http://127.0.0.1:{await serve(pieces)}/"
    async with outgoing(allow_private=True, idle_seconds=1) as http, http.request("GET", url) as reply:
        heaps = [lines async for lines in reply.lines(100)]
    assert [line.decode() for lines in heaps for line in lines] == ["one", "two", "", "three字", "last"]


async def test_each_failure_of_a_connection_in_words(serve: Serve) -> None:
    async def stall(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"some")
        if request.path == "/cut" and request.transport:
            request.transport.abort()
        await asyncio.sleep(5)
        return response

    async def nothing(request: web.Request) -> web.StreamResponse:
        assert request.transport
        request.transport.abort()
        return web.Response()

    port = await serve(stall)
    for url, failure, words in (
        (f"http://127.0.0.1:{port}/stall", StalledError, "said nothing for too long"),
        (f"http://127.0.0.1:{port}/cut", CutError, "in the middle of its answer"),
        (f"http://127.0.0.1:{await serve(nothing)}/", CutError, "closed the connection"),
        ("http://127.0.0.1:1/", UnreachableError, "127.0.0.1:1 does not answer"),
        ("http://no-such-name.invalid/", UnreachableError, "is not known"),
        (f"https://127.0.0.1:{port}/", UnreachableError, "certificate|does not answer"),
    ):
        with pytest.raises(failure, match=words) as caught:
            await _ask(url, idle_seconds=0.3)
        assert isinstance(caught.value, OutgoingError)


async def test_of_a_named_service_the_words_hold_neither_address_nor_key(serve: Serve) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": f"Wrong key: {request.headers['Authorization']}"}, status=401)

    port = await serve(refuse)
    for url, allow_private, words in (
        ("http://127.0.0.1:1/", True, "A server does not answer."),
        (f"http://127.0.0.1:{port}/", False, "A server leads to an address inside this machine"),
        (f"http://localhost:{port}/", False, "A server leads to an address inside this machine"),
        ("http://169.254.169.254/", True, "A server leads to a link-local"),
        ("http://no-such-name.invalid/", True, "The name of A server is not known."),
    ):
        with pytest.raises(OutgoingError, match=words) as caught:
            await _ask(url, allow_private=allow_private, name="A server")
        assert not any(part in str(caught.value) for part in ("127.", "169.", "localhost", "invalid", str(port)))
    async with (
        outgoing(allow_private=True, idle_seconds=1, key="sk-of-mine", name="A server") as http,
        http.request("GET", f"http://127.0.0.1:{port}/") as reply,
    ):
        assert await reply.refusal() == {"error": "Wrong key: Bearer ***"}


NO_URLS = ("", "127.0.0.1:80", "ftp://a.test", "http://", "http://u:p@a.test", "http://a.test?x=1", "http://a.test/#x")
NO_PORTS_OR_HOSTS = (
    "http://a.test:0",
    "http://a.test:99999",
    "http://a test",
    "http://[::1%25eth0]/",
    "http://a\n.test",
)


@pytest.mark.parametrize("text", [*NO_URLS, *NO_PORTS_OR_HOSTS, "file:///etc"])
def test_what_is_no_base_url(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(BaseUrl).validate_python(text)


def test_a_base_url_ends_without_a_slash() -> None:
    assert TypeAdapter(BaseUrl).validate_python(" https://api.test:8443/v1/ ") == "https://api.test:8443/v1"
