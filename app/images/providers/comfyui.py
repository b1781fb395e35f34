"""ComfyUI: a workflow is put in its line, asked after until it is done, and its picture fetched."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from app.core.outgoing import Outgoing, OutgoingError, Reply, outgoing
from app.images.providers.errors import broken, not_reached, said_by
from app.images.providers.port import LARGEST_PICTURE, LARGEST_SEED, Capabilities, Connection, Order, Progress
from app.jobs import JobError

LOOK_SECONDS = 0.5
IDLE_SECONDS = 30.0  # of one request: its own answers come at once
STOP_SECONDS = 3.0  # less than the worker waits for a task that is being stopped
LARGEST_ANSWER = 8 * 1024 * 1024
STEPS = 20
BEGUN, FETCHING = 0.05, 0.9
RESULT_NODE = "9"
SOCKET = "/ws"
CAPABILITIES = Capabilities(
    ("1024x1024", "1152x896", "896x1152", "1216x832", "832x1216", "1344x768", "768x1344", "512x512"),
    supports_seed=True,
    supports_negative=True,
    supports_watermark=False,
)


def workflow(order: Order) -> dict[str, Any]:
    """Text to picture with a checkpoint, in the form of ComfyUI's "Save (API format)"."""
    return {
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": order.model}},
        "5": {
            "class_type": "EmptyLatentImage",
            "inputs": {"width": order.width, "height": order.height, "batch_size": 1},
        },
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": order.prompt, "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": order.negative_prompt, "clip": ["4", 1]}},
        "3": {
            "class_type": "KSampler",
            "inputs": {
                "seed": order.seed if order.seed is not None else uuid4().int % LARGEST_SEED,
                "steps": STEPS,
                "cfg": 7.0,
                "sampler_name": "euler",
                "scheduler": "normal",
                "denoise": 1.0,
                "model": ["4", 0],
                "positive": ["6", 0],
                "negative": ["7", 0],
                "latent_image": ["5", 0],
            },
        },
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        RESULT_NODE: {"class_type": "SaveImage", "inputs": {"filename_prefix": "groundwork", "images": ["8", 0]}},
    }


@dataclass
class Heard:
    """What ComfyUI tells this one client of its work."""

    client_id: str
    done: float = 0.0

    def take(self, text: str) -> None:
        with suppress(ValueError, RecursionError, KeyError, TypeError, ZeroDivisionError):
            message = json.loads(text)
            if message["type"] == "progress":
                self.done = min(1.0, max(self.done, message["data"]["value"] / message["data"]["max"]))


class ComfyUI:
    def __init__(self, connection: Connection) -> None:
        self._to = connection

    def capabilities(self, model: str) -> Capabilities:
        return CAPABILITIES

    async def models(self) -> list[str]:
        try:
            async with self._http() as http:
                answer = await self._json(http, "GET", "/object_info/CheckpointLoaderSimple")
        except OutgoingError as error:
            raise not_reached(error) from error
        with suppress(KeyError, IndexError, TypeError):
            names = answer["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0]
            return [name for name in names if isinstance(name, str)]
        raise broken(self._to.name, "does not say which checkpoints it has.")

    async def paint(self, order: Order, progress: Progress) -> bytes:
        heard = Heard(uuid4().hex)
        listening = asyncio.create_task(self._listen(heard))
        try:
            async with asyncio.timeout(self._to.timeout_seconds), self._http() as http:
                prompt_id = await self._submit(http, order, heard.client_id)
                try:
                    found = await self._wait(http, prompt_id, heard, progress)
                    await progress(FETCHING)
                    return await self._fetch(http, found)
                except (asyncio.CancelledError, JobError, OutgoingError):
                    await self._stop(prompt_id)
                    raise
        except TimeoutError as error:
            seconds = self._to.timeout_seconds
            raise JobError("provider_timeout", f"{self._to.name} was not done within {seconds} seconds.") from error
        except OutgoingError as error:
            raise not_reached(error) from error
        finally:
            listening.cancel()

    async def _listen(self, heard: Heard) -> None:
        """How far it is, from the WebSocket. Only that: how it ended is asked of the history, also without a socket."""
        address = f"{self._to.base_url}{SOCKET}?{urlencode({'clientId': heard.client_id})}"
        with suppress(OutgoingError):
            async with self._http() as http:
                async for text in http.messages(address, longest=LARGEST_ANSWER):
                    heard.take(text)

    def _http(self) -> AbstractAsyncContextManager[Outgoing]:
        return outgoing(
            allow_private=self._to.allow_private,
            idle_seconds=min(IDLE_SECONDS, self._to.timeout_seconds),
            total_seconds=self._to.timeout_seconds,
            key=self._to.key,
            name=self._to.name,
        )

    def _request(self, http: Outgoing, method: str, path: str, body: Any = None) -> AbstractAsyncContextManager[Reply]:
        return http.request(method, f"{self._to.base_url}{path}", body=body)

    async def _json(self, http: Outgoing, method: str, path: str, body: Any = None) -> Any:
        async with self._request(http, method, path, body) as reply:
            if reply.status != 200:
                raise await self._refusal(reply)
            return await reply.json(LARGEST_ANSWER)

    async def _refusal(self, reply: Reply) -> JobError:
        answer = await reply.refusal(LARGEST_ANSWER)
        name, error = self._to.name, answer.get("error")
        said = error.get("message") if isinstance(error, dict) else error
        if reply.status == 400 and "value_not_in_list" in json.dumps(answer) and "ckpt_name" in json.dumps(answer):
            return said_by("model_missing", f"{name} does not have this checkpoint.", said)
        if reply.status in (401, 403):
            return said_by("provider_refused", f"{name} does not accept the key.", said)
        if reply.status >= 500:
            return said_by("provider_error", f"{name} failed with status {reply.status}.", said)
        return said_by("provider_refused", f"{name} refused the request with status {reply.status}.", said)

    async def _submit(self, http: Outgoing, order: Order, client_id: str) -> str:
        answer = await self._json(http, "POST", "/prompt", {"prompt": workflow(order), "client_id": client_id})
        prompt_id = answer.get("prompt_id") if isinstance(answer, dict) else None
        if not isinstance(prompt_id, str) or not prompt_id:
            raise broken(self._to.name, "took the work without giving it a number.")
        return prompt_id

    async def _wait(self, http: Outgoing, prompt_id: str, heard: Heard, progress: Progress) -> Mapping[str, Any]:
        """The description of the finished picture."""
        missed = 0
        while True:
            history = await self._json(http, "GET", f"/history/{prompt_id}")
            entry = history.get(prompt_id) if isinstance(history, dict) else None
            if isinstance(entry, dict):
                return self._result(entry)
            place = await self._place(http, prompt_id)
            # Between leaving the line and entering the history there may be a look that finds it in neither.
            missed = missed + 1 if place is None else 0
            if missed > 2:
                raise broken(self._to.name, "has forgotten the work: it was restarted, or somebody removed it.")
            if place == "running":
                await progress(BEGUN + (FETCHING - BEGUN) * heard.done)
            await asyncio.sleep(LOOK_SECONDS)

    async def _place(self, http: Outgoing, prompt_id: str) -> str | None:
        queue = await self._json(http, "GET", "/queue")
        for key, word in (("queue_running", "running"), ("queue_pending", "pending")):
            for entry in queue.get(key, ()) if isinstance(queue, dict) else ():
                if isinstance(entry, list) and len(entry) > 1 and entry[1] == prompt_id:
                    return word
        return None

    def _result(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        status = entry.get("status")
        if isinstance(status, dict) and status.get("status_str") == "error":
            raise said_by("provider_error", f"{self._to.name} could not finish the picture.", _complaint(status))
        with suppress(KeyError, IndexError, TypeError):
            image = entry["outputs"][RESULT_NODE]["images"][0]
            return {key: str(image.get(key) or "") for key in ("filename", "subfolder", "type")}
        raise broken(self._to.name, "finished without a picture.")

    async def _fetch(self, http: Outgoing, found: Mapping[str, Any]) -> bytes:
        async with self._request(http, "GET", f"/view?{urlencode(found)}") as reply:
            if reply.status != 200:
                raise broken(self._to.name, f"does not give its picture: status {reply.status}.")
            return await reply.body(LARGEST_PICTURE)

    async def _stop(self, prompt_id: str) -> None:
        """Take it out of the line, or interrupt it. Only if it is ours that runs: others use the same ComfyUI."""
        with suppress(OutgoingError, JobError, TimeoutError):
            async with asyncio.timeout(STOP_SECONDS), self._http() as http:
                place = await self._place(http, prompt_id)
                if place == "pending":
                    async with self._request(http, "POST", "/queue", {"delete": [prompt_id]}):
                        pass
                if place == "running":
                    async with self._request(http, "POST", "/interrupt", {"prompt_id": prompt_id}):
                        pass


def _complaint(status: Mapping[str, Any]) -> object:
    for message in status.get("messages") or ():
        if isinstance(message, list) and len(message) > 1 and message[0] == "execution_error":
            return message[1].get("exception_message") if isinstance(message[1], dict) else None
    return None
