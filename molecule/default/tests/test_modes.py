"""Who may read and write what. Root owns everything but the data and the logs."""

from __future__ import annotations

import pytest
from witness import PRIVATE, ROOT, RUN, SECRETS, SHARED, Machine

# path (SLOT being the live colour), kind, mode, user, group
PATHS = [
    (ROOT, "directory", "751", "root", "groundwork"),
    (f"{ROOT}/releases", "directory", "751", "root", "groundwork"),
    (f"{ROOT}/slots", "directory", "751", "root", "groundwork"),
    (f"{ROOT}/assets", "directory", "755", "root", "root"),
    (SHARED, "directory", "751", "root", "groundwork"),
    (f"{SHARED}/.env", "regular file", "640", "root", "groundwork"),
    (f"{SHARED}/data", "directory", "751", "groundwork", "groundwork"),
    (f"{SHARED}/data/output", "directory", "2750", "groundwork", "www-data"),
    (f"{SHARED}/data/groundwork.db", "regular file", "640", "groundwork", "groundwork"),
    (f"{SHARED}/logs", "directory", "750", "groundwork", "groundwork"),
    (f"{SHARED}/link-check", "directory", "750", "root", "groundwork"),
    (f"{SHARED}/link-check/latest.json", "regular file", "640", "root", "groundwork"),
    (SECRETS, "directory", "750", "root", "groundwork"),
    (f"{SECRETS}/app_secret_key", "regular file", "640", "root", "groundwork"),
    (PRIVATE, "directory", "700", "root", "root"),
    (f"{PRIVATE}/first-password", "regular file", "600", "root", "root"),
    (f"{PRIVATE}/probe-password", "regular file", "600", "root", "root"),
    (f"{ROOT}/backups", "directory", "700", "root", "root"),
    (RUN, "directory", "755", "groundwork", "groundwork"),
    (f"{RUN}/SLOT.sock", "socket", "666", "groundwork", "groundwork"),
    (f"{ROOT}/current", "symbolic link", "777", "root", "root"),
    (f"{ROOT}/slots/SLOT", "symbolic link", "777", "root", "root"),
]


@pytest.mark.parametrize(("path", "kind", "mode", "user", "group"), PATHS, ids=[row[0] for row in PATHS])
def test_mode_and_owner(machine: Machine, path: str, kind: str, mode: str, user: str, group: str) -> None:
    assert (
        machine.out(f"stat --format '%F|%a|%U|%G' {path.replace('SLOT', machine.slot)}")
        == f"{kind}|{mode}|{user}|{group}"
    )


def test_the_app_may_write_only_to_data_and_logs(machine: Machine) -> None:
    find = f"find {ROOT} -writable -not -type l -not -path '{SHARED}/data*' -not -path '{SHARED}/logs*' 2>/dev/null"
    assert machine.as_user("groundwork", find).stdout == ""


def test_nobody_else_may_write_anything(machine: Machine) -> None:
    assert machine.out(f"find {ROOT} -perm /o+w -not -type l") == ""
    assert (
        machine.as_user("nobody", f"find {ROOT} /run/groundwork /etc/nginx -writable -type d 2>/dev/null").stdout == ""
    )


def test_a_release_is_roots_and_nobody_can_edit_it(machine: Machine) -> None:
    release = f"{ROOT}/releases/{machine.release}"
    assert machine.out(f"find {release} -not -user root -printf '%p %u\\n'") == ""
    assert machine.out(f"find {release} -perm /g+w -not -type l") == ""


def test_python_is_compiled_before_it_runs(machine: Machine) -> None:
    # The release is read-only to the app, so what is not compiled now is compiled again at every start.
    release = f"{ROOT}/releases/{machine.release}"
    assert int(machine.out(f"find {release}/venv -name '*.pyc' | wc -l")) > 500


def test_nginxs_user_reads_the_build_and_nothing_of_the_apps(machine: Machine) -> None:
    assert machine.as_user("www-data", f"cat {ROOT}/current/dist/index.html").rc == 0
    assert machine.as_user("www-data", f"ls {SHARED}/data").rc != 0
    for path in (f"{SHARED}/.env", f"{SECRETS}/app_secret_key", f"{PRIVATE}/first-password"):
        assert machine.as_user("www-data", f"cat {path}").rc != 0, path
    for folder in (SHARED, SECRETS, PRIVATE, f"{SHARED}/logs"):
        assert machine.as_user("www-data", f"ls {folder}").rc != 0, folder


def test_nginxs_user_reads_what_was_made_to_be_loaded_and_no_other_data(machine: Machine) -> None:
    made = f"{SHARED}/data/output/probe"
    machine.as_user("groundwork", f"umask 027; mkdir {made} && echo picture >{made}/a.png")
    assert machine.as_user("www-data", f"cat {made}/a.png").stdout == "picture\n"
    assert machine.as_user("nobody", f"cat {made}/a.png").rc != 0
    machine.out(f"rm -r {made}")
    assert machine.as_user("www-data", f"cat {SHARED}/data/groundwork.db").rc != 0
    assert machine.out(f"find {SHARED}/data -type f -perm /o+rwx") == ""


def test_the_app_cannot_read_roots_private_files(machine: Machine) -> None:
    assert machine.as_user("groundwork", f"cat {PRIVATE}/first-password").rc != 0


def test_the_products_user_cannot_log_in(machine: Machine) -> None:
    entry = machine.out("getent passwd groundwork").split(":")
    assert entry[6] == "/usr/sbin/nologin"
    assert int(entry[2]) < 1000
    assert machine.out("getent shadow groundwork").split(":")[1].startswith(("!", "*"))


def test_current_and_the_slot_and_the_socket_agree(machine: Machine) -> None:
    release = machine.out(f"readlink -f {ROOT}/current")
    assert machine.out(f"readlink -f {ROOT}/slots/{machine.slot}") == release
    assert release.startswith(f"{ROOT}/releases/")
    assert machine.out(f"readlink {RUN}/current.sock") in (f"{machine.slot}.sock", f"{RUN}/{machine.slot}.sock")


def test_no_half_shipped_release_is_left(machine: Machine) -> None:
    assert machine.out(f"find {ROOT}/releases -maxdepth 1 -name '*.partial'") == ""
