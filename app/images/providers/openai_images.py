"""Any service with OpenAI's POST /images/generations: Volcengine Ark (Seedream), LocalAI, OpenAI and the like."""

import asyncio
import binascii
from base64 import b64decode
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urljoin, urlsplit

from app.core.outgoing import AddressRefusedError, Outgoing, OutgoingError, Reply, outgoing
from app.core.upstreams import seconds_to_wait
from app.images.providers.errors import broken, not_reached, said_by
from app.images.providers.families import family_of
from app.images.providers.port import LARGEST_PICTURE, Capabilities, Connection, Order, Progress
from app.jobs import JobError

LARGEST_ANSWER = LARGEST_PICTURE * 4 // 3 + 65_536  # a picture in base64, and what stands around it
LARGEST_LIST = 4 * 1024 * 1024
REDIRECTS = 3
PICTURE_TYPES = ("image/", "application/octet-stream", "binary/octet-stream")
# Parts of the vendors' error codes, in small letters and without what separates words.
CONTENT = ("sensitivecontent", "riskdetection", "contentpolicy", "policyviolation", "moderation", "contentfilter")
QUOTA = ("insufficientquota", "quotaexceeded", "setlimitexceeded", "billing", "overdue", "balance", "arrear")
MODEL = ("modelnotfound", "modelnotopen", "invalidendpointormodel", "modelnotexist")
# A list of models names all that the service has; most of OpenAI's and Ark's are for text.
PAINTERS = ("image", "seedream", "dall-e", "diffusion", "flux", "sd", "kolors", "cogview", "dream", "paint", "z-image")


class OpenAIImages:
    def __init__(self, connection: Connection) -> None:
        self._to = connection

    def capabilities(self, model: str) -> Capabilities:
        return family_of(model).capabilities

    async def models(self) -> list[str]:
        try:
            async with (
                self._http(allow_private=self._to.allow_private, key=self._to.key) as http,
                http.request("GET", f"{self._to.base_url}/models") as reply,
            ):
                if reply.status != 200:
                    raise await self._refusal(reply)
                answer = await reply.json(LARGEST_LIST)
        except OutgoingError as error:
            raise not_reached(error) from error
        listed = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(listed, list):
            raise broken(self._to.name, "answered with something that is no list of models.")
        names = [each["id"] for each in listed if isinstance(each, dict) and isinstance(each.get("id"), str)]
        return [name for name in names if any(part in name.lower() for part in PAINTERS)] or names

    async def paint(self, order: Order, progress: Progress) -> bytes:
        try:
            async with self._http(allow_private=self._to.allow_private, key=self._to.key) as http:
                picture = await self._ask(http, order)
            await progress(0.8)
            return await self._download(picture) if isinstance(picture, str) else picture
        except OutgoingError as error:
            raise not_reached(error) from error

    def _http(self, *, allow_private: bool, key: str | None = None) -> AbstractAsyncContextManager[Outgoing]:
        seconds = float(self._to.timeout_seconds)
        return outgoing(
            allow_private=allow_private, idle_seconds=seconds, total_seconds=seconds, key=key, name=self._to.name
        )

    def _body(self, order: Order) -> dict[str, Any]:
        family = family_of(order.model)
        can = family.capabilities
        size = f"{order.width}x{order.height}"
        body: dict[str, Any] = {"model": order.model, "prompt": order.prompt, "size": size}
        if family.response_format:
            body["response_format"] = family.response_format
        if can.supports_seed and order.seed is not None:
            body["seed"] = order.seed
        if can.supports_negative and order.negative_prompt:
            body["negative_prompt"] = order.negative_prompt
        if can.supports_watermark and order.watermark is not None:
            body["watermark"] = order.watermark
        return body

    async def _ask(self, http: Outgoing, order: Order) -> bytes | str:
        """The picture, or the link to it: whichever the service gives, whatever was asked for."""
        address = f"{self._to.base_url}/images/generations"
        async with http.request("POST", address, body=self._body(order)) as reply:
            if reply.status != 200:
                raise await self._refusal(reply)
            answer = await reply.json(LARGEST_ANSWER)
        if not isinstance(answer, dict):
            raise broken(self._to.name, "answered with something that is no picture.")
        data = answer.get("data")
        first = data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else {}
        for holder in (answer, first):
            if holder.get("error"):  # Ark refuses single pictures inside an answer of 200
                raise self._meaning(200, {}, holder)
        if isinstance(first.get("b64_json"), str):
            return await asyncio.to_thread(self._decoded, first["b64_json"])
        url = first.get("url")
        if isinstance(url, str) and url:
            return urljoin(f"{self._to.base_url}/", url)
        raise broken(self._to.name, "answered without a picture.")

    def _decoded(self, text: str) -> bytes:
        try:
            return b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise broken(self._to.name, "sent a picture that is not base64.") from error

    async def _download(self, url: str) -> bytes:
        """At once: such links live for an hour or a day. Without the key, which is for the service itself only.

        A service inside our network may link to itself there, and to nothing else inside.
        """
        name = self._to.name
        inside = self._to.allow_private and urlsplit(url).netloc == urlsplit(self._to.base_url).netloc
        try:
            async with (
                self._http(allow_private=inside) as http,
                http.request("GET", url, redirects=0 if inside else REDIRECTS) as reply,
            ):
                if reply.status != 200:
                    raise broken(name, f"gave a link to a picture that answers {reply.status}.")
                if not reply.content_type.startswith(PICTURE_TYPES):
                    raise broken(name, f"gave a link to {reply.content_type[:60]}, which is no picture.")
                return await reply.body(LARGEST_PICTURE)
        except AddressRefusedError as error:
            raise broken(name, f"gave a link that leads where it may not: {error}") from error

    async def _refusal(self, reply: Reply) -> JobError:
        return self._meaning(reply.status, reply.headers, await reply.refusal())

    def _meaning(self, status: int, headers: Mapping[str, str], answer: Mapping[str, Any]) -> JobError:
        """What a refusal means: its code first, for the same status stands for different things."""
        name, error = self._to.name, answer.get("error")
        error = error if isinstance(error, dict) else {"message": error or answer.get("message")}
        said = error.get("message")
        code = "".join(letter for letter in f"{error.get('code')} {error.get('type')}".lower() if letter not in "_-. ")
        if any(part in code for part in CONTENT) or "safety system" in str(said).lower():
            return said_by("content_refused", f"{name} refuses to make this picture.", said)
        if status == 402 or any(part in code for part in QUOTA):
            return said_by("quota_exhausted", f"The account at {name} has nothing left to spend.", said)
        if status == 429:
            after = seconds_to_wait(headers.get("Retry-After"))
            return said_by("provider_limited", f"{name} takes no more requests for now.", said, retry_after=after)
        if status == 404 or any(part in code for part in MODEL):
            return said_by("model_missing", f"{name} does not have this model, or its address is wrong.", said)
        if status in (401, 403):
            return said_by("provider_refused", f"{name} does not accept the key.", said)
        if status >= 500 or status == 200:
            return said_by("provider_error", f"{name} failed with status {status}.", said)
        return said_by("provider_refused", f"{name} refused the request with status {status}.", said)
