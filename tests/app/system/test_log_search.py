"""Reading and searching log files: backwards, page by page, in bounded time, and nothing but log files."""

import json
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from loguru import logger

from app.core.logs import LINE, _complete, add_file_sinks, reset_sinks
from app.system.logs import repository
from app.system.logs.schemas import LogPage, LogQuery
from app.system.logs.service import LogSearch
from tests.app.harness import PASSWORD, Person, log_in, make_settings, problem_code
from tests.app.system.conftest import Holding

START = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
LABEL = "perm:log:get"


def stamp(seconds: float) -> str:
    moment = (START + timedelta(seconds=seconds)).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def line(seconds: float, message: str, level: str = "INFO", request_id: str = "-") -> str:
    return f"{stamp(seconds)} | {level: <8} | 7 | {request_id} | app.core.x:1 | {message}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def search(folder: Path) -> LogSearch:
    return LogSearch(make_settings(folder.parent, log_dir=folder))


async def messages(search: LogSearch, **query: object) -> list[str]:
    return [each.message for each in (await search.page(LogQuery.model_validate(query))).items]


async def walked(search: LogSearch, **query: object) -> list[str]:
    """Every page, until there is nothing older."""
    found: list[str] = []
    cursor = None
    while True:
        page = await search.page(LogQuery.model_validate({**query, "before": cursor}))
        found += [each.message for each in page.items]
        cursor = page.older
        if cursor is None:
            return found


async def test_the_line_that_is_written_is_the_line_that_is_read(
    folder: Path, search: LogSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logging.basicConfig", lambda **_: None)
    reset_sinks("INFO")
    add_file_sinks(make_settings(folder.parent, slot="blue"), folder)
    try:
        with logger.contextualize(request_id="a-request-id"):
            try:
                int("the reason")
            except ValueError:
                logger.exception("It | failed\nonce")
    finally:
        logger.remove()
        logger.add(sys.stderr)
    assert LINE.count(" | ") == 5
    for level in ([], ["ERROR"]):  # the second is read from the file of errors
        (record,) = (await search.page(LogQuery(level=level))).items
        assert (record.level, record.instance, record.request_id) == ("ERROR", "api-blue", "a-request-id")
        assert record.message == "It | failed\\x0aonce"
        assert record.details.startswith("Traceback")
        assert record.details.endswith("'the reason'")
        assert "test_log_search:" in record.source
        assert abs((record.at - datetime.now(UTC)).total_seconds()) < 60


@pytest.fixture
def written(folder: Path) -> Path:
    """Two instances that took turns, one of them with files that were put aside; records of several lines."""
    half = "".join(line(n, f"m{n}") + ("Traceback\n  deep\n" if n % 5 == 0 else "") for n in range(0, 400, 2))
    (folder / "api-blue.2026-11-30_12-01-40_000001.log").write_text("".join(half.partition(stamp(200))[:1]))
    (folder / "api-blue.log").write_text("".join(half.partition(stamp(200))[1:]))
    (folder / "worker.log").write_text("".join(line(n, f"m{n}", "WARNING") for n in range(1, 400, 2)))
    (folder / "worker-error.log").write_text(line(400, "only here", "ERROR"))
    return folder


@pytest.mark.parametrize("block", [300, repository.BLOCK])
async def test_pages_go_back_through_all_files_and_miss_nothing(
    written: Path, search: LogSearch, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(repository, "BLOCK", block)
    everything = [f"m{n}" for n in reversed(range(400))]
    assert await walked(search, limit=7) == everything
    assert await walked(search, limit=7, instance=["worker"]) == everything[::2]
    assert await walked(search, limit=200, level=["INFO"], q="DEEP") == [f"m{n}" for n in reversed(range(0, 400, 10))]
    monkeypatch.setattr(repository, "PROBE", 500)
    between = {"since": START + timedelta(seconds=150), "until": START + timedelta(seconds=250)}
    assert await walked(search, limit=9, **between) == everything[150:250]
    for until in range(3, 400, 9):
        query = {"instance": ["api-blue"], "limit": 6, "until": START + timedelta(seconds=until)}
        found = (await search.page(LogQuery.model_validate(query))).items
        wanted = [n for n in reversed(range(until)) if n % 2 == 0][:6]
        # Each is whole, whatever the search for the moment has cut through.
        whole = [(f"m{n}", "Traceback\n  deep" if n % 10 == 0 else "") for n in wanted]
        assert [(each.message, each.details) for each in found] == whole


async def test_errors_have_files_of_their_own(written: Path, search: LogSearch) -> None:
    assert await messages(search, level=["ERROR", "CRITICAL"]) == ["only here"]
    assert await messages(search, level=["ERROR", "INFO"], limit=1) == ["m398"]


async def test_a_request_is_found_by_its_id_alone(folder: Path, search: LogSearch) -> None:
    lines = [line(n, f"about request-{n:04}", request_id=f"request-{n:04}") for n in range(50)]
    (folder / "api-green.log").write_text("".join(lines))
    assert await messages(search, request_id="request-0007") == ["about request-0007"]
    assert await messages(search, request_id="equest-0007") == []


async def test_following_tells_only_what_is_new_also_over_a_rotation(folder: Path, search: LogSearch) -> None:
    current = folder / "api-blue.log"
    current.write_text(line(0, "old"))
    page = await search.page(LogQuery())
    assert await messages(search, after=page.newest) == []
    with current.open("a") as file:
        file.write(line(1, "before the rotation"))
    current.rename(folder / "api-blue.2026-11-30_12-00-02_000001.log")
    current.write_text(line(2, "after it"))
    (folder / "worker.log").write_text(line(3, "a new instance"))
    page = await search.page(LogQuery(after=page.newest))
    assert [each.message for each in page.items] == ["a new instance", "after it", "before the rotation"]
    assert await messages(search, after=page.newest) == []
    assert (await search.page(LogQuery(after=page.newest, limit=1))).stopped == "end"


async def test_going_on_after_files_were_put_aside_or_removed(written: Path, search: LogSearch) -> None:
    page = await search.page(LogQuery(limit=10, instance=["api-blue"]))
    current = written / "api-blue.log"
    current.rename(written / "api-blue.2026-11-30_13-00-00_000001.log")
    current.write_text(line(500, "later"))
    assert (await messages(search, before=page.older, limit=1, instance=["api-blue"])) == ["m378"]
    for file in repository.find_files(written)["api-blue", False][1:]:
        file.path.unlink()
    assert await messages(search, before=page.older, instance=["api-blue"]) == []


async def test_an_answer_ends_in_time_and_says_how_far_it_got(written: Path) -> None:
    """Without any time to spend it still gets on, a step an answer."""
    search = LogSearch(make_settings(written.parent, log_dir=written), seconds=0)
    page = await search.page(LogQuery(q="m17"))
    assert (page.items, page.stopped) == ([], "time")
    assert page.older is not None
    assert page.looked_back_to is not None
    assert await walked(search, q="m17") == [f"m{n}" for n in (*range(179, 169, -1), 17)]


@pytest.mark.slow
async def test_a_gigabyte_is_searched_within_the_bound(folder: Path, search: LogSearch) -> None:
    part = "".join(line(n / 100, f"{n:06} " + "x" * 120) for n in range(50_000)).encode()
    path = folder / "api-blue.log"
    with path.open("wb") as file:
        file.write(line(-1, "the needle", request_id="needle-0001").encode())
        while file.tell() < 1_000_000_000:
            file.write(part)
    answers, cursor, found = 0, None, list[str]()
    try:
        while not found:
            started = time.monotonic()
            page = await search.page(LogQuery(request_id="needle-0001", before=cursor))
            assert time.monotonic() - started < 4
            found += [each.message for each in page.items]
            answers, cursor = answers + 1, page.older
            assert answers < 20
    finally:
        path.unlink()
    assert found == ["the needle"]


async def test_nothing_but_log_files_is_read(folder: Path, search: LogSearch, tmp_path: Path) -> None:
    secret = tmp_path / "secret.log"
    secret.write_text(line(0, "secret"))
    (folder / "api-link.log").symlink_to(secret)
    (folder / "notes.txt").write_text(line(0, "secret"))
    (folder / ".env").write_text(line(0, "secret"))
    (folder / "api-folder.log").mkdir()
    (folder / "API.log").write_text(line(0, "secret"))
    (folder / "api-blue.log").write_text(line(0, "ours") + "\ufffd\x00 odd\n")
    assert await messages(search) == ["ours"]
    assert [each.name for each in (await search.instances()).items] == ["api-blue"]


def cursor(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "query",
    ["instance=../../etc", "instance=.env", "level=LOUD", "limit=201", "request_id=a b", "unknown=1", "before=%2e%2e",
     f"before={cursor({'api-blue': [1, 'x', -1]})}", f"before={cursor('/etc/passwd')}", "after=AAAA"],
)  # fmt: skip
async def test_nonsense_is_refused(admin: Person, query: str) -> None:
    answer = await admin.get(f"/api/v1/system/logs?{query}")
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")


@pytest.fixture
def kept(app: FastAPI, folder: Path) -> Iterator[Path]:
    """The app of the tests, writing files of its own."""
    settings = make_settings(folder.parent, log_dir=folder)
    app.state.log_search = LogSearch(settings)
    handlers = [logger.add(folder / "api-dev.log", format=LINE, level="INFO")]
    yield folder
    for handler in handlers:
        logger.remove(handler)


async def test_an_error_s_request_id_leads_to_its_records(admin: Person, kept: Path, holding: Holding) -> None:
    logger.configure(patcher=_complete)
    await log_in(admin.client, "grace", password="not the canary")
    problem = await admin.get("/api/v1/users/999")
    holding(LABEL)
    answer = await admin.get(f"/api/v1/system/logs?request_id={problem.json()['request_id']}")
    page = LogPage.model_validate(answer.json())
    assert ["/api/v1/users/999 404" in each.message for each in page.items] == [True]
    everything = (await admin.get("/api/v1/system/logs?limit=200")).text
    for secret in (PASSWORD, "not the canary", admin.token):
        assert secret not in everything
    holding("perm:operation_log:get")
    assert (await admin.get("/api/v1/system/logs")).status_code == 403


async def test_without_files_it_says_so(admin: Person) -> None:
    instances = (await admin.get("/api/v1/system/logs/instances")).json()
    assert (instances["is_kept"], instances["items"]) == (False, [])
    assert (await admin.get("/api/v1/system/logs")).json()["items"] == []
