"""Break the machine by hand as people do, see the proof say so, run site.yml, see it whole again."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from conftest import Break, Proof


@dataclass(frozen=True)
class Mishap:
    """What somebody did by hand, as a shell command, and the rows that it breaks."""

    name: str
    breaks: str
    rows: str


OF_THE_API = (
    "service-api gunicorn-processes api-loopback login readiness migrations release-served job-round jobs-waiting"
)

# Those of one group break other rows than each other: in the short form they are made together, and one run of site.yml
# has to repair them all.
TOGETHER = [
    [
        Mishap(
            "deleted unit file",
            "rm /etc/systemd/system/groundwork-api@.service; systemctl daemon-reload",
            "service-api",
        ),
        Mishap(
            "deleted unit file of the worker",
            "rm /etc/systemd/system/groundwork-worker.service; systemctl daemon-reload",
            "service-worker",
        ),
        Mishap("edited nginx.conf", "echo 'oops;' >> /etc/nginx/nginx.conf", "nginx-config"),
    ],
    [
        Mishap("stopped worker", "systemctl disable --now groundwork-worker", "service-worker job-round"),
        Mishap(
            "chmod 700 on a folder above dist",
            "chmod 700 /srv/groundwork/releases",
            "dist-walkable front-page dashboard-refresh deep-link-refresh release-served",
        ),
    ],
    [Mishap("removed venv", "rm -rf $release/venv; systemctl restart $unit || true; sleep 1", OF_THE_API)],
    [Mishap("stopped service", "systemctl stop $unit", OF_THE_API)],
]
GROUPS = [[each] for group in TOGETHER for each in group] if os.environ.get("GROUNDWORK_FULL") else TOGETHER


@pytest.mark.parametrize("mishaps", GROUPS, ids=[", ".join(each.name for each in group) for group in GROUPS])
def test_site_repairs_it(do: Break, proof: Proof, mishaps: list[Mishap]) -> None:
    for mishap in mishaps:
        do(mishap.breaks)
    try:
        assert proof.failing() == {row for mishap in mishaps for row in mishap.rows.split()}
    finally:
        proof.site()
    assert proof.failing() == set()
