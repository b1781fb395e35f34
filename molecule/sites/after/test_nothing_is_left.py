"""The second product was removed: only its data is there, and nobody noticed. Removed with its data, nothing is."""

from __future__ import annotations

import pytest
from controller import playbook, said
from witness import Machine, Web

ANOTHER = [
    "--extra-vars",
    "groundwork_name=another groundwork_http_port=8081 service_loopback_port=8100 service_workers=1",
]
WHERE = "/etc /usr /srv /run /var/log /var/lib /var/spool /opt /home /root /tmp"


def left(machine: Machine) -> list[str]:
    """Paths named after the product, without what Debian itself has under that name."""
    return machine.lines(
        f"find {WHERE} -xdev -name '*another*' -not -path '/usr/share/*' -not -path '/usr/lib/*' | sort"
    )


def is_gone(machine: Machine) -> None:
    """Nobody and nothing of it runs, listens or is mentioned."""
    assert machine.run("getent passwd another").rc == 2
    assert machine.run("getent group another").rc == 2
    assert machine.run("ps -eo args= | grep '[/]srv/another'").stdout == ""
    assert machine.run("systemctl list-units --all --plain --no-legend | grep another").stdout == ""
    assert machine.run("ss -Hltn | grep -E ':(8081|8100) '").stdout == ""
    assert (
        machine.run("grep -rl another /etc/nginx /etc/systemd /etc/cron.d /etc/logrotate.d /etc/tmpfiles.d").stdout
        == ""
    )


def test_only_its_data_is_left(machine: Machine) -> None:
    is_gone(machine)
    assert left(machine) == [
        "/srv/another",
        *(f"/srv/another/shared/data/another.db{part}" for part in ("", ".worker-lock", ".write-lock")),
    ]
    # What is in `backups` depends on whether the timer's hour came meanwhile.
    kept = machine.lines("cd /srv/another; find . -mindepth 1 -maxdepth 2 -not -path './backups/*' | sort")
    assert kept == ["./backups", "./shared", "./shared/data", "./shared/private", "./shared/secrets"]


def test_what_is_kept_is_roots_and_for_nobodys_eyes(machine: Machine) -> None:
    assert machine.out("find /srv/another -not -user root") == ""
    assert machine.out("find /srv/another -nouser -o -nogroup") == ""
    assert machine.as_user("groundwork", "ls /srv/another/shared/data").rc != 0


@pytest.mark.parametrize(
    ("port", "name", "text"),
    [(80, "", '<div id="app"'), (8085, "", "this is /srv/foreign"), (8082, "spa.example.org", "this is /srv/spa")],
)
def test_the_others_go_on(machine: Machine, port: int, name: str, text: str) -> None:
    answer = Web(machine.address, port).ask("GET", "/", {"Host": name} if name else {})
    assert answer.status == 200
    assert text in answer.text


def test_the_first_product_is_whole(machine: Machine) -> None:
    run = playbook("verify")
    assert run.returncode == 0, said(run)


def test_a_later_installation_goes_on_with_the_data_and_is_removed_with_it(machine: Machine) -> None:
    key = machine.out("sha256sum /srv/another/shared/secrets/app_secret_key")
    again = playbook("site", *ANOTHER, "--extra-vars", '{"nginx_sites": []}')
    assert again.returncode == 0, said(again)
    assert machine.out("sha256sum /srv/another/shared/secrets/app_secret_key") == key
    assert (
        "first-password" not in machine.out("ls /srv/another/shared/private")
        or machine.out("find /srv/another/shared/private/first-password -newer /srv/another/current") == ""
    ), "it made another administrator"
    removed = playbook("uninstall", *ANOTHER, "--extra-vars", "uninstall_data=true")
    assert removed.returncode == 0, said(removed)
    is_gone(machine)
    assert left(machine) == []
    twice = playbook("uninstall", *ANOTHER, "--extra-vars", "uninstall_data=true")
    assert "changed=0" in twice.stdout
