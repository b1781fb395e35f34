"""A repository in S3: moto speaks its protocol, in an environment of its own, for dbos wants another dateutil."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.backup import restore

from tests.provision.backup.conftest import Site, wait_until_it_listens
from tests.provision.conftest import PROJECT

VERSION = "5.2.5"
KEYS = {"AWS_ACCESS_KEY_ID": "groundwork", "AWS_SECRET_ACCESS_KEY": "not checked by moto"}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def moto_server() -> Path:
    """Its program, installed once."""
    folder = PROJECT / ".cache" / "tools" / f"moto-{VERSION}"
    program = folder / "bin" / "moto_server"
    if not program.exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        install = [
            "pip",
            "install",
            "--quiet",
            "--python",
            str(folder / "bin" / "python"),
            f"moto[s3,server]=={VERSION}",
        ]
        subprocess.run([*uv, *install], check=True)
    return program


class Server:
    def __init__(self, program: Path, log: Path) -> None:
        self.program, self.log = program, log
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [str(self.program), "--host", "127.0.0.1", "--port", str(self.port)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until_it_listens(self.process, self.port, self.log, seconds=30)  # it imports all of AWS

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


@pytest.fixture
def server(site: Site, moto_server: Path, tmp_path: Path) -> Iterator[Server]:
    """The plan of the site is to back up there."""
    server = Server(moto_server, tmp_path / "moto.log")
    site.plan_with(repository=f"s3:{server.url}/groundwork/shop", environment=KEYS)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_it_is_taken_tried_and_restored(site: Site, server: Server) -> None:
    good = site.good()["last_good"]
    assert (good["rows"], good["files"]) == (501, 5)
    picture = site.write("data/output/pictures/a.png", "another")
    assert site.good()["last_good"]["bytes_added"] < good["bytes_added"] / 2, "what is there is not sent again"
    fetched = restore.fetch(site.plan, good["snapshot"])
    restore.begin(site.plan, fetched["id"])
    restore.swap(site.plan)
    restore.keep(site.plan)
    assert picture.read_text() == "a picture"
    assert site.rows() == 500


def test_a_bucket_that_is_not_to_be_had_is_told(site: Site, server: Server) -> None:
    good = site.good()["last_good"]
    server.stop()
    told = site.take()
    server.start()  # the fixture stops it; moto keeps nothing
    assert (told["ok"], told["last_good"]) == (False, good)
    assert f"s3:{server.url}/groundwork/shop" in told["message"]
    assert told["fix"]
    told = site.take()
    assert (told["ok"], told["last_good"]) == (False, good), "an empty bucket is not taken for a new one"
    assert "There is no repository at" in told["message"]
