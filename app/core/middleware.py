"""What happens around every request: its id, its line in the log, the answer to a bug, the size of its body."""

from collections.abc import Mapping
from time import perf_counter

from loguru import logger
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import ErrorCode
from app.core.operations import operation_of
from app.core.problems import problem_response
from app.core.request_context import begin_request

# Asked every few seconds by machines; they would drown what people do.
QUIET_PATHS = frozenset({"/health", "/api/v1/health/live", "/api/v1/health/ready"})


class RequestContextMiddleware:
    """Plain ASGI: the base class of the framework copies the context and slows every request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        request_id = begin_request(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            logger.exception("Unhandled error in {} {}", scope["method"], scope["path"])
            if status:
                raise  # the answer has begun: only closing the connection tells the client that it is broken
            await problem_response(scope, ErrorCode.INTERNAL_ERROR)(scope, receive, send_with_id)
        finally:
            client = scope["client"][0] if scope.get("client") else "local"
            logger.log(
                "DEBUG" if scope["path"] in QUIET_PATHS else "INFO",
                "{} {} {} {} {:.1f} ms",
                client or "local",
                scope["method"],
                scope["path"],
                status,
                (perf_counter() - started) * 1000,
            )
            operation = operation_of(scope)
            if operation is not None:
                operation.status = status
                scope["app"].state.operation_log.record_later(operation)


class BodyLimitMiddleware:
    """Refuses a body over `limit` bytes, by its declared length or while it comes in; `others`: of single paths.

    The framework's own `max_body_size` answers outside our middleware, so without a request id and not as a problem.
    """

    def __init__(self, app: ASGIApp, limit: int, others: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.limit = limit
        self.others = dict(others or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.others.get(scope["path"], self.limit)
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > limit:
            await problem_response(scope, ErrorCode.PAYLOAD_TOO_LARGE)(scope, receive, send)
            return
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # Of the framework's kind, because it takes any other error while it reads a body for bad syntax.
                raise HTTPException(413)
            return message

        await self.app(scope, receive_limited, send)
