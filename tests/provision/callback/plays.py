"""Tiny playbooks in a folder of the test's own, and how they are run: real ansible-playbook, plain pipes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

PROJECT = Path(__file__).resolve().parents[3]
PROGRAM = str(Path(sys.executable).with_name("ansible-playbook"))
CANARY = "canary-secret"
CONFIG = f"""
[defaults]
library = {PROJECT}/plugins/modules
module_utils = {PROJECT}/plugins/module_utils
callback_plugins = {PROJECT}/plugins/callback
stdout_callback = groundwork
inventory = hosts
"""
ROLES = {
    "base/tasks": """
        - name: Install the packages
          debug: {msg: "for people to read"}
          changed_when: inventory_hostname == 'web1'
        - name: Quiet items
          debug: {msg: "item {{ item }}"}
          loop: [one, two]
          when: false
        """,
    "nginx/tasks": f"""
        - name: Write the site
          set_fact: {{written: true}}
          changed_when: true
          notify: Reload
        - name: Keep a secret
          debug: {{msg: "{CANARY}"}}
          no_log: true
        - name: Guarded
          block:
            - {{name: Try it, fail: {{msg: did not work}}}}
          rescue:
            - {{name: Go on, debug: {{msg: rescued}}}}
        - name: Not important
          fail: {{msg: never mind}}
          ignore_errors: true
        - include_role: {{name: inner}}
        - import_role: {{name: inner}}
        """,
    "nginx/handlers": "\n- {name: Reload, set_fact: {done: 1}, changed_when: true}\n",
    "inner/tasks": "\n- {name: From inside, set_fact: {done: 1}, changed_when: true}\n",
    "plain/tasks": "\n- {name: Look, set_fact: {done: 1}}\n",
}
# One good row, and one that is bad on the hosts named in `bad`.
LINK_CHECK = """
    - hosts: all
      gather_facts: false
      tasks:
        - name: Prove every hop
          link_check:
            product: shop
            host: "{{ inventory_hostname }}"
            url: http://127.0.0.1:1
            public_url: "http://{{ inventory_hostname }}/"
            checks:
              - {id: config, hop: nginx, check: 配置能用, kind: command, with: {argv: ["true"]}}
              - id: front
                hop: browser → nginx
                check: Front page
                kind: "{{ 'front_page' if inventory_hostname in bad else 'command' }}"
                with: "{{ {} if inventory_hostname in bad else {'argv': ['true']} }}"
                fix: ./repair
    """
Write = Callable[..., list[str]]
HOSTS = "web1 ansible_connection=local\nweb2 ansible_connection=local\n"


def write_project(folder: Path, playbook: str, *options: str, hosts: str = HOSTS) -> list[str]:
    """Write the project into a folder and return the command that runs it."""
    (folder / "ansible.cfg").write_text(CONFIG)
    python = f"[all:vars]\nansible_python_interpreter={sys.executable}\n"
    (folder / "hosts").write_text(hosts + python)
    for name, text in ROLES.items():
        (folder / "roles" / name).mkdir(parents=True, exist_ok=True)
        (folder / "roles" / name / "main.yml").write_text(dedent(text))
    (folder / "play.yml").write_text(dedent(playbook))
    return [PROGRAM, "play.yml", *options]


def environment(folder: Path, columns: int = 100) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    return kept | {"ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "COLUMNS": str(columns), "ANSIBLE_NOCOLOR": "1"}


def run(folder: Path, command: list[str], *, code: int = 0, columns: int = 100) -> str:
    """Standard output; whatever Ansible says about a broken callback goes to the other one and is refused."""
    done = subprocess.run(
        command, cwd=folder, env=environment(folder, columns), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "allback" not in done.stderr
    return done.stdout


def without_times(output: str) -> str:
    return re.sub(r"\.{3,} (.*?) +\d+\.\d s", r"... \1", output)
