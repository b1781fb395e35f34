"""A small provisioned site below a temporary folder, with a dpkg and a systemctl that say what the test wants."""

from __future__ import annotations

import base64
import grp
import hashlib
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.drift.check import compare, load, write_whole

from tests.provision.conftest import PROJECT, RunModule, load_plugin

STUB = """#!{python}
import json, sys
from pathlib import Path
{body}
"""
DPKG = """
for name, state in json.loads(Path({state!r}).read_text()).items():
    print(f"{{state}}\\t{{name}}\\tmail-transport-agent (= 1), other" if name == "exim" else f"{{state}}\\t{{name}}\\t")
"""
SYSTEMCTL = """
units = json.loads(Path({state!r}).read_text())
asked = sys.argv[sys.argv.index("--") + 1 :]
print("\\n\\n".join("\\n".join(f"{{k}}={{v}}" for k, v in units[unit].items()) for unit in asked))
"""


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Site:
    """What a site.yml would have made, small."""

    PACKAGE = "venv/lib/python3.11/site-packages"

    def __init__(self, folder: Path, run_module: RunModule) -> None:
        self.root, self.run_module = folder / "srv", run_module
        self.baseline, self.report = self.root / "private/baseline.json", self.root / "shared/drift/latest.json"
        self._stubs = folder / "stubs"
        for name in ("nginx", "shared/data", "shared/drift", "private", "assets", "slots", "run", "releases"):
            (self.root / name).mkdir(parents=True)
        self._stubs.mkdir()
        for name in ("nginx/site.conf", "shared/.env", "shared/key"):
            self.replace(name, f"content of {name}\n")
        (self.root / "shared/key").chmod(0o640)
        (self.root / "shared/data").chmod(0o750)
        self.link("nginx/enabled.conf", str(self.root / "nginx/site.conf"))
        for number in (0, 1):
            self._release(number)
        self.link("current", str(self.root / "releases/r1"))
        self.link("slots/blue", str(self.root / "releases/r1"))
        self.link("run/current.sock", "blue.sock")
        self._packages = {"nginx": "installed", "exim": "installed", "curl": "installed", "gone": "config-files"}
        self._units = {
            name: {
                "Id": name,
                "LoadState": "loaded",
                "ActiveState": active,
                "UnitFileState": enabled,
                "FragmentPath": "/lib/x",
            }
            for name, active, enabled in (
                ("nginx.service", "active", "enabled"),
                ("shop-drift.timer", "active", "enabled"),
                ("shop-api@blue.service", "active", "enabled"),
                ("shop-api@green.service", "inactive", "disabled"),
                ("shop-worker.service", "active", "enabled"),
            )
        }
        self._write_stubs()
        self.things = self._things()

    def _release(self, number: int) -> None:
        files = {
            "app/main.py": f"release {number}",
            "dist/index.html": f"<html>{number}",
            "dist/release.json": "{}",
            f"dist/assets/index-{number}.js": f"asset {number}",
        }
        if number:  # the first one is of before there were jobs
            files["app/worker.py"] = "jobs"
        for name, text in files.items():
            self.replace(f"releases/r{number}/{name}", text)
        self.replace(f"assets/index-{number}.js", f"asset {number}")
        hashes = {name: sha(text.encode()) for name, text in files.items()}
        manifest = {"id": f"r{number}", "digest": f"d{number}", "files": hashes}
        self.replace(f"releases/r{number}/manifest.json", json.dumps(manifest))
        module = f"module of {number}"
        self.replace(f"releases/r{number}/{self.PACKAGE}/fastapi.py", module)
        digest = base64.urlsafe_b64encode(hashlib.sha256(module.encode()).digest()).decode().rstrip("=")
        record = f"fastapi.py,sha256={digest},{len(module)}\nfastapi-1.dist-info/RECORD,,\n__pycache__/x.pyc,,\n"
        self.replace(f"releases/r{number}/{self.PACKAGE}/fastapi-1.dist-info/RECORD", record)

    def _things(self) -> list[dict[str, Any]]:
        status = self.root.stat()
        who = {"owner": pwd.getpwuid(status.st_uid).pw_name, "group": grp.getgrgid(status.st_gid).gr_name}
        nginx = {"role": "nginx", "fix": "ansible-playbook site.yml --tags nginx"}
        service = {"role": "service", "fix": "ansible-playbook site.yml --tags service"}
        root = str(self.root)
        return [
            {
                "id": "site",
                "kind": "files",
                "paths": [f"{root}/nginx/site.conf"],
                "access": {**who, "mode": "0644"},
                **nginx,
            },
            {
                "id": "env",
                "kind": "files",
                "paths": [f"{root}/shared/.env"],
                "access": {**who, "mode": "0644"},
                **service,
            },
            {
                "id": "key",
                "kind": "files",
                "paths": [f"{root}/shared/key"],
                "access": {**who, "mode": "0640"},
                "content": False,
                **service,
            },
            {
                "id": "data",
                "kind": "folders",
                "folders": [{"path": f"{root}/shared/data", **who, "mode": "0750"}],
                **service,
            },
            {
                "id": "link",
                "kind": "link",
                "path": f"{root}/nginx/enabled.conf",
                "target": f"{root}/nginx/site.conf",
                **nginx,
            },
            {"id": "copies", "kind": "nothing_else", "pattern": f"{root}/nginx/enabled.conf?*", "but": [], **nginx},
            {"id": "packages", "kind": "packages", "packages": ["nginx", "curl=8.1", "mail-transport-agent"], **nginx},
            {"id": "nginx", "kind": "unit", "unit": "nginx.service", "vendor": True, **nginx},
            {"id": "timer", "kind": "unit", "unit": "shop-drift.timer", **nginx},
            {
                "id": "releases",
                "kind": "releases",
                "path": f"{root}/releases",
                "assets": f"{root}/assets",
                "role": "release",
                "fix": "unpack {digest} into {release}",
                "venv_fix": "rm {release}/venv/.complete",
            },
        ]

    def _write_stubs(self) -> None:
        for command, body, state in (("dpkg-query", DPKG, self._packages), ("systemctl", SYSTEMCTL, self._units)):
            file = self._stubs / f"{command}.json"
            file.write_text(json.dumps(state))
            stub = self._stubs / command
            stub.write_text(STUB.format(python=sys.executable, body=body.format(state=str(file))))
            stub.chmod(0o755)

    def replace(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o644)

    def append(self, name: str) -> None:
        with (self.root / name).open("a") as file:
            file.write("# by hand\n")

    def link(self, name: str, target: str) -> None:
        (self.root / name).unlink(missing_ok=True)
        (self.root / name).symlink_to(target)

    def dpkg(self, package: str, state: str) -> None:
        self._packages[package] = state
        self._write_stubs()

    def unit(self, name: str, **properties: str) -> None:
        self._units[name] |= properties
        self._write_stubs()

    def given(self, **changes: Any) -> dict[str, Any]:
        """The arguments of drift_baseline."""
        if changes.get("live_only"):
            return {"path": str(self.baseline), "live_only": True}
        layout = {"root": str(self.root), "run_dir": str(self.root / "run"), "lock": str(self.root / "deploy.lock")}
        layout |= {
            "api_unit": "shop-api",
            "worker_unit": "shop-worker",
            "fix": "ansible-playbook site.yml --tags release",
        }
        return {"path": str(self.baseline), "product": "shop", "layout": layout, "things": self.things, **changes}

    def record(self, *, check: bool = False, **changes: Any) -> dict[str, Any]:
        """Remember what was provisioned."""
        return self.run_module("drift_baseline", check=check, **self.given(**changes))

    def record_here(self) -> None:
        """The same without a process of its own, which is what most tests begin with."""
        remembered = load_plugin("modules", "drift_baseline").remembered({}, {**self.given(), "roles": ["all"]}, False)
        write_whole(
            self.baseline, json.dumps({**remembered, "recorded_at": "2026-11-22T03:00:00Z"}, indent=1) + "\n", 0o600
        )

    def report_now(self) -> dict[str, Any]:
        """The report of a comparison, without a process of its own."""
        report: dict[str, Any] = compare(load(self.baseline))
        return report

    def check(self, *, check: bool = False) -> dict[str, Any]:
        """Look for drift by the module."""
        return self.run_module("drift_check", check=check, baseline=str(self.baseline), report=str(self.report))

    def command(self) -> subprocess.CompletedProcess[str]:
        """Look for drift by the command of the machine, which has no Ansible."""
        words = ["-m", "drift", "--baseline", str(self.baseline), "--report", str(self.report)]
        return subprocess.run(
            ["/usr/bin/python3", "-B", *words],
            cwd=PROJECT / "plugins/module_utils",
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def stubs(self) -> str:
        return str(self._stubs)


@pytest.fixture
def site(tmp_path: Path, run_module: RunModule, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site that was just provisioned and recorded."""
    site = Site(tmp_path, run_module)
    monkeypatch.setenv("PATH", f"{site.stubs}:{os.environ['PATH']}")
    site.record_here()
    return site
