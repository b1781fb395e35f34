"""Signed links: what each opens, for how long, and what nginx is told."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.images.gallery import links
from tests.app.harness import Person, problem_code
from tests.app.images.conftest import Generate
from tests.app.images.studio import Studio


@pytest.fixture
async def images(ada: Person, builtin: None, studio: Studio, generate: Generate) -> list[dict[str, str]]:
    await studio.run(await generate(ada, count=2, prompt='a "lake" / 湖\r\nX-Evil: 1'))
    found: list[dict[str, str]] = (await ada.send("GET", "/images?sort=created_at")).json()["items"]
    return found


async def _refused(person: Person, link: str) -> bool:
    answer = await person.client.get(link)
    if answer.status_code == 200:
        return False
    assert (answer.status_code, problem_code(answer)) == (410, "link_invalid")
    return True


async def test_a_signature_opens_one_picture_in_one_form(ada: Person, images: list[dict[str, str]]) -> None:
    first, second = images
    link = first["thumbnail_url"]
    assert (await ada.client.get(link)).status_code == 200
    expires = parse_qs(urlsplit(link).query)["expires"][0]
    for wrong in (
        link.replace(f"/images/{first['id']}/", f"/images/{second['id']}/"),
        link.replace(f"/images/{first['id']}/", "/images/999/"),
        link.replace("kind=thumbnail", "kind=original"),
        link.replace("kind=thumbnail", "kind=download"),
        link.replace("kind=thumbnail&", ""),
        link.replace(expires, str(int(expires) + 3600)),
        re.sub(r"signature=.", "signature=" + ("0" if "signature=0" not in link else "1"), link),
    ):
        assert wrong != link
        assert await _refused(ada, wrong), wrong
    for malformed in ("kind=original", "kind=x&expires=1&signature=" + "0" * 64, "expires=-1&signature=" + "0" * 64):
        answer = await ada.client.get(f"/api/v1/images/{first['id']}/file?{malformed}")
        assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")


def _at(monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    for module in ("app.core.links", "app.images.gallery.links"):
        monkeypatch.setattr(f"{module}.time", lambda: moment)


async def test_links_end_and_are_the_same_for_a_while(
    ada: Person, images: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/images/{images[0]['id']}"
    begins = 1_800_000_000 // 3600 * 3600
    links_then = []
    for moment in (begins, begins + 3599, begins + 3600):
        _at(monkeypatch, moment)
        links_then.append((await ada.send("GET", path)).json()["url"])
    assert links_then[0] == links_then[1] != links_then[2]
    for moment, is_open in ((begins + 7199, True), (begins + 7200, False), (begins + 10**7, False)):
        _at(monkeypatch, moment)
        assert await _refused(ada, links_then[0]) is not is_open
    _at(monkeypatch, begins + 7000)
    assert "max-age=200," in (await ada.client.get(links_then[0])).headers["cache-control"]


async def test_a_link_of_another_product_opens_nothing(
    ada: Person, images: list[dict[str, str]], settings: Settings
) -> None:
    other = settings.model_copy(
        update={"secret_key": type(settings.secret_key)("another-secret-key-of-32-characters!")}
    )
    assert await _refused(ada, links.picture_link(other, int(images[0]["id"]), "original"))
    assert not await _refused(ada, links.picture_link(settings, int(images[0]["id"]), "original"))


async def test_nginx_sends_the_files_where_it_is_in_front(
    ada: Person, images: list[dict[str, str]], app: FastAPI, settings: Settings
) -> None:
    app.state.settings = settings.model_copy(update={"accel_prefix": "/protected-output/"})
    for name, kind, ending in (
        ("url", "image/png", "png"),
        ("thumbnail_url", "image/webp", "small.webp"),
        ("download_url", "image/png", "png"),
    ):
        answer = await ada.client.get(images[0][name])
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"", kind)
        place = answer.headers["x-accel-redirect"]
        assert re.fullmatch(rf"/protected-output/([0-9a-f]{{2}})/\1[0-9a-f]{{30}}\.{ending}", place)
        assert (settings.output_path / place.removeprefix("/protected-output/")).is_file()


async def test_a_download_has_a_safe_name(ada: Person, images: list[dict[str, str]]) -> None:
    answer = await ada.client.get(images[0]["download_url"])
    id_ = images[0]["id"]
    assert answer.headers["content-disposition"] == (
        f"attachment; filename=\"a-lake--X-Evil-1-{id_}.png\"; filename*=UTF-8''a-lake-%E6%B9%96-X-Evil-1-{id_}.png"
    )
    assert "x-evil" not in answer.headers
    assert "content-disposition" not in (await ada.client.get(images[0]["url"])).headers


async def test_a_file_that_is_gone_is_not_found(ada: Person, images: list[dict[str, str]], settings: Settings) -> None:
    for path in settings.output_path.rglob("*.png"):
        path.unlink()
    answer = await ada.client.get(images[0]["url"])
    assert (answer.status_code, problem_code(answer)) == (404, "not_found")
    assert (await ada.client.get(images[0]["thumbnail_url"])).status_code == 200
