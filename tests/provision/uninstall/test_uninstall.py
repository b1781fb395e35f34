"""What the roles write outside the product's folder and what uninstalling removes must not part."""

from __future__ import annotations

import re

from tests.provision.conftest import PROJECT

ROLES = PROJECT / "roles"
REMOVED = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROLES / "uninstall").glob("*/*.yml")))


def named_paths() -> set[str]:
    """Every path in /etc, /usr/local, /run and /var that a role's tasks or variables name, as it is written there."""
    found: set[str] = set()
    for role in ROLES.iterdir():
        if role.name in ("uninstall", "preflight", "link_check"):  # they write nothing
            continue
        for file in [*role.glob("tasks/**/*.yml"), *role.glob("vars/*.yml")]:
            text = re.sub(r"^ *#.*$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            found |= {match.strip(" \"'") for match in re.findall(r'"?(/(?:etc|usr/local|run|var)/[^"\n,\]]+)"?', text)}
    return found


def plain(path: str) -> str:
    """Variables that stand for the same name are written alike."""
    for variable, name in (
        ("__drift_unit", "{{ groundwork_name }}-drift"),
        ("__groundwork_api_unit", "{{ groundwork_name }}-api"),
        ("__groundwork_worker_unit", "{{ groundwork_name }}-worker"),
        ("__model_server_unit", "{{ groundwork_name }}-model"),
    ):
        path = path.replace(f"{{{{ {variable} }}}}", name)
    return path


def test_the_paths_that_are_named_are_removed() -> None:
    ours = {plain(path) for path in named_paths() if "{{ groundwork_name }}" in plain(path)}
    assert len(ours) >= 10
    removed = plain(REMOVED)
    left = {path for path in ours if path not in removed}
    # Written another way there: folders by their variables, units by their names, each timer by its own.
    left -= {"/run/{{ groundwork_name }}", "/var/log/{{ groundwork_name }}"}
    left = {path for path in left if not path.startswith(("/etc/systemd/system/", "/etc/cron.d/"))} | {
        path for path in left if path.startswith("/etc/systemd/system/") and path.rpartition("/")[2] not in removed
    }
    assert left == set(), "name them in roles/uninstall"


def test_every_timer_is_removed() -> None:
    names = {
        name
        for file in ROLES.glob("*/tasks/**/*.yml")
        for name in re.findall(r"service_timer_name: (\w+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert names >= {"logrotate", "drift"}
    assert {name for name in names if f"/etc/cron.d/{{{{ groundwork_name }}}}-{name}" not in REMOVED} == set()
