"""A service with POST /images/generations that behaves as its vendors do, and fails as the prompt asks.

The model chooses the vendor: `seedream` is Volcengine Ark, `gpt-image` OpenAI, anything else LocalAI. The prompt
chooses the failure, by a word such as `fail:limit`; FAILURES and LINKS list them.
"""

import asyncio
import json
import struct
import zlib
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from tests.simulators.serving import main

KEY = "sk-simulated"
MODELS = ("doubao-seedream-3-0-t2i-250415", "doubao-seedream-4-0-250828", "gpt-image-1", "stablediffusion", "gpt-4o")
OPENAI_KNOWS = {"model", "prompt", "size", "n", "quality", "background", "output_format", "moderation", "user"}
MOST_OF_GIANT = 200 * 1024 * 1024


@dataclass
class Seen:
    """What a test looks at: bodies and headers of requests, and how many of them were given up."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    downloads: list[dict[str, str]] = field(default_factory=list)
    abandoned: int = 0
    waiting: asyncio.Event = field(default_factory=asyncio.Event)


SEEN = web.AppKey("seen", Seen)


def picture(width: int, height: int, seed: int | None, kind: str = "PNG") -> bytes:
    colour = ((seed or 0) * 7919 % 256, width % 256, height % 256)
    file = BytesIO()
    Image.new("RGB", (width, height), colour).save(file, kind)
    return file.getvalue()


def error(status: int, code: str, message: str, kind: str = "", **headers: str) -> web.Response:
    body = {"error": {"code": code, "message": message, "param": "", "type": kind}}
    return web.json_response(body, status=status, headers=headers)


def _limit(vendor: str) -> web.Response:
    if vendor == "ark":
        message = "The requests per minute (RPM) limit of your endpoint was reached."
        return error(429, "RateLimitExceeded.EndpointRPMExceeded", message, "TooManyRequests", **{"Retry-After": "7"})
    return error(
        429, "rate_limit_exceeded", "Rate limit reached for images per minute.", "requests", **{"Retry-After": "7"}
    )


def _content(vendor: str) -> web.Response:
    if vendor == "ark":
        message = "The request failed because the input text may contain sensitive information."
        return error(400, "InputTextSensitiveContentDetected", message, "BadRequest")
    message = "Your request was rejected by the safety system."
    return error(400, "moderation_blocked", message, "image_generation_user_error")


def _quota(vendor: str) -> web.Response:
    if vendor == "ark":
        return error(403, "AccountOverdueError", "Your account has an overdue balance.", "Forbidden")
    if vendor == "openai":
        message = "You exceeded your current quota, please check your plan and billing details."
        return error(429, "insufficient_quota", message, "insufficient_quota")
    return error(402, "", "Insufficient credits.")


def _key(_: str) -> web.Response:
    return error(401, "invalid_api_key", "Incorrect API key provided.", "invalid_request_error")


def _model(vendor: str) -> web.Response:
    if vendor == "ark":
        message = "The model or endpoint does not exist or you do not have access to it."
        return error(404, "InvalidEndpointOrModel.NotFound", message, "NotFound")
    return error(404, "model_not_found", "The model does not exist.", "invalid_request_error")


def _server(vendor: str) -> web.Response:
    if vendor == "localai":
        return web.json_response({"error": {"code": 500, "message": "could not load model", "type": ""}}, status=500)
    return error(500, "InternalServiceError", "The service encountered an unexpected internal error.", "")


def _refused_picture(_: str) -> web.Response:
    """How Ark refuses one picture after it was made: inside an answer of 200."""
    message = "The request failed because the output image may contain sensitive information."
    return web.json_response({"data": [{"error": {"code": "OutputImageSensitiveContentDetected", "message": message}}]})


def _inside(content: bytes) -> web.Response:
    return web.json_response({"created": 1, "data": [{"b64_json": b64encode(content).decode()}]})


def _bomb() -> bytes:
    """A few bytes that claim to be a picture of 900 megapixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


FAILURES: dict[str, Callable[[str], web.Response]] = {
    "fail:limit": _limit,
    "fail:content": _content,
    "fail:output": _refused_picture,
    "fail:quota": _quota,
    "fail:key": _key,
    "fail:model": _model,
    "fail:500": _server,
    "fail:503-html": lambda _: web.Response(text="<html>busy</html>", content_type="text/html", status=503),
    "fail:html": lambda _: web.Response(text="<html>hello</html>", content_type="text/html"),
    "fail:json": lambda _: web.Response(text='{"data": [{"b64_js', content_type="application/json"),
    "fail:list": lambda _: web.json_response([]),
    "fail:empty": lambda _: web.json_response({"created": 1, "data": []}),
    "fail:base64": lambda _: web.json_response({"data": [{"b64_json": "%%% no base64 %%%"}]}),
    "fail:text": lambda _: _inside(b"this is no picture at all"),
    "fail:cut-picture": lambda _: _inside(picture(256, 256, 1)[:200]),
    "fail:bomb": lambda _: _inside(_bomb()),
}
# Where the link of an answer leads.
LINKS = {
    "fail:link-private": "http://10.11.12.13/picture.png",
    "fail:link-metadata": "http://169.254.169.254/latest/meta-data/",
    "fail:link-redirect": "/pictures/redirect",
    "fail:link-file": "file:///etc/passwd",
    "fail:link-404": "/pictures/missing",
    "fail:link-html": "/pictures/page",
    "fail:link-giant": "/pictures/giant",
    "fail:link-cut": "/pictures/cut",
}


def _vendor(model: str) -> str:
    return "ark" if "seedream" in model else "openai" if "gpt-image" in model else "localai"


def _word(prompt: str) -> str:
    return next((word for word in prompt.split() if word.startswith(("fail:", "slow:"))), "")


async def _generate(request: web.Request) -> web.StreamResponse:
    seen = request.app[SEEN]
    body = json.loads(await request.read())
    seen.asked.append({"body": body, "key": request.headers.get("Authorization")})
    model, word, vendor = str(body["model"]), _word(str(body["prompt"])), _vendor(str(body["model"]))
    if vendor == "openai" and (unknown := set(body) - OPENAI_KNOWS):
        return error(400, "unknown_parameter", f"Unknown parameter: '{min(unknown)}'.", "invalid_request_error")
    if word in ("fail:stall", "fail:giant", "fail:cut"):
        return await _misbehave(request, word)
    if word.startswith("slow:"):
        await _wait(request, float(word.removeprefix("slow:")))
    if word in FAILURES:
        return FAILURES[word](vendor)
    width, height = map(int, str(body["size"]).split("x"))
    wants_link = body.get("response_format", "b64_json") == "url" and vendor != "openai"
    if word in LINKS or wants_link:
        place = LINKS.get(word, f"/pictures/{width}x{height}-{body.get('seed', 0)}")
        link = place if ":" in place else f"http://{request.host}{place}"
        return web.json_response({"model": model, "created": 1, "data": [{"url": link}]})
    return _inside(picture(width, height, body.get("seed")))


async def _wait(request: web.Request, seconds: float) -> None:
    seen = request.app[SEEN]
    seen.waiting.set()
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        seen.abandoned += 1
        raise


async def _misbehave(request: web.Request, word: str) -> web.StreamResponse:
    if word == "fail:stall":
        await _wait(request, 3600)
    reply = web.StreamResponse(headers={"Content-Type": "application/json"})
    await reply.prepare(request)
    await reply.write(b'{"data": [{"b64_json": "')
    if word == "fail:giant":
        for _ in range(MOST_OF_GIANT // 1_048_576):
            await reply.write(b"A" * 1_048_576)
    if request.transport is not None:
        request.transport.abort()
    return reply


async def _picture(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    request.app[SEEN].downloads.append(dict(request.headers))
    if name == "redirect":
        raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")
    if name == "page":
        return web.Response(text="<html>log in first</html>", content_type="text/html")
    if name in ("giant", "cut"):
        reply = web.StreamResponse(headers={"Content-Type": "image/png"})
        if name == "cut":
            reply.content_length = 5000
        await reply.prepare(request)
        for _ in range(1 if name == "cut" else MOST_OF_GIANT // 1_048_576):
            await reply.write(b"\x89PNG" * (250 if name == "cut" else 262_144))
        if request.transport is not None:
            request.transport.abort()
        return reply
    size, _, seed = name.partition("-")
    if not seed:
        return web.Response(status=404)
    width, height = map(int, size.split("x"))
    return web.Response(body=picture(width, height, int(seed), "JPEG"), content_type="image/jpeg")


async def _models(request: web.Request) -> web.Response:
    if request.headers.get("Authorization") not in (None, f"Bearer {KEY}"):
        return _key("")
    return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})


def make_app() -> web.Application:
    app = web.Application()
    app[SEEN] = Seen()
    prefixes: tuple[str, ...] = ("/v1", "/api/v3")
    routes: list[tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]] = [
        ("GET", "/pictures/{name}", _picture)
    ]
    for prefix in prefixes:
        routes += [("POST", f"{prefix}/images/generations", _generate), ("GET", f"{prefix}/models", _models)]
    for method, path, handler in routes:
        app.router.add_route(method, path, handler)
    return app


if __name__ == "__main__":
    main(make_app(), __doc__ or "")
