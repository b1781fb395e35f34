"""The export from the page: a job, a link that only its owner is told, an end."""

import os
import time
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI

from app.backup.portable import service
from app.core.settings import Settings
from tests.app.backup.conftest import manifest_of
from tests.app.harness import SignInAs, problem_code
from tests.app.images.studio import Studio


async def test_a_job_makes_it_and_its_link_ends(app: FastAPI, settings: Settings, sign_in_as: SignInAs) -> None:
    admin = await sign_in_as("grace", is_administrator=True)
    answer = await admin.send("POST", "/data-exports", {"files": True})
    assert answer.status_code == 202, answer.text
    studio = Studio(app)
    await studio.run(answer.json()["id"])
    result = (await admin.send("GET", f"/jobs/{answer.json()['id']}")).json()["result"]
    assert result["files"] == 0
    assert datetime.fromisoformat(result["expires_at"]).timestamp() > time.time() + 3600 * 23
    taken = await admin.client.get(result["download_url"])
    assert taken.status_code == 200
    assert taken.headers["cache-control"] == "private, no-store"
    path = settings.database_path.parent / "taken.zip"
    path.write_bytes(taken.content)
    assert result["rows"] == sum(table["rows"] for table in manifest_of(path)["tables"])  # type: ignore[attr-defined]
    assert len(taken.content) == result["bytes"]
    wrong = result["download_url"].replace("signature=", "signature=0")[:-1]
    assert problem_code(await admin.client.get(wrong)) == "link_invalid"

    (made,) = service.folder(settings).iterdir()
    assert made.stat().st_mode & 0o777 == 0o600
    assert service.folder(settings).stat().st_mode & 0o777 == 0o700
    assert not made.is_relative_to(settings.output_path)
    assert service.remove_old(settings) == 0
    os.utime(made, (0, 0))
    _make_old(service.folder(settings) / "x.zip.part", hours=2)
    assert service.remove_old(settings) == 2
    gone = await admin.client.get(result["download_url"])
    assert (gone.status_code, problem_code(gone)) == (404, "not_found")


def _make_old(path: Path, hours: int) -> None:
    path.touch()
    moment = time.time() - hours * 3600
    os.utime(path, (moment, moment))
