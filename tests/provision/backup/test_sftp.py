"""A repository over SFTP: a real sshd on loopback, which lets in one key, and whose own key is known."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.backup import restore

from tests.app.postgres import UNPRIVILEGED
from tests.provision.backup.conftest import Site, wait_until_it_listens

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")  # it wants to be called by its whole path
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SSHD is None, reason="there is no sshd: apt-get install openssh-server"),
]


def make_key(file: Path) -> str:
    """A pair of keys; the public one."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)], check=True)
    return file.with_suffix(".pub").read_text().strip()


class Server:
    """Its user is no administrator and has no shell: files are all that it can be asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = UNPRIVILEGED if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.key = make_key(folder / "host")
        self.config = {
            "Port": self.port,
            "ListenAddress": "127.0.0.1",
            "HostKey": folder / "host",
            "AuthorizedKeysFile": folder / "authorized",
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "yes",  # or, as it cannot read the shadow file, it takes every account for a locked one
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "Subsystem": "sftp internal-sftp",
            "ForceCommand": "internal-sftp",
        }

    def start(self) -> None:
        (self.folder / "config").write_text("".join(f"{name} {value}\n" for name, value in self.config.items()))
        become = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(self.user)
            become = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, user.pw_uid, user.pw_gid)
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [str(SSHD), "-D", "-e", "-f", str(self.folder / "config")],
                stderr=log,
                **become,  # type: ignore[call-overload]
            )
        wait_until_it_listens(self.process, self.port, self.folder / "log")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


@pytest.fixture
def server(site: Site, tmp_path: Path) -> Iterator[Server]:
    """The plan of the site is to back up there."""
    folder = Path(tempfile.mkdtemp(prefix="groundwork-sshd-"))  # pytest's own folders are closed to other users
    server = Server(folder)
    (folder / "authorized").write_text(make_key(tmp_path / "key") + "\n")
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{server.port} {server.key}\n")
    who = f"{server.user}@127.0.0.1"
    ssh = f"ssh -F none -i {tmp_path}/key -o UserKnownHostsFile={known} -o BatchMode=yes -p {server.port} {who} -s sftp"
    site.plan_with(repository=f"sftp:{who}:{folder}/repository", options=[f"sftp.command={ssh}"])
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def test_it_is_taken_tried_and_restored(site: Site, server: Server) -> None:
    good = site.good()["last_good"]
    assert (good["rows"], good["files"]) == (501, 5)
    stored = [path for path in (server.folder / "repository").rglob("*") if path.is_file()]
    assert {path.owner() for path in stored} == {server.user}, "they came through the server"
    assert not any(b"note 1" in path.read_bytes() for path in stored)
    picture = site.write("data/output/pictures/a.png", "another")
    assert site.good()["last_good"]["bytes_added"] < good["bytes_added"] / 2, "what is there is not sent again"
    fetched = restore.fetch(site.plan, good["snapshot"])
    restore.begin(site.plan, fetched["id"])
    restore.swap(site.plan)
    restore.keep(site.plan)
    assert picture.read_text() == "a picture"
    assert site.rows() == 500


def test_a_server_that_is_not_to_be_had_is_told(site: Site, server: Server, tmp_path: Path) -> None:
    good = site.good()["last_good"]
    known = tmp_path / "known"
    right = known.read_text()
    for fault in ("another host's key", "our key is not let in", "no answer"):
        if fault == "another host's key":
            known.write_text(f"[127.0.0.1]:{server.port} {make_key(tmp_path / 'another')}\n")
        elif fault == "our key is not let in":
            known.write_text(right)
            (server.folder / "authorized").write_text("")
        else:
            server.stop()
        told = site.take()
        assert (told["ok"], told["last_good"]) == (False, good), fault
        assert "does not answer, does not let us in or has another key" in told["message"]
        assert "sftp USER@HOST" in told["fix"]
