"""What becomes of a job: every way that it can end, and that it ends once."""

import asyncio
import json
from time import monotonic

import pytest
from sqlalchemy import text

from app.core.database import Database
from app.core.write_queue import WriteQueueTimeoutError
from app.jobs import service
from app.jobs.engine import runner as runner_module
from app.jobs.engine import scribe as scribe_module
from app.jobs.schemas import Ping
from tests.app.jobs.conftest import Work
from tests.app.jobs.kinds import CLEANED, ENDED, STARTED, Nothing, Sleep

CANCELLED_WITHIN = 1.0


async def cancel(database: Database, job_id: int) -> None:
    async with database.work() as work:
        await service.cancel(await work.writing(), job_id)


async def change(database: Database, statement: str, **values: object) -> None:
    async with database.work() as work:
        await (await work.writing()).execute(text(statement), values)


async def test_a_job_goes_round(jobs: Work) -> None:
    job_id = await jobs.ask("system.ping", Ping(text="hello"), title="  A\n title ")
    assert (await jobs.get(job_id)).state == "queued"
    async with jobs.worker():
        job = await jobs.until(job_id)
    assert (job.state, job.title, job.progress, job.attempts) == ("done", "A title", 1.0, 1)
    assert job.result == {"text": "hello", "worker": "worker-1", "release": "release-1"}
    assert job.started_at is not None
    assert job.finished_at is not None
    assert [name for name, _ in jobs.events(job_id)] == ["state", "end"]


async def test_a_typed_failure_keeps_its_words(jobs: Work) -> None:
    job_id = await jobs.ask("test.refuses", Nothing(words="It is \ud83d not there."[:6] + "off."))
    async with jobs.worker():
        job = await jobs.until(job_id)
    assert (job.state, job.error_code, job.error_details) == ("failed", "model_unreachable", {"where": "here"})
    assert job.error_message == "It is off."
    assert [(job_id, "failed")] == ENDED


async def test_an_end_is_told_to_whom_it_concerns(jobs: Work) -> None:
    async with jobs.worker():
        for words in ("", "It is not there."):
            await jobs.until(job_id := await jobs.ask("test.picky", Nothing(words=words)))
    assert [(job_id, "failed")] == ENDED


@pytest.mark.parametrize("kind", ["test.breaks", "test.unkept", "test.cancels_itself"])
async def test_the_unexpected_is_logged_and_not_told(jobs: Work, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    job_id = await jobs.ask(kind, Nothing())
    async with jobs.worker():
        job = await jobs.until(job_id)
    assert (job.state, job.error_code) == ("failed", "internal_error")
    assert "secret" not in (job.error_message or "")


async def test_a_job_that_takes_too_long(jobs: Work) -> None:
    job_id = await jobs.ask("test.hasty", Sleep())
    async with jobs.worker():
        job = await jobs.until(job_id)
    assert (job.state, job.error_code) == ("failed", "time_limit")
    assert "0.2 seconds" in (job.error_message or "")


async def test_a_running_job_is_really_stopped(jobs: Work, database: Database) -> None:
    job_id = await jobs.ask("test.sleep", Sleep())
    async with jobs.worker():
        await jobs.until(job_id, "running")
        await jobs.see(lambda: job_id in STARTED)
        asked = monotonic()
        await cancel(database, job_id)
        job = await jobs.until(job_id)
        assert monotonic() - asked < CANCELLED_WITHIN
    assert (job.state, CLEANED, ENDED) == ("cancelled", [job_id], [(job_id, "cancelled")])
    assert [name for name, _ in jobs.events(job_id)] == ["state", "state", "end"]


async def test_a_queued_job_is_cancelled_without_a_worker(jobs: Work, database: Database) -> None:
    job_id = await jobs.ask("test.sleep", Sleep())
    await cancel(database, job_id)
    await cancel(database, job_id)
    assert (await jobs.get(job_id)).state == "cancelled"
    assert [(job_id, "cancelled")] == ENDED
    async with jobs.worker():
        await asyncio.sleep(0.1)
    assert STARTED == {}
    assert [name for name, _ in jobs.events(job_id)] == ["end"]


async def test_a_payload_that_does_not_fit_any_more(jobs: Work, database: Database) -> None:
    job_id = await jobs.ask("test.sleep", Sleep())
    await change(
        database, "UPDATE job SET payload = :payload WHERE id = :id", id=job_id, payload=json.dumps({"seconds": "long"})
    )
    async with jobs.worker():
        job = await jobs.until(job_id)
    assert (job.state, job.error_code) == ("failed", "payload_invalid")
    assert job.error_details == {"loc": ["seconds"], "rule": "float_type"}
    assert "seconds: Input should be a valid number" in (job.error_message or "")
    assert [(job_id, "failed")] == ENDED


async def test_a_kind_that_this_release_does_not_know_stays_in_line(jobs: Work, database: Database) -> None:
    unknown, known = await jobs.ask("test.sleep", Sleep()), await jobs.ask("system.ping", Ping())
    await change(database, "UPDATE job SET kind = 'of.tomorrow' WHERE id = :id", id=unknown)
    async with jobs.worker():
        await jobs.until(known)
        assert (await jobs.get(unknown)).state == "queued"
        await change(
            database, "UPDATE job SET state = 'running', worker = 'one of tomorrow' WHERE id = :id", id=unknown
        )
    async with jobs.worker("worker-2"):
        await asyncio.sleep(0.1)
        assert (await jobs.get(unknown)).state == "running"


async def test_an_interrupted_job_is_taken_up_again(jobs: Work) -> None:
    job_id = await jobs.ask("test.sleep", Sleep())
    async with jobs.worker():
        await jobs.until(job_id, "running")
        await jobs.see(lambda: job_id in STARTED)
    assert ((await jobs.get(job_id)).state, ENDED, CLEANED) == ("running", [], [job_id])
    async with jobs.worker("worker-2"):
        await jobs.see(lambda: STARTED[job_id] == 2)
        assert ((await jobs.get(job_id)).worker, (await jobs.get(job_id)).attempts) == ("worker-2", 2)


async def test_a_job_that_interrupts_every_worker_has_failed(jobs: Work, database: Database) -> None:
    job_id = await jobs.ask("test.sleep", Sleep())
    await change(database, "UPDATE job SET state = 'running', attempts = 3, worker = 'dead' WHERE id = :id", id=job_id)
    async with jobs.worker(job_attempts=3):
        job = await jobs.until(job_id)
    assert (job.state, job.error_code, STARTED) == ("failed", "interrupted_too_often", {})


async def test_nobody_ends_what_another_worker_has(jobs: Work, database: Database) -> None:
    """A worker that was believed dead and was not: what it finds out too late is not written."""
    job_id = await jobs.ask("test.sleep", Sleep(seconds=0.2))
    async with jobs.worker():
        await jobs.see(lambda: job_id in STARTED)
        await change(database, "UPDATE job SET worker = 'worker-2' WHERE id = :id", id=job_id)
        await jobs.see(lambda: job_id in CLEANED)
        await asyncio.sleep(0.1)
    assert ((await jobs.get(job_id)).state, ENDED) == ("running", [])


async def test_pieces_are_put_together_in_their_order(jobs: Work) -> None:
    job_id = await jobs.ask("test.joined", Nothing(words="多个字 and more"))
    async with jobs.worker():
        await jobs.until(job_id)
    told = [(name, json.loads(data)) for name, data in jobs.events(job_id)]
    assert told[1:-1] == [("delta", {"text": "多个字 and more"}), ("usage", {"prompt": 1}), ("delta", {"text": "."})]


async def test_what_cannot_be_written_now_is_written_later(
    jobs: Work, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scribe_module, "PAUSE_SECONDS", 0.05)
    failures = [WriteQueueTimeoutError()] * 3
    write = scribe_module.Scribe._write

    async def refused(scribe: scribe_module.Scribe, batch: scribe_module.Batch) -> None:
        if batch.ends and failures:
            raise failures.pop()
        await write(scribe, batch)

    monkeypatch.setattr(scribe_module.Scribe, "_write", refused)
    job_id = await jobs.ask("test.joined", Nothing(words="abc"))
    async with jobs.worker():
        job = await jobs.until(job_id)
    assert (job.state, failures) == ("done", [])
    assert [name for name, _ in jobs.events(job_id)] == ["state", "delta", "usage", "delta", "end"]


async def test_what_one_job_told_does_not_silence_the_others(jobs: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    end = service.end

    async def broken(session: object, job: object, *args: object, **more: object) -> None:
        if getattr(job, "kind", "") == "test.refuses":
            raise RuntimeError("cannot be written")
        await end(session, job, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(scribe_module, "end", broken)
    monkeypatch.setattr(scribe_module, "FLUSH_SECONDS", 0.2)
    bad, good = await jobs.ask("test.refuses", Nothing()), await jobs.ask("system.ping", Ping())
    async with jobs.worker():
        assert (await jobs.until(good)).state == "done"
        assert (await jobs.get(bad)).state == "running"


async def test_a_task_that_does_not_heed_is_left_behind(
    jobs: Work, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "STUBBORN_SECONDS", 0.2)
    job_id = await jobs.ask("test.deaf", Sleep(seconds=1))
    async with jobs.worker():
        await jobs.until(job_id, "running")
        await cancel(database, job_id)
        assert (await jobs.until(job_id)).state == "cancelled"
