"""Deploy, deploy, roll back: nobody notices, and what was promised about time, open tabs and old releases holds."""

from __future__ import annotations

import socket
import threading
import time
from http.client import HTTPResponse

import pytest
from conftest import Releases
from prober import Prober
from witness import PRODUCT, ROOT, Machine, Web, wait_until

WARM_DEPLOY_SECONDS = 30
ROLLBACK_SECONDS = 10
SPARE = 3.0  # a controller has other work too; docs/releases.md has the figures of a quiet one


def fetch(web: Web, path: str, found: dict[str, str]) -> threading.Thread:
    """Read a whole answer in the background."""

    def read() -> None:
        found[path] = web.get(path).text

    thread = threading.Thread(target=read)
    thread.start()
    return thread


def test_deploy_deploy_roll_back(machine: Machine, web: Web, releases: Releases, prober: Prober) -> None:
    first = releases.deploy_good("first")
    second = releases.deploy_good("second")
    assert web.get("/health").json["release"] == second
    back = releases.play("rollback")
    assert back.code == 0, back.end
    assert machine.release == first == web.get("/health").json["release"]
    prober.reads_and_writes()
    last = releases.audit[-1]
    assert (last["action"], last["release"], last["from_release"], last["outcome"]) == (
        "rollback",
        first,
        second,
        "good",
    )
    assert [stage["name"] for stage in last["stages"]] == ["start", "verify", "switch", "prove", "finish"]
    assert last["report"]["failed"] == 0
    # Proven means before the old instance is stopped.
    proven = sum(stage["seconds"] for stage in last["stages"] if stage["name"] != "finish")
    assert proven < ROLLBACK_SECONDS * SPARE
    deploy = next(line for line in releases.audit if line["event"] == "finished" and line["release"] == second)
    assert deploy["seconds"] < WARM_DEPLOY_SECONDS * SPARE
    prober.unnoticed()


def instance_that_waits(machine: Machine) -> tuple[str, str, str]:
    """Colour, release and main process of the instance that waits, once it has loaded everything."""
    (colour,) = [colour for colour in ("blue", "green") if colour != machine.slot]
    assert machine.waits(colour)
    unit = f"{PRODUCT}-api@{colour}"
    pid = machine.out(f"systemctl show -P MainPID {unit}")
    ticks = f"awk '{{print $14 + $15}}' /proc/{pid}/stat"

    def rests() -> bool:
        before = machine.out(ticks)
        time.sleep(1)
        return int(before) > 50 and int(machine.out(ticks)) - int(before) < 5

    wait_until("it has loaded everything", rests, 60)
    assert machine.out(f"ps --no-headers --ppid {pid} | wc -l") == "0", "it needs no worker yet"
    assert machine.out(f"systemctl is-enabled {unit} || true") == "disabled"
    return colour, machine.out(f"basename $(readlink {ROOT}/slots/{colour})"), pid


def test_the_release_before_waits_and_a_rollback_calls_it(
    machine: Machine, web: Web, releases: Releases, prober: Prober
) -> None:
    releases.deploy_good("waited-for")
    colour, before, pid = instance_that_waits(machine)
    back = releases.play("rollback")
    assert back.code == 0, back.end
    assert (machine.slot, machine.release) == (colour, before)
    assert machine.out(f"systemctl show -P MainPID {machine.api_unit}") == pid, "it was started once more"
    assert machine.out(f"systemctl is-enabled {machine.api_unit}") == "enabled"
    assert web.get("/health").json["release"] == before
    prober.reads_and_writes()
    prober.unnoticed()


def test_a_rollback_does_without_the_one_that_waits(machine: Machine, releases: Releases, prober: Prober) -> None:
    releases.deploy_good("not-waited-for")
    colour, before, pid = instance_that_waits(machine)
    machine.out(f"kill -KILL {pid}")  # the next one loads nothing, so that what cannot start takes no core for ever
    unit = f"{PRODUCT}-api@{colour}"
    wait_until("systemd starts another", lambda: machine.unit(unit)["MainPID"] not in ("0", pid), 5)
    back = releases.play("rollback")
    assert back.code == 0, back.end
    assert (machine.slot, machine.release) == (colour, before)
    prober.unnoticed()


def test_roll_forward_to_a_named_release_and_refuse_an_unknown_one(machine: Machine, releases: Releases) -> None:
    newest = releases.ids[-1]
    run = releases.play("rollback", release=newest)
    assert run.code == 0, run.end
    assert machine.release == newest
    lines = len(releases.audit)
    refused = releases.play("rollback", release="20010101T000000Z-nothing")
    assert refused.code != 0
    assert "There is no release 20010101T000000Z-nothing on this machine." in refused.text
    assert f"{newest} good, live" in refused.text
    assert len(releases.audit) == lines
    assert machine.run(f"test -e {ROOT}/deploy.lock").rc != 0


def test_deploying_what_runs_says_so_and_does_nothing(machine: Machine, releases: Releases) -> None:
    artifact, release = releases.builder.build("noop")
    assert releases.deploy(artifact).code == 0
    lines, slot = len(releases.audit), machine.slot
    again = releases.deploy(artifact)
    assert again.code == 0, again.end
    assert f"{release} already runs: there is nothing to deploy." in again.text
    assert (len(releases.audit), machine.slot) == (lines, slot)


def test_a_given_artifact_that_was_changed_is_refused(releases: Releases, machine: Machine) -> None:
    artifact, _ = releases.builder.build("tampered")
    content = bytearray(artifact.read_bytes())
    content[len(content) // 2] ^= 0xFF
    artifact.write_bytes(content)
    live = machine.release
    refused = releases.deploy(artifact)
    assert refused.code != 0
    assert "The given artifact is refused, and nothing was changed" in refused.text
    assert machine.release == live


def test_a_download_and_a_slow_post_finish_on_the_old_instance(
    machine: Machine, web: Web, releases: Releases, prober: Prober
) -> None:
    found: dict[str, str] = {}
    artifact, release = releases.builder.build("drains")
    deploying = releases.begin("deploy", release_artifact=str(artifact))
    # Begun when the new instance is up: the switch, the proof and the stop of the old one come while they run.
    while machine.slot in machine.run(f"cat {ROOT}/deploy.lock").stdout:
        time.sleep(0.1)
    while '"stage": "start"' not in machine.run(f"cat {ROOT}/deploy.lock").stdout:
        time.sleep(0.1)
    download = fetch(web, "/api/v1/slow/12", found)
    with socket.create_connection((machine.address, 80), timeout=30) as post:
        post.sendall(
            b"POST /api/v1/slow-post HTTP/1.1\r\nHost: site\r\nContent-Length: 10\r\nConnection: close\r\n\r\n"
        )
        for _ in range(10):
            post.sendall(b"y")
            time.sleep(1)
        answer = HTTPResponse(post)
        answer.begin()
        counted = answer.read()
    download.join()
    done = deploying.end()
    assert done.code == 0, done.end
    assert machine.release == release
    assert (answer.status, counted) == (200, b"10")
    assert found["/api/v1/slow/12"] == "x" * 12 + "end"
    prober.unnoticed()


def test_what_never_drains_is_cut_and_said(machine: Machine, web: Web, releases: Releases, prober: Prober) -> None:
    found: dict[str, str] = {}

    def read_for_ever() -> None:
        with pytest.raises(Exception):  # noqa: B017, PT011  # however it breaks
            web.get("/api/v1/slow/600")
        found["cut"] = "yes"

    endless = threading.Thread(target=read_for_ever)
    endless.start()
    time.sleep(0.5)
    artifact, release = releases.builder.build("after-endless")
    run = releases.deploy(artifact)
    endless.join()
    assert run.code == 0, run.end
    assert "The old instance did not finish its requests within 14 s and was stopped." in run.text
    assert machine.release == release
    assert found == {"cut": "yes"}
    prober.unnoticed()


def test_an_open_tab_loads_its_chunk_after_two_more_deploys_and_old_releases_go(
    machine: Machine, web: Web, releases: Releases
) -> None:
    opened = releases.deploy_good("tab")
    releases.deploy_good("tab-one")
    releases.deploy_good("tab-two")
    assert web.get("/assets/Lazy-tab.js").text == "// lazy chunk of tab\n"
    assert web.get("/").status == 200
    assert opened in releases.ids
    # Beyond what is kept a release goes, and the assets that only it had; the running one and the one before stay.
    artifact, newest = releases.builder.build("tab-three")
    assert releases.deploy(artifact, release_keep=2).code == 0
    good = [name for name in releases.ids if releases.marks.get(name, {}).get("mark") == "good"]
    assert len(good) == 2
    assert good[-1] == newest
    assert opened not in releases.ids
    assert web.get("/assets/Lazy-tab.js").status == 404
    assert web.get("/assets/Lazy-tab-two.js").status == 200
