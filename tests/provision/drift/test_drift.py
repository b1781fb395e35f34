"""Every change made by hand is named, with what mends it, and nothing else is."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.drift import asked

from tests.provision.conftest import RunModule
from tests.provision.drift.conftest import Site


def findings(site: Site) -> dict[str, dict[str, str]]:
    """What is named, by path relative to the site."""
    found = site.report_now()["findings"]
    assert len({finding["path"] for finding in found}) == len(found)
    return {finding["path"].removeprefix(f"{site.root}/"): finding for finding in found}


def test_nothing_right_after_provisioning(site: Site) -> None:
    assert findings(site) == {}
    assert site.check()["failed"] is False
    report = json.loads(site.report.read_text())
    assert (report["ok"], report["findings"], report["release"]) == (True, [], "r1")
    assert site.report.stat().st_mode & 0o777 == 0o640


CHANGES: dict[str, tuple[str, str, Callable[[Site], object]]] = {
    "an edited file": ("file", "nginx/site.conf", lambda site: site.append("nginx/site.conf")),
    "a deleted file": ("file", "nginx/site.conf", lambda site: (site.root / "nginx/site.conf").unlink()),
    "the settings": ("file", "shared/.env", lambda site: site.append("shared/.env")),
    "the mode of a folder": ("mode", "shared/data", lambda site: (site.root / "shared/data").chmod(0o777)),
    "a deleted folder": ("file", "shared/data", lambda site: (site.root / "shared/data").rmdir()),
    "the mode of a secret": ("mode", "shared/key", lambda site: (site.root / "shared/key").chmod(0o644)),
    "a deleted secret": ("file", "shared/key", lambda site: (site.root / "shared/key").unlink()),
    "a link elsewhere": ("link", "nginx/enabled.conf", lambda site: site.link("nginx/enabled.conf", "/dev/null")),
    "a link that is a file": ("link", "nginx/enabled.conf", lambda site: site.replace("nginx/enabled.conf", "copy")),
    "an editor's copy": ("file", "nginx/enabled.conf~", lambda site: site.replace("nginx/enabled.conf~", "copy")),
    "a file of the release": ("file", "releases/r1/app/main.py", lambda site: site.append("releases/r1/app/main.py")),
    "a file too many in it": ("file", "releases/r1/app/new.py", lambda site: site.append("releases/r1/app/new.py")),
    "a page of dist": ("file", "releases/r1/dist/index.html", lambda site: site.append("releases/r1/dist/index.html")),
    "the release kept for a rollback": (
        "file",
        "releases/r0/app/main.py",
        lambda site: site.append("releases/r0/app/main.py"),
    ),
    "a package of the environment": (
        "file",
        f"releases/r1/{Site.PACKAGE}/fastapi.py",
        lambda site: site.append(f"releases/r1/{Site.PACKAGE}/fastapi.py"),
    ),
    "a deleted asset": ("file", "assets/index-1.js", lambda site: (site.root / "assets/index-1.js").unlink()),
    "an edited asset of an older release": ("file", "assets/index-0.js", lambda site: site.append("assets/index-0.js")),
    "current moved": ("link", "current", lambda site: site.link("current", str(site.root / "releases/r0"))),
    "the socket moved": ("link", "run/current.sock", lambda site: site.link("run/current.sock", "green.sock")),
    "a slot moved": ("link", "slots/blue", lambda site: site.link("slots/blue", str(site.root / "releases/r0"))),
    "a removed package": ("package", "nginx", lambda site: site.dpkg("nginx", "config-files")),
    "a disabled timer": (
        "unit",
        "shop-drift.timer",
        lambda site: site.unit("shop-drift.timer", UnitFileState="disabled"),
    ),
    "a stopped unit": ("unit", "nginx.service", lambda site: site.unit("nginx.service", ActiveState="inactive")),
    "a masked unit": ("unit", "nginx.service", lambda site: site.unit("nginx.service", LoadState="masked")),
    "the other colour enabled": (
        "unit",
        "shop-api@green.service",
        lambda site: site.unit("shop-api@green.service", UnitFileState="enabled"),
    ),
    "a unit in place of the package's": (
        "unit",
        "nginx.service",
        lambda site: site.unit("nginx.service", FragmentPath="/etc/systemd/system/nginx.service"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_change_is_one_finding_with_its_cure(site: Site, change: str) -> None:
    kind, path, make = CHANGES[change]
    make(site)
    found = findings(site)
    assert list(found) == [path]
    assert found[path]["kind"] == kind
    assert all(found[path].values())
    assert found[path]["expected"] != found[path]["observed"]


@pytest.mark.parametrize(
    ("unit", "folder", "applies"),
    [
        ("shop-api@blue.service", "shop-api@blue.service.d", True),
        ("shop-api@blue.service", "shop-api@.service.d", True),
        ("shop-api@blue.service", "shop-.service.d", True),
        ("shop-api@blue.service", "shop-api@green.service.d", False),
        ("shop-api@blue.service", "shopping-.service.d", False),
        ("nginx.service", "nginx.service.d", True),
        ("nginx.service", "nginx.timer.d", False),
    ],
)
def test_drop_ins_that_apply_are_found(site: Site, tmp_path: Path, unit: str, folder: str, applies: bool) -> None:
    conf = tmp_path / "systemd" / folder / "hand.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("[Service]\nNice=5\n")
    thing = {"kind": "unit", "unit": unit, "fix": "site.yml"}
    found = list(asked.units([thing], places=[str(tmp_path / "systemd")]))
    assert [finding.path for finding in found] == ([str(conf)] if applies else [])
    assert list(asked.units([{**thing, "drop_ins": [str(conf)]}], places=[str(tmp_path / "systemd")])) == []


def test_an_administrator_s_places_are_looked_at() -> None:
    assert {"/etc/systemd/system", "/run/systemd/system"} < set(asked.DROP_IN_PLACES)
    assert not any(place.startswith(("/usr", "/lib")) for place in asked.DROP_IN_PLACES)


def test_ten_changes_are_ten_findings(site: Site) -> None:
    ten = [name for name in CHANGES if name not in ("a deleted file", "a deleted folder", "a deleted secret")][:10]
    for name in ten:
        if name != "a link that is a file":
            CHANGES[name][2](site)
    assert set(findings(site)) == {CHANGES[name][1] for name in ten}
    result = site.check()
    assert result["failed"] is True
    assert len(result["msg"].splitlines()) == len(set(findings(site))) + 1
    assert set(result["fix"].splitlines()) == {finding["fix"] for finding in findings(site).values()}


def test_what_is_no_drift(site: Site) -> None:
    cache = site.root / "releases/r1/app/__pycache__"
    cache.mkdir()
    (cache / "main.cpython-311.pyc").write_bytes(b"x")
    (site.root / "shared/data/shop.db").write_bytes(b"rows")
    (site.root / "assets/of-a-pruned-release.js").write_text("kept for open tabs")
    (site.root / "releases/r2.partial").mkdir()
    (site.root / "releases/r2.partial/manifest.json").write_text('{"files": {"app/main.py": "00"}}')
    site.unit("shop-api@green.service", ActiveState="deactivating")  # drains
    os.utime(site.root / "nginx/site.conf")
    assert findings(site) == {}


def test_while_somebody_deploys_what_is_live_is_not_compared(site: Site) -> None:
    site.link("current", str(site.root / "releases/r0"))
    site.append("nginx/site.conf")
    (site.root / "deploy.lock").write_text("{}")
    assert list(findings(site)) == ["nginx/site.conf"]
    assert "deployment" in site.report_now()["note"]
    os.utime(site.root / "deploy.lock", (0, 0))  # a lock that somebody forgot hides nothing
    assert set(findings(site)) == {"nginx/site.conf", "current"}


def test_a_deployment_moves_what_is_live_and_hides_no_other_drift(site: Site) -> None:
    site.append("nginx/site.conf")
    for link in ("current", "slots/green"):
        site.link(link, str(site.root / "releases/r0"))
    site.link("run/current.sock", "green.sock")
    site.unit("shop-api@blue.service", ActiveState="inactive", UnitFileState="disabled")
    site.unit("shop-api@green.service", ActiveState="active", UnitFileState="enabled")
    assert {"current", "run/current.sock"} < set(findings(site))
    assert site.record(live_only=True)["changed"] is True
    assert set(findings(site)) == {"nginx/site.conf", "shop-worker.service"}
    site.unit("shop-worker.service", ActiveState="inactive", UnitFileState="disabled")
    assert list(findings(site)) == ["nginx/site.conf"]
    assert site.record(live_only=True)["changed"] is False


def test_a_run_of_one_role_hides_no_drift_of_another(site: Site) -> None:
    site.append("nginx/site.conf")
    site.append("shared/.env")
    site.record(roles=["service"])
    assert list(findings(site)) == ["nginx/site.conf"]
    site.record(roles=["nginx", "service"])
    assert findings(site) == {}


def test_a_second_recording_changes_nothing(site: Site) -> None:
    before = site.baseline.read_text()
    assert site.record()["changed"] is False
    assert site.baseline.read_text() == before
    assert site.baseline.stat().st_mode & 0o777 == 0o600


def test_check_mode_writes_nothing(site: Site) -> None:
    site.append("nginx/site.conf")
    before = site.baseline.read_text()
    assert site.record(check=True)["changed"] is True
    assert site.baseline.read_text() == before
    assert site.check(check=True)["failed"] is True
    assert not site.report.exists()


def test_secrets_are_never_read(site: Site) -> None:
    text = site.baseline.read_text()
    assert hashlib.sha256((site.root / "shared/key").read_bytes()).hexdigest() not in text
    assert hashlib.sha256((site.root / "shared/.env").read_bytes()).hexdigest() in text
    site.append("shared/.env")
    site.check()
    assert hashlib.sha256((site.root / "shared/.env").read_bytes()).hexdigest() not in site.report.read_text()


def test_a_listed_file_that_no_role_wrote_is_an_error(site: Site) -> None:
    site.things[0]["paths"].append(f"{site.root}/nginx/never-written.conf")
    result = site.record()
    assert result["failed"] is True
    assert "never-written.conf" in result["msg"]


@pytest.mark.parametrize(
    ("content", "says"), [(None, "not there yet"), ("{", "cannot be read"), ('{"schema": 9}', "another version")]
)
def test_without_a_good_baseline_it_says_so(site: Site, content: str | None, says: str) -> None:
    site.baseline.unlink()
    if content is not None:
        site.baseline.write_text(content)
    result = site.check()
    assert (result["failed"], says in result["msg"]) == (True, True)
    assert not site.report.exists()
    assert site.record()["changed"] is True


def test_a_kind_that_does_not_exist_is_not_passed_over(site: Site) -> None:
    site.things.append({"id": "x", "kind": "file", "role": "nginx", "fix": "none"})
    site.record()
    assert "nothing of the kind 'file'" in site.check()["msg"]


@pytest.mark.parametrize(("drift", "status"), [(False, 0), (True, 1)])
def test_the_machine_s_own_command_says_the_same(site: Site, drift: bool, status: int) -> None:
    if drift:
        site.append("nginx/site.conf")
    done = site.command()
    assert (done.returncode, done.stderr) == (status, "")
    assert json.loads(site.report.read_text())["ok"] is not drift
    lines = done.stdout.splitlines()
    assert len(lines) == 1 + drift
    if drift:
        assert lines[0].startswith(
            f"file {site.root}/nginx/site.conf: expected the content as provisioned, found changed "
        )
        assert lines[0].endswith("; fix: ansible-playbook site.yml --tags nginx")


def test_the_machine_s_own_command_before_anything_is_proven(site: Site) -> None:
    site.baseline.unlink()
    done = site.command()
    assert (done.returncode, done.stdout) == (0, "nothing has been provisioned and proven here yet\n")


def test_the_digest_in_pip_s_records_is_understood(site: Site) -> None:
    content = (site.root / f"releases/r1/{Site.PACKAGE}/fastapi.py").read_bytes()
    recorded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    assert recorded in (site.root / f"releases/r1/{Site.PACKAGE}/fastapi-1.dist-info/RECORD").read_text()


def test_the_program_is_written_once_and_whole(run_module: RunModule, tmp_path: Path) -> None:
    arguments: dict[str, Any] = {
        "path": str(tmp_path / "drift"),
        "files": {"__main__.py": "print(1)\n", "a.py": "x = 1\n"},
    }
    assert run_module("drift_program", check=True, **arguments)["changed"] is True
    assert not (tmp_path / "drift").exists()
    assert run_module("drift_program", **arguments)["changed_files"] == ["__main__.py", "a.py"]
    assert run_module("drift_program", **arguments)["changed"] is False
    (tmp_path / "drift" / "old.py").write_text("left of an older version")
    assert run_module("drift_program", **arguments)["changed_files"] == ["old.py"]
    assert sorted(path.name for path in (tmp_path / "drift").iterdir()) == ["__main__.py", "a.py"]
