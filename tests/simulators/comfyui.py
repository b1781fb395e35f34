"""ComfyUI as its clients see it: a line of workflows, a history, pictures. Fails as the prompt text asks.

`fail:node` (a node raises), `fail:refuse` (the workflow is not valid), `fail:forget` (restarted meanwhile),
`fail:empty` (no picture), `fail:500`, `fail:stall`; `slow:SECONDS` takes that long.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import web

from tests.simulators.openai_images import picture
from tests.simulators.serving import main

STEPS = 5
CHECKPOINTS = ("sd_xl_base_1.0.safetensors", "v1-5-pruned.safetensors")


@dataclass
class Line:
    """What a test looks at, and what the server knows."""

    workflows: dict[str, dict[str, Any]] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    running: str | None = None
    history: dict[str, Any] = field(default_factory=dict)
    interrupted: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    job: asyncio.Task[None] | None = None
    clients: dict[str, str] = field(default_factory=dict)
    sockets: dict[str, web.WebSocketResponse] = field(default_factory=dict)

    async def tell(self, prompt_id: str, kind: str, **data: Any) -> None:
        """As ComfyUI does: to the client that asked for it."""
        socket = self.sockets.get(self.clients.get(prompt_id, ""))
        if socket is not None and not socket.closed:
            await socket.send_json({"type": kind, "data": {**data, "prompt_id": prompt_id}})
            await socket.send_bytes(b"\0\0\0\1\0\0\0\2preview")


LINE = web.AppKey("line", Line)


def _text(workflow: dict[str, Any]) -> str:
    sampler = next(node for node in workflow.values() if node["class_type"] == "KSampler")
    text: str = workflow[sampler["inputs"]["positive"][0]]["inputs"]["text"]
    return text


async def _prompt(request: web.Request) -> web.Response:
    line, body = request.app[LINE], json.loads(await request.read())
    workflow = body["prompt"]
    text = _text(workflow)
    if "fail:500" in text:
        return web.Response(status=500, text="500 Internal Server Error")
    loader = next(node for node in workflow.values() if node["class_type"] == "CheckpointLoaderSimple")
    if loader["inputs"]["ckpt_name"] not in CHECKPOINTS:
        details = f"ckpt_name: '{loader['inputs']['ckpt_name']}' not in {list(CHECKPOINTS)}"
        wrong = {"type": "value_not_in_list", "message": "Value not in list", "details": details}
        return _invalid({"4": {"errors": [wrong], "class_type": "CheckpointLoaderSimple"}})
    if "fail:refuse" in text:
        return _invalid({})
    prompt_id = str(uuid4())
    line.workflows[prompt_id] = workflow
    line.clients[prompt_id] = body.get("client_id", "")
    line.pending.append(prompt_id)
    return web.json_response({"prompt_id": prompt_id, "number": len(line.workflows), "node_errors": {}})


def _invalid(node_errors: dict[str, Any]) -> web.Response:
    problem = {
        "type": "prompt_outputs_failed_validation",
        "message": "Prompt outputs failed validation",
        "details": "",
        "extra_info": {},
    }
    return web.json_response({"error": problem, "node_errors": node_errors}, status=400)


async def _work(app: web.Application) -> None:
    """One workflow after the other, as on one graphics card."""
    line = app[LINE]
    while True:
        await asyncio.sleep(0.01)
        if not line.pending:
            continue
        line.running = line.pending.pop(0)
        line.job = asyncio.create_task(_execute(line, line.running))
        await asyncio.wait({line.job})
        line.running = line.job = None


async def _execute(line: Line, prompt_id: str) -> None:
    workflow = line.workflows[prompt_id]
    text = _text(workflow)
    try:
        if "fail:stall" in text:
            await asyncio.sleep(3600)
        seconds = next((word for word in text.split() if word.startswith("slow:")), "slow:0")
        for step in range(1, STEPS + 1):
            await asyncio.sleep(float(seconds.removeprefix("slow:")) / STEPS)
            await line.tell(prompt_id, "progress", value=step, max=STEPS, node="3")
    except asyncio.CancelledError:
        line.history[prompt_id] = _entry("error", {}, [["execution_interrupted", {"prompt_id": prompt_id}]])
        raise
    if "fail:forget" in text:
        return
    if "fail:node" in text:
        said = {
            "prompt_id": prompt_id,
            "exception_type": "torch.OutOfMemoryError",
            "exception_message": "out of memory",
        }
        line.history[prompt_id] = _entry("error", {}, [["execution_error", said]])
        return
    image = {"filename": f"groundwork_{prompt_id}_.png", "subfolder": "", "type": "output"}
    images = [] if "fail:empty" in text else [image]
    saver = next(name for name, node in workflow.items() if node["class_type"] == "SaveImage")
    line.history[prompt_id] = _entry("success", {saver: {"images": images}}, [])


def _entry(status: str, outputs: dict[str, Any], messages: list[Any]) -> dict[str, Any]:
    return {
        "outputs": outputs,
        "status": {"status_str": status, "completed": status == "success", "messages": messages},
    }


async def _history(request: web.Request) -> web.Response:
    prompt_id = request.match_info["prompt_id"]
    found = request.app[LINE].history.get(prompt_id)
    return web.json_response({prompt_id: found} if found else {})


async def _queue(request: web.Request) -> web.Response:
    line = request.app[LINE]
    if request.method == "POST":
        for prompt_id in json.loads(await request.read()).get("delete", ()):
            if prompt_id in line.pending:
                line.pending.remove(prompt_id)
                line.removed.append(prompt_id)
        return web.Response()
    running = [] if line.running is None else [[1, line.running, {}, {}, ["9"]]]
    return web.json_response(
        {"queue_running": running, "queue_pending": [[2, each, {}, {}, ["9"]] for each in line.pending]}
    )


async def _interrupt(request: web.Request) -> web.Response:
    line = request.app[LINE]
    if line.job is not None and line.running is not None:
        line.interrupted.append(line.running)
        line.job.cancel()
    return web.Response()


async def _view(request: web.Request) -> web.Response:
    prompt_id = request.query["filename"].removeprefix("groundwork_").removesuffix("_.png")
    workflow = request.app[LINE].workflows.get(prompt_id)
    if workflow is None:
        return web.Response(status=404)
    size = next(node["inputs"] for node in workflow.values() if node["class_type"] == "EmptyLatentImage")
    seed = next(node["inputs"]["seed"] for node in workflow.values() if node["class_type"] == "KSampler")
    return web.Response(body=picture(size["width"], size["height"], seed), content_type="image/png")


async def _ws(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    request.app[LINE].sockets[request.query["clientId"]] = socket
    await socket.send_json({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}}})
    async for _ in socket:
        continue
    return socket


async def _object_info(_: web.Request) -> web.Response:
    inputs = {"required": {"ckpt_name": [list(CHECKPOINTS), {"tooltip": "The name of the checkpoint."}]}}
    return web.json_response({"CheckpointLoaderSimple": {"input": inputs, "output": ["MODEL", "CLIP", "VAE"]}})


def make_app() -> web.Application:
    app = web.Application()
    app[LINE] = Line()

    async def work(app: web.Application) -> Any:
        worker = asyncio.create_task(_work(app))
        yield
        worker.cancel()
        await asyncio.wait({worker})

    app.cleanup_ctx.append(work)
    app.router.add_post("/prompt", _prompt)
    app.router.add_get("/history/{prompt_id}", _history)
    app.router.add_route("*", "/queue", _queue)
    app.router.add_post("/interrupt", _interrupt)
    app.router.add_get("/view", _view)
    app.router.add_get("/ws", _ws)
    app.router.add_get("/object_info/CheckpointLoaderSimple", _object_info)
    return app


if __name__ == "__main__":
    main(make_app(), __doc__ or "")
