"""ComfyUI: a workflow in its line, and each way in which that can end."""

import pytest

from app.core.outgoing import AddressRefusedError, outgoing
from app.images.providers.comfyui import Heard as ComfyHeard
from tests.app.harness import Person
from tests.app.images.conftest import AddProvider, Generate
from tests.app.images.studio import Studio
from tests.simulators import comfyui

Comfy = tuple[str, comfyui.Line]
MODEL = comfyui.CHECKPOINTS[0]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.images.providers.comfyui.LOOK_SECONDS", 0.02)


async def test_a_workflow_becomes_a_picture(
    ada: Person, comfy: Comfy, add_provider: AddProvider, studio: Studio, generate: Generate
) -> None:
    address, line = comfy
    await add_provider(kind="comfyui", base_url=address, default_model=MODEL)
    fields = {"seed": 41, "negative_prompt": "people", "size": "1344x768", "count": 2}
    job = await studio.run(await generate(ada, prompt="a lake slow:0.3", **fields))
    assert (job.state, job.error_message) == ("done", None)
    nodes = {node["class_type"]: node["inputs"] for node in next(iter(line.workflows.values())).values()}
    assert nodes["CheckpointLoaderSimple"] == {"ckpt_name": MODEL}
    assert (nodes["EmptyLatentImage"]["width"], nodes["EmptyLatentImage"]["height"]) == (1344, 768)
    seeds = [
        next(n for n in w.values() if n["class_type"] == "KSampler")["inputs"]["seed"] for w in line.workflows.values()
    ]
    assert seeds == [41, 42]
    texts = [node["inputs"]["text"] for w in line.workflows.values() for node in w.values() if "text" in node["inputs"]]
    assert texts == ["a lake slow:0.3", "people"] * 2
    (newest, *_) = (await ada.send("GET", "/images")).json()["items"]
    assert (newest["width"], newest["height"], newest["seed"], newest["negative_prompt"]) == (1344, 768, 42, "people")
    assert studio.told.progress_values == sorted(studio.told.progress_values)
    # Of the first picture: begun, then some of the sampler's steps as the socket tells them.
    assert len({round(value, 3) for value in studio.told.progress_values if 0.05 <= value < 0.45}) >= 3


async def test_without_its_socket_it_works_all_the_same(
    ada: Person,
    comfy: Comfy,
    add_provider: AddProvider,
    studio: Studio,
    generate: Generate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy in front may not let it through."""
    monkeypatch.setattr("app.images.providers.comfyui.Heard.take", lambda *_: pytest.fail("there is no socket"))
    monkeypatch.setattr("app.images.providers.comfyui.SOCKET", "/nowhere")
    await add_provider(kind="comfyui", base_url=comfy[0], default_model=MODEL)
    job = await studio.run(await generate(ada, prompt="a lake slow:0.1"))
    assert (job.state, job.error_message) == ("done", None)


async def test_nonsense_through_the_socket_is_not_heard() -> None:
    heard = ComfyHeard("me")
    for text in (
        "",
        "[]",
        "{}",
        '{"type": "progress"}',
        '{"type": "progress", "data": {"value": 1, "max": 0}}',
        "[" * 9999,
    ):
        heard.take(text)
    assert heard.done == 0
    heard.take('{"type": "progress", "data": {"value": 30, "max": 20}}')
    assert heard.done == 1


@pytest.mark.parametrize(
    ("word", "model", "code", "said"),
    [
        ("", "not-there.safetensors", "model_missing", "validation"),
        ("fail:refuse", MODEL, "provider_refused", "validation"),
        ("fail:500", MODEL, "provider_error", ""),
        ("fail:node", MODEL, "provider_error", "out of memory"),
        ("fail:forget", MODEL, "provider_broken", ""),
        ("fail:empty", MODEL, "provider_broken", ""),
    ],
)
async def test_every_failure_has_its_name(
    ada: Person,
    comfy: Comfy,
    add_provider: AddProvider,
    studio: Studio,
    generate: Generate,
    word: str,
    model: str,
    code: str,
    said: str,
) -> None:
    await add_provider(kind="comfyui", base_url=comfy[0], default_model=model)
    job = await studio.run(await generate(ada, prompt=f"a lake {word}"))
    assert (job.state, job.error_code) == ("failed", code), job.error_message
    assert job.error_details is not None
    assert said in job.error_details.get("said", "")


async def test_one_that_is_never_done_is_taken_off_the_card(
    ada: Person, comfy: Comfy, add_provider: AddProvider, studio: Studio, generate: Generate
) -> None:
    address, line = comfy
    await add_provider(kind="comfyui", base_url=address, default_model=MODEL, timeout_seconds=1)
    job = await studio.run(await generate(ada, prompt="fail:stall"))
    assert (job.state, job.error_code) == ("failed", "provider_timeout")
    assert line.interrupted == list(line.workflows)


async def test_nobody_there(ada: Person, add_provider: AddProvider, studio: Studio, generate: Generate) -> None:
    await add_provider(kind="comfyui", base_url="http://127.0.0.1:9", default_model=MODEL)
    job = await studio.run(await generate(ada))
    assert (job.state, job.error_code) == ("failed", "model_unreachable")


async def test_its_socket_leads_nowhere_that_is_not_allowed(comfy: Comfy) -> None:
    async with outgoing(allow_private=False, idle_seconds=1) as http:
        with pytest.raises(AddressRefusedError):
            await anext(http.messages(f"{comfy[0]}/ws?clientId=me", longest=1000))
    async with outgoing(allow_private=True, idle_seconds=1) as http:
        assert '"status"' in await anext(http.messages(f"{comfy[0]}/ws?clientId=me", longest=1000))
