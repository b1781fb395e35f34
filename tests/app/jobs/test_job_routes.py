"""The routes of jobs: who sees and may do what, and what is answered."""

import asyncio
import json
from datetime import timedelta

import pytest

from app.core.clock import utc_now
from app.core.database import Database
from app.core.errors import ProblemError
from app.jobs import enqueue, repeated
from app.jobs.models import JobWorker
from app.jobs.schemas import Ping
from tests.app.harness import AddUser, Person, SignInAs, problem_code, rows
from tests.app.jobs.conftest import Work
from tests.app.jobs.kinds import Nothing, Sleep


@pytest.fixture
async def ada(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("ada")


@pytest.fixture
async def eve(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("eve")


@pytest.fixture
async def admin(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("root", is_administrator=True)


def count(database: Database) -> int:
    return int(rows(database.settings, "SELECT count(*) FROM job")[0][0])


async def test_a_ping_from_asking_to_its_answer(jobs: Work, ada: Person) -> None:
    asked = await ada.send("POST", "/jobs/ping", {"text": "hello"})
    assert asked.status_code == 202
    path = asked.headers["location"]
    assert path == f"/api/v1/jobs/{asked.json()['id']}"
    queued = (await ada.get(path)).json()
    assert (queued["state"], queued["place_in_line"], queued["user_name"]) == ("queued", 1, "Ada")
    assert (queued["may_cancel"], queued["may_retry"]) == (True, False)
    async with jobs.worker():
        await jobs.until(asked.json()["id"])
    done = (await ada.get(path)).json()
    assert (done["state"], done["progress"], done["place_in_line"]) == ("done", 1.0, None)
    assert done["result"] == {"text": "hello", "worker": "worker-1", "release": "release-1"}
    assert (done["may_cancel"], done["may_retry"], done["error"]) == (False, False, None)


async def test_asking_again_and_again_is_cheap(jobs: Work, ada: Person) -> None:
    path = (await ada.send("POST", "/jobs/ping", {})).headers["location"]
    first = await ada.get(path)
    again = await ada.client.get(path, headers={**ada.headers, "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    async with jobs.worker():
        await jobs.until(first.json()["id"])
    changed = await ada.client.get(path, headers={**ada.headers, "If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["state"]) == (200, "done")


async def test_to_others_it_is_not_there(jobs: Work, ada: Person, eve: Person) -> None:
    job_id = await jobs.ask("test.sleep", Sleep(), ada.user.id)
    nobodys = await jobs.ask("test.sleep", Sleep())
    for hidden in (job_id, nobodys):
        for method, path in (
            ("GET", ""),
            ("GET", "/events"),
            ("POST", "/cancel"),
            ("POST", "/retry"),
            ("DELETE", ""),
        ):
            answer = await eve.send(method, f"/jobs/{hidden}{path}")
            assert (answer.status_code, problem_code(answer)) == (404, "not_found"), path
        for path in ("/jobs/batch-delete", "/jobs/restore"):
            assert (await eve.send("POST", path, {"ids": [hidden]})).status_code == 404
        assert (await eve.send("PATCH", f"/jobs/{hidden}", {"priority": 1})).status_code == 403
    assert (await eve.get("/api/v1/jobs")).json()["total"] == 0
    assert (await eve.get(f"/api/v1/jobs?user_id={ada.user.id}")).json()["total"] == 0
    assert problem_code(await eve.get("/api/v1/jobs?scope=all")) == "permission_denied"
    assert (await jobs.get(job_id)).state == "queued"


async def test_an_administrator_sees_and_moves_them_all(jobs: Work, ada: Person, admin: Person) -> None:
    ids = [await jobs.ask("test.sleep", Sleep(), ada.user.id, title=f"Sleep {number}") for number in range(3)]
    await jobs.ask("system.ping", Ping())
    assert (await admin.get("/api/v1/jobs")).json()["total"] == 0
    found = (await admin.get("/api/v1/jobs?scope=all")).json()
    assert (found["total"], found["items"][1]["user_name"]) == (4, "Ada")
    for query, total in {
        "q=Sleep": 3,
        "q=leep": 0,
        "kind=system.ping": 1,
        "queue=chat": 0,
        "state=queued": 4,
        "state=active": 4,
        "state=done": 0,
        f"user_id={ada.user.id}": 3,
        "created_from=2999-01-01T00:00:00Z": 0,
    }.items():
        answer = await admin.get(f"/api/v1/jobs?scope=all&{query}")
        assert answer.json()["total"] == total, (query, answer.text)
    moved = await admin.send("PATCH", f"/jobs/{ids[2]}", {"priority": 7})
    assert (moved.status_code, moved.json()["priority"], moved.json()["place_in_line"]) == (200, 7, 1)
    assert [(await admin.get(f"/api/v1/jobs/{id_}")).json()["place_in_line"] for id_ in ids[:2]] == [2, 4]
    listed = (await admin.get("/api/v1/jobs?scope=all")).json()["items"]
    assert [job["place_in_line"] for job in listed] == [3, 1, 4, 2]
    assert [job["place_in_line"] for job in (await ada.get("/api/v1/jobs?q=Sleep")).json()["items"]] == [1, 4, 2]
    await admin.send("POST", f"/jobs/{ids[0]}/cancel")
    assert problem_code(await admin.send("PATCH", f"/jobs/{ids[0]}", {"priority": 1})) == "conflict"
    assert (await admin.send("PATCH", f"/jobs/{ids[1]}", {"priority": 101})).status_code == 422
    assert (await admin.send("PATCH", "/jobs/999", {"priority": 1})).status_code == 404


async def test_what_another_s_job_tells_and_gives_is_its_owner_s(jobs: Work, ada: Person, admin: Person) -> None:
    secret = await jobs.ask("test.joined", Nothing(words="secret"), ada.user.id)
    mine = (await ada.send("POST", "/jobs/ping", {"text": "secret"})).json()["id"]
    nobodys = await jobs.ask("system.ping", Ping())
    async with jobs.worker():
        for job_id in (secret, mine, nobodys):
            await jobs.until(job_id)
    shown = [await admin.get(f"/api/v1/jobs/{job_id}{end}") for job_id in (secret, mine) for end in ("", "/events")]
    shown.append(await admin.get("/api/v1/jobs?scope=all"))
    assert [(each.status_code, "secret" in each.text, '"delta"' in each.text) for each in shown] == [
        (200, False, False)
    ] * len(shown)
    assert '"state": "done"' in shown[1].text
    assert [job["result"] is not None for job in shown[-1].json()["items"]] == [True, False, False]
    assert "secret" in (await ada.get(f"/api/v1/jobs/{secret}/events")).text
    assert (await ada.get(f"/api/v1/jobs/{mine}")).json()["result"]["text"] == "secret"


async def test_cancel(jobs: Work, ada: Person, admin: Person) -> None:
    queued = await jobs.ask("test.sleep", Sleep(), ada.user.id)
    assert (await ada.send("POST", f"/jobs/{queued}/cancel")).status_code == 202
    assert (await jobs.get(queued)).state == "cancelled"
    assert problem_code(await ada.send("POST", f"/jobs/{queued}/cancel")) == "conflict"
    running = await jobs.ask("test.sleep", Sleep(), ada.user.id)
    async with jobs.worker():
        await jobs.until(running, "running")
        assert (await ada.send("POST", f"/jobs/{running}/cancel")).headers["location"] == f"/api/v1/jobs/{running}"
        assert (await jobs.until(running)).state == "cancelled"
    guarded = await jobs.ask("test.for_administrators", Sleep(), ada.user.id)
    assert not (await ada.get(f"/api/v1/jobs/{guarded}")).json()["may_cancel"]
    assert problem_code(await ada.send("POST", f"/jobs/{guarded}/cancel")) == "permission_denied"
    assert (await admin.send("POST", f"/jobs/{guarded}/cancel")).status_code == 202


async def test_retry_is_linked_and_once(jobs: Work, ada: Person) -> None:
    job_id = await jobs.ask("test.refuses", Nothing(words="No."), ada.user.id, title="Try", priority=3)
    assert problem_code(await ada.send("POST", f"/jobs/{job_id}/retry")) == "conflict"
    async with jobs.worker():
        await jobs.until(job_id)
    failed = (await ada.get(f"/api/v1/jobs/{job_id}")).json()
    assert failed["may_retry"]
    assert failed["error"] == {"code": "model_unreachable", "message": "No.", "details": {"where": "here"}}
    again = await ada.send("POST", f"/jobs/{job_id}/retry")
    assert again.status_code == 202
    retried = (await ada.get(again.headers["location"])).json()
    assert (retried["retry_of_id"], retried["title"], retried["priority"]) == (job_id, "Try", 3)
    first = (await ada.get(f"/api/v1/jobs/{job_id}")).json()
    assert (first["retried_by_id"], first["may_retry"]) == (retried["id"], False)
    assert problem_code(await ada.send("POST", f"/jobs/{job_id}/retry")) == "conflict"
    final = await jobs.ask("test.for_administrators", Sleep(), ada.user.id)
    async with jobs.database.work() as work:
        row = await jobs.get(final)
        row.state = "failed"
        await (await work.writing()).merge(row)
    assert problem_code(await ada.send("POST", f"/jobs/{final}/retry")) == "conflict"


async def test_delete_and_bring_back(jobs: Work, ada: Person) -> None:
    job_id = await jobs.ask("system.ping", Ping(), ada.user.id)
    assert problem_code(await ada.send("DELETE", f"/jobs/{job_id}")) == "conflict"
    await ada.send("POST", f"/jobs/{job_id}/cancel")
    assert (await ada.send("DELETE", f"/jobs/{job_id}")).status_code == 204
    assert (await ada.get(f"/api/v1/jobs/{job_id}")).status_code == 404
    assert (await ada.get("/api/v1/jobs")).json()["total"] == 0
    assert (await ada.send("POST", "/jobs/restore", {"ids": [job_id]})).status_code == 204
    assert (await ada.send("POST", "/jobs/batch-delete", {"ids": [job_id]})).status_code == 204
    assert (await ada.send("POST", "/jobs/batch-delete", {"ids": [job_id]})).status_code == 404


async def test_the_same_key_is_done_once(jobs: Work, ada: Person, eve: Person, database: Database) -> None:
    async def ping(person: Person, text: str, key: str = "k-1") -> tuple[int, int | str]:
        answer = await person.client.post(
            "/api/v1/jobs/ping", headers={**person.headers, "Idempotency-Key": key}, json={"text": text}
        )
        return answer.status_code, answer.json().get("id") or problem_code(answer)

    first = await ping(ada, "one")
    assert await ping(ada, "one") == first
    assert await asyncio.gather(*(ping(ada, "one") for _ in range(5))) == [first] * 5
    assert await ping(ada, "two") == (409, "idempotency_conflict")
    assert (await ping(eve, "two"))[0] == 202
    assert (await ping(ada, "two", "k-2"))[0] == 202
    assert (await ping(ada, "two", "with a space"))[0] == 422
    assert count(database) == 3


async def test_a_key_of_code(jobs: Work, database: Database, add_user: AddUser) -> None:
    user = await add_user()
    first = await jobs.ask("system.ping", Ping(text="a"), user.id, idempotency_key="nightly")
    assert await jobs.ask("system.ping", Ping(text="a"), user.id, idempotency_key="nightly") == first
    with pytest.raises(ProblemError):
        await jobs.ask("system.ping", Ping(text="b"), user.id, idempotency_key="nightly")
    async with database.work() as work, work.reading() as session:
        assert await repeated(session, user.id, None) is None


async def test_it_is_taken_back_with_the_request_that_asked_for_it(jobs: Work, database: Database) -> None:
    async def ask_and_fail() -> None:
        async with database.work() as work:
            await enqueue(await work.writing(), "system.ping", Ping(), user_id=None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await ask_and_fail()
    assert count(database) == 0


async def test_the_owner_is_told_and_nobody_else(jobs: Work, ada: Person, database: Database) -> None:
    job_id = await jobs.ask("system.ping", Ping(), ada.user.id)
    nobodys = await jobs.ask("system.ping", Ping())
    async with jobs.worker():
        await jobs.until(job_id)
        await jobs.until(nobodys)
    asked = "SELECT user_id, CAST(data AS TEXT) FROM core_event WHERE name = 'job' ORDER BY id"
    assert [(row[0], json.loads(row[1])) for row in rows(database.settings, asked)] == [
        (ada.user.id, {"id": job_id, "kind": "system.ping", "state": state}) for state in ("queued", "running", "done")
    ]


async def test_queues_and_health(jobs: Work, ada: Person, admin: Person, database: Database) -> None:
    await jobs.ask("test.image", Sleep())
    now = utc_now()
    async with database.work() as work:
        (await work.writing()).add_all(
            JobWorker(name=name, release="r1", host="host", pid=7, started_at=now, seen_at=seen)
            for name, seen in (("alive", now), ("dead", now - timedelta(days=1)))
        )
    assert (await ada.get("/api/v1/job-queues")).status_code == 403
    found = (await admin.get("/api/v1/job-queues")).json()
    images = next(queue for queue in found["queues"] if queue["name"] == "images")
    assert (images["queued"], images["running"], images["failed_24h"], images["concurrency"]) == (1, 0, 0, 2)
    assert {worker["name"]: worker["is_alive"] for worker in found["workers"]} == {"alive": True, "dead": False}
    health = (await ada.client.get("/api/v1/health/jobs")).json()
    assert (health["workers_alive"], health["queued"]) == (1, 1)
    assert health["oldest_queued_seconds"] >= 0


async def test_the_operation_log_has_it_without_its_words(ada: Person, admin: Person) -> None:
    await ada.send("POST", "/jobs/ping", {"text": "my secret thoughts"})
    found = await admin.get("/api/v1/operation-logs?action=ping_worker")
    entry = found.json()["items"][0]
    detail = await admin.get(f"/api/v1/operation-logs/{entry['id']}")
    assert entry["username"] == "ada"
    assert {change["field"] for change in detail.json()["changes"]} >= {"kind", "payload"}
    assert "my secret thoughts" not in detail.text
