"""The counter of losses must see each kind of loss: a bench that cannot fail proves nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

Answer = Callable[[int, bytes], Awaitable[bytes | None]]
PAGE = b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n<div id="app">'


def whole(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def good(number: int, request: bytes) -> bytes | None:
    """What the site answers to each kind of request."""
    if request.startswith(b"POST"):
        return whole(b'{"created":1,"batch":"x"}', "201 Created")
    if b"/users/me " in request:
        assert b"Authorization: Bearer secret" in request
        return whole(b'{"id":1,"username":"admin"}')
    if b"/health/live " in request:
        return b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"s":\r\n5\r\n"ok"}\r\n0\r\n\r\n'
    return PAGE


async def probe(bench: Any, answer: Answer, *, rate: float = 200, seconds: float = 0.5) -> Any:
    """Ask a server that answers like this, and return the samples."""
    prober = bench("prober")
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                if request.startswith(b"POST"):
                    at = request.lower().index(b"content-length: ") + 16
                    request += await reader.readexactly(int(request[at : request.index(b"\r\n", at)]))
                count += 1
                said = await answer(count, request)
                if said is None:
                    break
                writer.write(said)
                if b"Connection: close" in request:
                    break
        except asyncio.IncompleteReadError:
            pass  # the client has gone
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    token = SimpleNamespace(value=b"secret")
    worker = prober.Worker(prober.Target("127.0.0.1", "/assets/a.js", "t", port), token, 0)
    stop = get_context("spawn").Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    await worker.run(time.monotonic(), rate, 1, stop)
    server.close()
    return worker.samples


async def test_a_site_that_answers_well_loses_nothing(bench: Any) -> None:
    samples = await probe(bench, good)
    run = bench("summary").summarise([samples], 200)
    assert run["failed"] == 0, run["reasons"]
    assert 90 <= run["sent"] <= 102
    assert len(samples.written) == pytest.approx(run["sent"] / 10, abs=2)
    assert set(run["latency_ms_by_kind"]) == {"page", "asset", "api", "me", "write"}
    assert all(run["latency_ms_by_kind"].values())


async def hang_up(number: int, request: bytes) -> bytes | None:
    return None if number % 20 == 7 else await good(number, request)


async def half(number: int, request: bytes) -> bytes | None:
    if number % 20 == 7:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
    return await good(number, request)


async def bad_gateway(number: int, request: bytes) -> bytes | None:
    return whole(b"502", "502 Bad Gateway") if number % 20 == 7 else await good(number, request)


async def front_page_for_all(number: int, request: bytes) -> bytes | None:
    return PAGE if number % 20 == 7 and b"/api/" in request else await good(number, request)


@pytest.mark.parametrize(("answer", "why"), [(hang_up, "ended"), (bad_gateway, "502")])
async def test_what_a_person_would_have_met_is_counted(bench: Any, answer: Answer, why: str) -> None:
    samples = await probe(bench, answer)
    run = bench("summary").summarise([samples], 200)
    assert run["failed"] == pytest.approx(run["sent"] / 20, abs=2)
    assert run["failed"] > 0
    assert all(why in reason for reason in run["reasons"])
    assert bench("summary").holds(run, 10_000) is False


async def test_an_answer_cut_short_is_counted(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench("prober"), "TIMEOUT", 0.5)
    run = bench("summary").summarise([await probe(bench, half)], 200)
    assert run["failed"] > 0


async def test_the_front_page_in_place_of_an_answer_is_counted(bench: Any) -> None:
    run = bench("summary").summarise([await probe(bench, front_page_for_all, seconds=1)], 200)
    assert run["failed"] > 0


async def test_a_stall_is_felt_by_all_that_were_due_in_it(bench: Any) -> None:
    until = time.monotonic() + 0.6

    async def stall(number: int, request: bytes) -> bytes | None:
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        return await good(number, request)

    run = bench("summary").summarise([await probe(bench, stall, seconds=0.8)], 200)
    assert run["failed"] == 0
    assert run["latency_ms"]["longest"] >= 500
    assert run["latency_ms"]["p50"] >= 100  # a closed loop would have sent one request and called it one slow answer
    assert run["longest_gap_ms"] < 500


def samples_of(bench: Any, written: list[str], unsure: list[str]) -> Any:
    return bench("prober").Samples(written=written, unsure=unsure)


def test_lost_and_doubled_writes_are_found(bench: Any) -> None:
    stored = Counter({"bench r 1": 1, "bench r 2": 2, "bench r 9": 1, "bench other 5": 3})
    parts = [samples_of(bench, ["bench r 1", "bench r 2"], ["bench r 9"]), samples_of(bench, ["bench r 3"], [])]
    assert bench("deploy_under_load").look_up(stored, parts) == {
        "acknowledged": 3,
        "lost": 1,
        "duplicate": 1,
        "stored_without_answer": 1,
    }


def test_stored_writes_are_counted_by_the_database(bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = sqlite3.connect(tmp_path / "product.db")
    database.execute("CREATE TABLE system_activation_code (note TEXT)")
    notes = ["bench r 1", "bench r 2", "bench r 2", "bench other 1", "by hand"]
    database.executemany("INSERT INTO system_activation_code VALUES (?)", [(note,) for note in notes])
    database.commit()
    monkeypatch.setattr(bench("deploy_under_load"), "DATABASE", str(tmp_path / "product.db"))
    made = SimpleNamespace(
        run=lambda command: subprocess.run(["sh", "-c", command], check=True, capture_output=True).stdout
    )
    assert bench("deploy_under_load").stored_notes(made, "r") == {"bench r 1": 1, "bench r 2": 2}


GOOD = {
    "failed": 0,
    "writes": {"lost": 0, "duplicate": 0},
    "events": {"missed": 0, "failures": []},
    "downloads": {"failures": []},
    "runs": [{"outcome": "good", "error": ""}],
    "database": "ok",
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, []),
        ({"failed": 2}, ["2 requests failed"]),
        ({"writes": {"lost": 1, "duplicate": 1}}, ["1 writes lost", "1 writes duplicated"]),
        ({"events": {"missed": 3, "failures": ["502"]}}, ["3 events missed", "1 event streams refused or broken"]),
        ({"downloads": {"failures": ["reset"]}}, ["1 downloads broken"]),
        ({"runs": [{"outcome": "bad", "error": "ended with 2"}]}, ["1 deploys or rollbacks not good"]),
        ({"database": "row 7 missing from index"}, ["1 databases broken"]),
    ],
)
def test_every_loss_is_said(bench: Any, change: dict[str, Any], says: list[str]) -> None:
    assert bench("deploy_under_load").losses({**GOOD, **change}, SimpleNamespace(failures=[])) == says


def test_rollbacks_are_spread_and_never_come_first(bench: Any) -> None:
    plan = bench("deploy_under_load").plan
    assert plan(2, 1) == ["deploy", "deploy", "rollback"]
    full = plan(20, 5)
    assert (full.count("deploy"), full.count("rollback"), full[0]) == (20, 5, "deploy")
    assert plan(3, 0) == ["deploy"] * 3


def test_a_slow_answer_is_told_with_the_stage_it_was_due_in(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(time=lambda: 1_000_000.0, monotonic=lambda: 400.0)
    monkeypatch.setattr(bench("deploy_under_load"), "time", clock)
    stages = [{"name": "ship", "seconds": 2.0}, {"name": "start", "seconds": 3.0}]
    at = f"{datetime.fromtimestamp(1_000_010, UTC).isoformat()}"
    spans = bench("deploy_under_load").spans([{"at": at, "stages": stages}, {"at": None, "stages": None}])
    assert sorted(spans) == [("ship", 405.0, 407.0), ("start", 407.0, 410.0)]

    samples = bench("prober").Samples()
    write = bench("prober").KINDS.index("write")
    for due, took, why in [(404.9, 9, ""), (406.9, 0.1, ""), (407.0, 0.3, ""), (408, 8, "502"), (410, 7, "")]:
        samples.add(write, due, due + took, why)
    felt = bench("summary").by_stage([samples], spans)
    assert felt["ship"]["write"]["longest"] == pytest.approx(100)
    assert felt["start"]["write"]["longest"] == pytest.approx(300)
    assert felt["start"]["page"] == {}


def test_percentiles(bench: Any) -> None:
    assert bench("summary").latency([float(n) for n in range(1, 1001)]) == {
        "p50": 501.0,
        "p99": 991.0,
        "p99_9": 1000.0,
        "longest": 1000.0,
    }
