"""Break one thing for real, see exactly its row fail, mend it, see the table green.

Where one break cannot but take others with it, the whole set is stated; nothing outside the set may fail. In the short
form it is the next one's proof that sees each of them mended, in the long form (GROUNDWORK_FULL=1) one of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from conftest import Break, Proof


@dataclass(frozen=True)
class Fault:
    """One way to break a site. `mend` undoes `breaks`; both are shell commands."""

    name: str
    breaks: str
    mend: str
    rows: str


def edited(change: str) -> tuple[str, str]:
    """Break and mend an edit of the site's configuration, made with sed."""
    reload = "systemctl reload nginx; sleep 1"
    return (
        f"cp -a $site /root/site.keep; sed -i '{change}' $site; nginx -t; {reload}",
        f"mv /root/site.keep $site; {reload}",
    )


JOBS = "job-round jobs-waiting"
THROUGH_NGINX = (
    f"front-page login dashboard-refresh deep-link-refresh missing-asset readiness migrations release-served {JOBS}"
)
OF_THE_API = f"service-api gunicorn-processes api-loopback login readiness migrations release-served {JOBS}"
OF_THE_PAGES = "front-page dashboard-refresh deep-link-refresh release-served"
HOLD_THE_LOCK = (
    'import sqlite3, sys, time; db = sqlite3.connect(sys.argv[1]); db.execute("begin exclusive"); time.sleep(120)'
)
SET_VERSION = (
    'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute("update alembic_version set version_num = ?",'
    " sys.argv[2:]); db.commit()"
)
ASK = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()"
WAITING_JOB = (
    "update job set state = 'queued', created_at = '2026-01-01 00:00:00.000000' where id = (select max(id) from job)"
)
NO_WAITING_JOB = "update job set state = 'done' where state = 'queued'"
WORKER = "service-worker job-round"
OTHER_RELEASE = (
    "cp -al $release /srv/groundwork/releases/other; rm /srv/groundwork/releases/other/manifest.json;"
    ' sed \'s/"id": *"/&other-/\' $release/manifest.json >/srv/groundwork/releases/other/manifest.json;'
    " mkdir -p /run/systemd/system/groundwork-worker.service.d;"
    " printf '[Service]\\nWorkingDirectory=/srv/groundwork/releases/other\\n'"
    " >/run/systemd/system/groundwork-worker.service.d/z.conf; systemctl daemon-reload;"
)
DATABASE = "/srv/groundwork/shared/data/groundwork.db"
PROBE = "/srv/groundwork/shared/private/probe-password"
BACKUP_KEY = "/srv/groundwork/shared/private/backup-key"
BACKUP_REPORT = "/srv/groundwork/shared/backup/latest.json"
LONG_AGO = """sed -i 's/"made_at": "20/"made_at": "19/'"""

FAULTS = [
    Fault(
        "an asset that the front page names is gone",
        "asset=$(grep -o '/assets/[^\"]*[.]js' $release/dist/index.html | head -1);"
        " mv /srv/groundwork$asset /srv/groundwork/assets/away",
        "asset=$(grep -o '/assets/[^\"]*[.]js' $release/dist/index.html | head -1);"
        " mv /srv/groundwork/assets/away /srv/groundwork$asset",
        "front-page",
    ),
    Fault(
        "the probe's password is wrong",
        f"cp -a {PROBE} /root/keep; echo wrong > {PROBE}",
        f"mv /root/keep {PROBE}",
        "login job-round",
    ),
    Fault(
        "a page does not fall back",
        *edited("s|location / {|location = /dashboard { return 404; } &|"),
        "dashboard-refresh",
    ),
    Fault(
        "deep links do not fall back",
        *edited("s|location / {|location /system/ { return 404; } &|"),
        "deep-link-refresh",
    ),
    Fault(
        "nothing falls back",
        *edited("s|try_files $uri /index.html|try_files $uri =404|"),
        "front-page dashboard-refresh deep-link-refresh",
    ),
    Fault("a missing asset is the app", *edited("s|try_files $uri =404|try_files $uri /index.html|"), "missing-asset"),
    Fault("nginx listens elsewhere", *edited("s/listen \\(.*\\)80/listen \\181/"), f"nginx-listens {THROUGH_NGINX}"),
    Fault(
        "the api answers another path",
        *edited("s|location /api/ {|location /api-moved/ {|"),
        f"login readiness migrations {JOBS}",
    ),
    Fault(
        "nginx.conf is nonsense",
        "echo nonsense >> /etc/nginx/nginx.conf",
        "sed -i '$d' /etc/nginx/nginx.conf",
        "nginx-config",
    ),
    Fault(
        "one worker too few",
        "kill -TTOU $(systemctl show -P MainPID $unit); sleep 3",
        "kill -TTIN $(systemctl show -P MainPID $unit); sleep 5",
        "gunicorn-processes",
    ),
    Fault(
        "port 8000 is public",
        "systemd-run --quiet --unit=public-8000"
        " python3 -m http.server 8000 --bind $(hostname -I | cut -d' ' -f1); sleep 1",
        "systemctl stop public-8000",
        "api-loopback",
    ),
    Fault(
        "dist cannot be entered", "chmod 700 $release/dist", "chmod 755 $release/dist", f"dist-walkable {OF_THE_PAGES}"
    ),
    Fault(
        "dist has no assets",
        "mv $release/dist/assets /root/assets",
        "mv /root/assets $release/dist/assets",
        "dist-content",
    ),
    Fault("nginx does not start at boot", "systemctl disable nginx", "systemctl enable nginx", "service-nginx"),
    Fault(
        "nginx stays dead when it dies",
        "mkdir -p /run/systemd/system/nginx.service.d; cd /run/systemd/system/nginx.service.d;"
        " printf '[Service]\\nRestart=no\\n' > z.conf; systemctl daemon-reload",
        "rm /run/systemd/system/nginx.service.d/z.conf; systemctl daemon-reload",
        "service-nginx",
    ),
    Fault(
        "nginx is stopped",
        "systemctl stop nginx",
        "systemctl start nginx",
        f"service-nginx nginx-listens {THROUGH_NGINX}",
    ),
    Fault(
        "the drift timer is stopped",
        "systemctl stop groundwork-drift.timer",
        "systemctl start groundwork-drift.timer",
        "timers",
    ),
    Fault(
        "nginx may not enter what the app has made",
        "chmod 700 /srv/groundwork/shared/data",
        "chmod 751 /srv/groundwork/shared/data",
        "output-walkable",
    ),
    Fault("the worker is stopped", "systemctl stop groundwork-worker", "systemctl start groundwork-worker", WORKER),
    Fault(
        "the worker does not start at boot",
        "systemctl disable groundwork-worker",
        "systemctl enable groundwork-worker",
        "service-worker",
    ),
    Fault(
        "the worker stays dead when it dies",
        "mkdir -p /run/systemd/system/groundwork-worker.service.d; cd /run/systemd/system/groundwork-worker.service.d;"
        " printf '[Service]\\nRestart=no\\n' > z.conf; systemctl daemon-reload",
        "rm /run/systemd/system/groundwork-worker.service.d/z.conf; systemctl daemon-reload",
        "service-worker",
    ),
    Fault(
        "the worker does nothing",
        "kill -STOP $(systemctl show -P MainPID groundwork-worker)",
        "kill -CONT $(systemctl show -P MainPID groundwork-worker)",
        "job-round",
    ),
    Fault(
        "the worker is of another release",
        # As if it had been forgotten at the last deployment: it runs, and its manifest says another name.
        f"{OTHER_RELEASE} systemctl restart groundwork-worker; sleep 5",
        "rm -rf /run/systemd/system/groundwork-worker.service.d /srv/groundwork/releases/other;"
        " systemctl daemon-reload; systemctl restart groundwork-worker",
        "job-round",
    ),
    Fault(
        "a job has waited too long",
        f"systemctl stop groundwork-worker; python3 -c '{ASK}' {DATABASE} \"{WAITING_JOB}\"",
        f"python3 -c '{ASK}' {DATABASE} \"{NO_WAITING_JOB}\"; systemctl start groundwork-worker",
        f"{WORKER} jobs-waiting",
    ),
    Fault("the api does not start at boot", "systemctl disable $unit", "systemctl enable $unit", "service-api"),
    Fault("the api is stopped", "systemctl stop $unit", "systemctl start $unit; sleep 5", OF_THE_API),
    Fault(
        "another process holds the database",
        f"systemd-run --quiet --unit=hold-lock python3 -c '{HOLD_THE_LOCK}' {DATABASE}; sleep 1",
        "systemctl stop hold-lock",
        "readiness login job-round",
    ),
    Fault(
        "the database has another schema",
        f"groundwork db check; python3 -c '{SET_VERSION}' {DATABASE} nonsense",
        "head=$(grep -rhoP '^revision[^=]*= *\"\\K\\w+' $release/app/migrations/versions | sort | tail -1);"
        f" python3 -c '{SET_VERSION}' {DATABASE} $head; groundwork db check",
        "migrations",
    ),
    Fault(
        "the last backup failed",
        f"groundwork backup && cp -a {BACKUP_KEY} /root/keep && echo another > {BACKUP_KEY}; ! groundwork backup",
        f"mv /root/keep {BACKUP_KEY}; groundwork backup",
        "backup-result",
    ),
    Fault(
        "the last good backup is too old",
        f"groundwork backup && cp -a {BACKUP_REPORT} /root/keep; {LONG_AGO} {BACKUP_REPORT}",
        f"mv /root/keep {BACKUP_REPORT}",
        "backup-age",
    ),
    Fault(
        "the pages are of another release",
        'cp -a $release/dist/release.json /root/keep; sed -i \'s/"id": *"/&stale-/\' $release/dist/release.json',
        "mv /root/keep $release/dist/release.json",
        "release-served",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_exactly_its_rows_fail(do: Break, proof: Proof, fault: Fault) -> None:
    do(fault.breaks)
    try:
        assert proof.failing() == set(fault.rows.split())
    finally:
        do(fault.mend)
    if os.environ.get("GROUNDWORK_FULL") or fault is FAULTS[-1]:
        assert proof.failing() == set()
