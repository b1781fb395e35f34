"""DingTalk's, Feishu's and WeCom's group robots and a service of one's own, as a product meets them.

Signatures, timestamps, tokens and keywords are checked as the real ones do. `fate` is what happens to the next
messages: a name of FATES, or nothing for what the rules say.

python -m tests.simulators.robots --port 8090
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from tests.simulators.serving import main

DINGTALK, FEISHU, WECOM, GENERIC = "/robot/send", "/open-apis/bot/v2/hook/", "/cgi-bin/webhook/send", "/hook"
TOKEN = "robot-token-0123456789"
SECRET = "SECrobot-secret-0123456789"
HOUR = 3600
FIVE_MINUTES = 300


@dataclass
class Group:
    """What came in, and what is to happen to what comes."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    fate: list[str] = field(default_factory=list)
    keyword: str = ""
    secret: str = SECRET


GROUP = web.AppKey("group", Group)
Answer = dict[str, Any]


def make_app() -> web.Application:
    app = web.Application()
    app[GROUP] = Group()
    app.router.add_post(DINGTALK, _handler(_dingtalk))
    app.router.add_post(FEISHU + "{token}", _handler(_feishu))
    app.router.add_post(WECOM, _handler(_wecom))
    app.router.add_post(GENERIC, _generic)
    return app


async def _mute(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("nobody waits that long")


async def _error(_: web.Request) -> web.StreamResponse:
    return web.json_response({"message": "upstream is down"}, status=500)


async def _busy(_: web.Request) -> web.StreamResponse:
    return web.json_response({"message": "slow down"}, status=429, headers={"Retry-After": "7"})


async def _html(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>captive portal</html>", content_type="text/html")


async def _array(_: web.Request) -> web.StreamResponse:
    return web.json_response([1, 2])


async def _numberless(_: web.Request) -> web.StreamResponse:
    return web.json_response({"errcode": "ok", "code": None})


async def _elsewhere(_: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest"})


async def _giant(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b" " * 1_000_000, content_type="application/json")


FATES: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
    "mute": _mute,
    "500": _error,
    "429": _busy,
    "html": _html,
    "array": _array,
    "numberless": _numberless,
    "elsewhere": _elsewhere,
    "giant": _giant,
}


async def _fate(request: web.Request) -> web.StreamResponse | None:
    group = request.app[GROUP]
    group.asked += 1
    name = group.fate.pop(0) if group.fate else ""
    return await FATES[name](request) if name in FATES else None


def _handler(
    rules: Callable[[web.Request, Group, Answer, str], Answer],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        group = request.app[GROUP]
        named = group.fate[0] if group.fate and group.fate[0] not in FATES else ""
        fated = await _fate(request)
        if fated is not None:
            return fated
        try:
            message = json.loads(await request.read())
        except ValueError:
            return web.json_response({"errcode": 43004, "errmsg": "invalid json"})
        answer = rules(request, group, message, named)
        if not any(answer.get(name) for name in ("errcode", "code")):
            group.messages.append(message)
        return web.json_response(answer)  # a refusal has the status 200, too

    return handle


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def _dingtalk(request: web.Request, group: Group, message: Answer, fate: str) -> Answer:
    asked = {name: values[0] for name, values in parse_qs(request.query_string).items()}
    content = str(message.get("text", {}).get("content", ""))
    if fate == "rate":
        return {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}
    if asked.get("access_token") != TOKEN:
        return {"errcode": 300005, "errmsg": "token is not exist"}
    if group.keyword and group.keyword not in content:
        return {"errcode": 310000, "errmsg": "keywords not in content, more: [https://ding-doc.dingtalk.com]"}
    if group.secret:
        moment = asked.get("timestamp", "")
        if not moment.isdigit() or abs(time.time() * 1000 - int(moment)) > HOUR * 1000:
            return {"errcode": 310000, "errmsg": "invalid timestamp"}
        if asked.get("sign") != _hmac(group.secret, f"{moment}\n{group.secret}"):
            return {"errcode": 310000, "errmsg": "sign not match, more: [https://ding-doc.dingtalk.com]"}
    if message.get("msgtype") != "text" or not content:
        return {"errcode": 40035, "errmsg": "params error"}
    return {"errcode": 0, "errmsg": "ok"}


def _feishu(request: web.Request, group: Group, message: Answer, fate: str) -> Answer:
    if fate == "rate":
        return {"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]"}
    if request.match_info["token"] != TOKEN:
        return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
    if group.secret:
        moment = str(message.get("timestamp", ""))
        is_fresh = moment.isdigit() and abs(time.time() - int(moment)) <= HOUR
        if not is_fresh or message.get("sign") != _hmac(f"{moment}\n{group.secret}", ""):
            return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
    posts = message.get("content", {}).get("post", {})
    if message.get("msg_type") != "post" or not posts or not posts.keys() <= {"zh_cn", "en_us"}:
        return {"code": 9499, "msg": "Bad Request"}
    if group.keyword and group.keyword not in json.dumps(posts, ensure_ascii=False):
        return {"code": 19024, "msg": "Key Words Not Found"}
    return {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


def _wecom(request: web.Request, group: Group, message: Answer, fate: str) -> Answer:
    if fate == "rate":
        return {"errcode": 45009, "errmsg": "api freq out of limit"}
    if request.query.get("key") != TOKEN:
        return {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1234]"}
    content = str(message.get("text", {}).get("content", ""))
    if message.get("msgtype") != "text" or not content or len(content.encode()) > 2048:
        return {"errcode": 40058, "errmsg": "text.content exceed max length 2048"}
    return {"errcode": 0, "errmsg": "ok"}


async def _generic(request: web.Request) -> web.StreamResponse:
    """As docs/notices.md tells a receiver to do it."""
    group = request.app[GROUP]
    fated = await _fate(request)
    if fated is not None:
        return fated
    body = await request.read()
    moment = request.headers.get("X-Webhook-Timestamp", "")
    if group.secret:
        mac = hmac.new(group.secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
        is_fresh = moment.isdigit() and abs(time.time() - int(moment)) <= FIVE_MINUTES
        expected = f"v1={mac.hexdigest()}"
        if not is_fresh or not hmac.compare_digest(expected, request.headers.get("X-Webhook-Signature", "")):
            return web.json_response({"message": "bad signature"}, status=401)
    group.messages.append(json.loads(body))
    group.headers.append(dict(request.headers))
    return web.Response(status=204)


if __name__ == "__main__":
    main(make_app(), __doc__ or "")
