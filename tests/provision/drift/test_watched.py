"""The table of what is watched and the tasks that write it must not part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.provision.conftest import PROJECT

ROLES = PROJECT / "roles"
# Written by a role and not watched, each with its reason.
NOT_WATCHED = {
    "/etc/apt/sources.list.d/debian.sources",  # Debian's own file, which administrators edit
    "/etc/apt/sources.list",  # the same
    "{{ __groundwork_log_dir }}/{{ item }}.log",  # logs change by themselves
    "{{ uv_root }}.requirements.txt",  # a tool's, made anew when it differs
    "{{ __web_build_mark }}",  # on the controller
    "{{ __groundwork_log_dir }}/model.log",  # a log
    "{{ __backup_restore_plan }}",  # gone when the restore has ended
    "{{ __backup_restore_key }}",  # the same
    "{{ __model_server_ollama_given }}",  # a program that the user gave, in a folder of the name of its content
}
# Watched, though the table spells it otherwise than the task that loops over it.
SPELT_OTHERWISE = {
    "/usr/local/share/ca-certificates/{{ item | basename | splitext | first }}.crt": "certificates",
    "{{ __service_programs }}/api-{{ service_colour }}.conf": "supervisor-api",
    "/etc/cron.d/{{ groundwork_name }}-{{ service_timer_name }}": "drift-cron",
    "{{ __model_server_tools }}/{{ item }}": "model-programs",
}


def tasks(document: Any) -> Iterator[dict[str, Any]]:
    for task in document or []:
        yield task
        for key in ("block", "rescue", "always"):
            yield from tasks(task.get(key))


def written(role: Path) -> Iterator[str]:
    for file in sorted(role.glob("tasks/**/*.yml")):
        for task in tasks(yaml.safe_load(file.read_text(encoding="utf-8"))):
            for module in ("ansible.builtin.template", "ansible.builtin.copy"):
                if "dest" in task.get(module, {}):
                    yield str(task[module]["dest"])


def plain(text: str) -> str:
    """The same path, however its template is written."""
    return re.sub(r"\s|'|\"|~|{{|}}", "", text)


TABLE = (ROLES / "drift/vars/main.yml").read_text(encoding="utf-8")
WATCHED = plain(TABLE)


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir() if (path / "tasks").is_dir()))
def test_every_file_that_a_role_writes_is_watched(role: str) -> None:
    missing = [
        path
        for path in written(ROLES / role)
        if path not in NOT_WATCHED | set(SPELT_OTHERWISE) and plain(path) not in WATCHED
    ]
    assert missing == [], "add them to roles/drift/vars/main.yml, or to NOT_WATCHED with the reason"


def test_every_job_of_cron_is_watched() -> None:
    """One task file writes them all, so each is known by the name that its role gives it."""
    every = [task for file in ROLES.glob("*/tasks/**/*.yml") for task in tasks(yaml.safe_load(file.read_text("utf-8")))]
    names = {task["vars"]["service_timer_name"] for task in every if "service_timer_name" in task.get("vars", {})}
    assert len(names) >= 2
    assert [name for name in names if f"/etc/cron.d/{{{{ groundwork_name }}}}-{name}" not in TABLE] == []


def test_the_exceptions_are_real() -> None:
    assert (NOT_WATCHED | set(SPELT_OTHERWISE)) - {path for role in ROLES.iterdir() for path in written(role)} == set()
    assert all(f"id: {name}\n" in TABLE for name in SPELT_OTHERWISE.values())


def test_each_thing_is_named_once_and_says_what_mends_it() -> None:
    variables = yaml.safe_load((ROLES / "drift/vars/main.yml").read_text(encoding="utf-8"))
    for provider, more in variables["__drift_provider_things"].items():
        of_model = variables["__drift_model_things"] + variables["__drift_model_provider_things"][provider]
        things = variables["__drift_things"] + more + of_model
        assert len({thing["id"] for thing in things}) == len(things), provider
        assert all(thing["fix"] and (ROLES / thing["role"]).is_dir() for thing in things)
