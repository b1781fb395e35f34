#!/usr/bin/python
# Copyright: the Groundwork authors
# MIT License (see LICENSE)
"""Proves each hop from the browser to the database, and says why one fails."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.link_check import report as reports
from ansible.module_utils.link_check import table
from ansible.module_utils.link_check.model import Context

DOCUMENTATION = r"""
---
module: link_check
short_description: Prove each hop from the browser to the database
description:
  - Looks at what runs on this machine and returns a row for each check, with cause and fix when it fails.
  - It only looks. All it writes is its own report, and not even that in check mode; C(changed) is always false.
  - In check mode a failed row is a warning, since the table may be about what a real run would change first.
  - Needs root to see who holds a port and to find out what another user may enter.
options:
  product:
    description: Name of the product, kept in the report.
    type: str
    required: true
  host:
    description: Name of this machine in the report. Its own host name by default.
    type: str
    default: ''
  url:
    description: Base URL that is asked from this machine, or C(unix:/path) to ask a unix socket.
    type: str
    required: true
  public_url:
    description: URL that people use, shown in the report. The same as O(url) by default.
    type: str
    default: ''
  host_header:
    description: Host header to send when it differs from the host in O(url).
    type: str
    default: ''
  release:
    description: Id of the release that must be served.
    type: str
    default: ''
  socket:
    description: Unix socket that nginx passes requests on to; looked at to explain an answer of 502.
    type: str
    default: ''
  report_dir:
    description: Folder for C(latest.json) and C(history/); its parent must exist. Nothing is written when empty.
    type: str
    default: ''
  report_group:
    description: Group that may read the report.
    type: str
    default: ''
  report_keep:
    description: How many reports the history keeps.
    type: int
    default: 50
  timeout:
    description: Seconds that one request or command may take.
    type: float
    default: 5.0
  wait_seconds:
    description: Longest wait for the first row to pass before the table is run.
    type: int
    default: 0
  settle_seconds:
    description: Seconds after which the first row must still pass, looked at all the while.
    type: int
    default: 0
  checks:
    description: The rows of the table, in order.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Name of the row, unique in the table.
        type: str
        required: true
      hop:
        description: The link it proves, such as C(browser → nginx).
        type: str
        required: true
      check:
        description: What is proved, in words.
        type: str
        required: true
      kind:
        description:
          - What is looked at. The kinds and the arguments each takes in RV(ignore:with) are
          - C(front_page) [path], C(status) path [status contains content_type absent],
          - C(login_round_trip) username password_file, C(ready) path [check], C(release_served) api_path web_path,
          - C(job_round_trip) username password_file seconds, C(jobs_waiting) path seconds,
          - C(model_answers) url [model],
          - C(gunicorn_processes) workers and one of unit, program and pidfile, C(loopback_only) port [process],
          - C(listening) ports [process], C(command) argv, C(walkable) user path, C(directory) path entries,
          - C(systemd_service) unit [restart], C(systemd_timers) units, C(supervisor_program) program.
        type: str
        required: true
      fix:
        description: Command that repairs it, shown when the kind knows no better one.
        type: str
        default: ''
      with:
        description: Arguments of the kind.
        type: dict
        default: {}
      only_where:
        description: File or folder without which the row is left out, for it would be about what is not there.
        type: path
        default: /
author:
  - The Groundwork authors
"""

EXAMPLES = r"""
- name: Prove every hop
  link_check:
    product: groundwork
    url: http://127.0.0.1:80
    public_url: https://example.org
    host_header: example.org
    release: 20261121T090000Z-1a2b3c4
    socket: /run/groundwork/current.sock
    report_dir: /srv/groundwork/shared/link-check
    report_group: groundwork
    checks:
      - id: front-page
        hop: browser → nginx
        check: Front page and every asset it names answer 200
        kind: front_page
        fix: ansible-playbook site.yml --tags release,nginx
        with: {path: /}
      - id: nginx-config
        hop: nginx
        check: nginx accepts its configuration
        kind: command
        with: {argv: [nginx, -t]}
"""

RETURN = r"""
link_check:
  description: The report, the same as is written to C(latest.json).
  returned: always, unless the parameters are wrong
  type: dict
  sample:
    schema: 1
    product: groundwork
    host: web1
    url: https://example.org
    release: 20261121T090000Z-1a2b3c4
    started_at: '2026-11-21T09:01:02.345Z'
    ms: 123.4
    ok: true
    passed: 1
    failed: 0
    rows:
      - id: front-page
        hop: browser → nginx
        check: Front page and every asset it names answer 200
        expected: 200 with the app's HTML, each of its assets 200
        observed: 200, 4 assets 200, 3 of them compressed
        ok: true
        ms: 12.3
        cause: ''
        fix: ''
msg:
  description: One line for a person.
  returned: always
  type: str
  sample: '2 of 16 link checks failed: login, readiness'
"""


def main() -> None:
    text = {"type": "str", "default": ""}
    needed = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "product": needed,
            "host": text,
            "url": needed,
            "public_url": text,
            "host_header": text,
            "release": text,
            "socket": text,
            "report_dir": text,
            "report_group": text,
            "report_keep": {"type": "int", "default": 50},
            "timeout": {"type": "float", "default": 5.0},
            "wait_seconds": {"type": "int", "default": 0},
            "settle_seconds": {"type": "int", "default": 0},
            "checks": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "id": needed,
                    "hop": needed,
                    "check": needed,
                    "kind": needed,
                    "fix": text,
                    "with": {"type": "dict", "default": {}},
                    "only_where": {"type": "path", "default": "/"},
                },
            },
        },
        supports_check_mode=True,
    )
    given = module.params
    url = urlsplit(given["url"])
    if not (url.scheme in ("http", "https") and url.hostname) and not (
        url.scheme == "unix" and url.path.startswith("/")
    ):
        module.fail_json(msg=f"url must be an http or https address or unix:/path/of/a.sock, not {given['url']!r}")
    if given["timeout"] <= 0 or given["report_keep"] < 1:
        module.fail_json(msg="timeout must be more than 0, and report_keep at least 1")
    try:
        checks = table.prepare(given["checks"])
    except table.BadCheckError as error:
        module.fail_json(msg=str(error))
    if not checks:
        module.fail_json(msg="checks is empty: a table without rows proves nothing")

    context = Context(
        **{key: given[key] for key in ("url", "public_url", "host_header", "release", "socket", "timeout")}
    )
    started, clock = reports.now(), time.monotonic()
    rows = table.run_steadily(context, checks, given["wait_seconds"], given["settle_seconds"])
    milliseconds = (time.monotonic() - clock) * 1000
    report = reports.build(given["product"], given["host"] or platform.node(), context, started, milliseconds, rows)
    if given["report_dir"] and not module.check_mode:
        try:
            reports.write(report, Path(given["report_dir"]), given["report_group"], given["report_keep"])
        except reports.ReportNotWrittenError as error:
            module.fail_json(msg=f"{table.summary(rows)}; {error}", link_check=report)
    if not report["ok"] and module.check_mode:
        module.warn(f"{table.summary(rows)}. In check mode that decides nothing: a real run may mend it first.")
    elif not report["ok"]:
        module.fail_json(msg=table.summary(rows), link_check=report)
    module.exit_json(changed=False, msg=table.summary(rows), link_check=report)


if __name__ == "__main__":
    main()
