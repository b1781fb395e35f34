"""What a person sees of real runs: tiny playbooks, real ansible-playbook, plain pipes and a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from molecule.command.idempotence import Idempotence

PROJECT = Path(__file__).resolve().parents[3]
PROGRAM = str(Path(sys.executable).with_name("ansible-playbook"))
CANARY = "canary-secret"
MOLECULE = Idempotence.__new__(Idempotence)  # its reading of an output needs nothing that it is made with
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
Write = Callable[..., list[str]]
HOSTS = "web1 ansible_connection=local\nweb2 ansible_connection=local\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the project into the test's folder and returns the command that runs it."""

    def project(playbook: str, *options: str, hosts: str = HOSTS) -> list[str]:
        (tmp_path / "ansible.cfg").write_text(CONFIG)
        python = f"[all:vars]\nansible_python_interpreter={sys.executable}\n"
        (tmp_path / "hosts").write_text(hosts + python)
        for name, text in ROLES.items():
            (tmp_path / "roles" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "roles" / name / "main.yml").write_text(dedent(text))
        (tmp_path / "play.yml").write_text(dedent(playbook))
        return [PROGRAM, "play.yml", *options]

    return project


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


NESTED = """
    - hosts: web1
      gather_facts: false
      tasks:
        - name: Replace it
          include_tasks: replace.yml
    """
REPLACE = """
    - name: Start it, else undo
      block:
        - import_tasks: start.yml
      rescue:
        - include_tasks: undo.yml
    """


@pytest.mark.slow
def test_a_failure_deep_in_a_rescued_block_is_one_line_and_that_of_the_rescue_is_told(
    tmp_path: Path, write: Write
) -> None:
    (tmp_path / "replace.yml").write_text(dedent(REPLACE))
    (tmp_path / "start.yml").write_text("- include_tasks: deep.yml\n")
    (tmp_path / "deep.yml").write_text("- {name: Try it, fail: {msg: it did not start}}\n")
    (tmp_path / "undo.yml").write_text("- {name: Say what happened, fail: {msg: taken back}}\n")
    output = run(tmp_path, write(NESTED), code=2)
    assert "failed, being rescued: Try it: it did not start" in output
    assert output.count("  FAILED  ") == 1
    assert "FAILED  Say what happened" in output


def without_times(output: str) -> str:
    return re.sub(r"\.{3,} (.*?) +\d+\.\d s", r"... \1", output)


def test_one_line_a_role_and_what_changed(tmp_path: Path, write: Write) -> None:
    play = "- {hosts: all, gather_facts: false, roles: [base, nginx, plain]}\n"
    output = run(tmp_path, write(play))
    assert max(len(line) for line in output.splitlines() if line.startswith("[")) <= 88
    above, recap = without_times(output).split("\nPLAY RECAP")
    expected = """
        [ 1/3] base ... 1 changed
                 Install the packages  (web1)
                 for people to read
        [ 2/3] nginx ... 2 changed
                 Write the site
                 From inside
                 failed, being rescued on web1: Try it: did not work
                 failed, being rescued on web2: Try it: did not work
                 rescued
                 ignored on web1: Not important: never mind
                 ignored on web2: Not important: never mind
        [ 3/3] plain ... ok
               handlers ... 1 changed
                 Reload
        """
    # Which of the two machines answers first is left to chance.
    assert sorted(above.strip().splitlines()) == sorted(dedent(expected).strip().splitlines())
    assert re.findall(r"\] (\w+) \.\.\.", above) == ["base", "nginx", "plain"]
    assert re.search(r"^web1 +: ok=10 +changed=5 .* failed=0 .* rescued=1 +ignored=1", recap, re.MULTILINE)
    assert CANARY not in output
    assert "Skipped in this check" not in output
    assert not MOLECULE._is_idempotent(output)
    assert MOLECULE._non_idempotent_tasks(output) == []


@pytest.mark.slow
def test_a_second_run_is_idempotent_to_molecule_and_plays_are_named(tmp_path: Path, write: Write) -> None:
    play = """
        - {name: First, hosts: all, serial: 1, gather_facts: false, roles: [plain]}
        - {name: Second, hosts: all, gather_facts: false, roles: [plain], tasks: [{set_fact: {done: 1}}]}
        - {name: Third, hosts: none, gather_facts: false, roles: [plain]}
        """
    output = run(tmp_path, write(play))
    lines = [line for line in without_times(output).splitlines() if line][:8]
    assert lines == [
        "First",
        "[ 1/3] plain ... ok",
        "First",
        "[ 1/3] plain ... ok",
        "Second",
        "[ 2/3] plain ... ok",
        "       Second ... ok",
        "Third",
    ]
    assert MOLECULE._is_idempotent(output)


def test_failures_say_why_and_what_to_do(tmp_path: Path, write: Write) -> None:
    play = f"""
        - hosts: all
          gather_facts: false
          tasks:
            - name: Start the thing
              shell: "echo noise; for n in $(seq 20); do echo line $n >&2; done; exit 3"
              when: inventory_hostname == 'a'
            - name: Check the port
              fail:
                msg: |
                  port 80 is held by apache2 (pid 7)
                  Fix: systemctl disable --now apache2
              when: inventory_hostname == 'b'
            - name: Set the password
              fail: {{msg: {CANARY}}}
              no_log: true
              when: inventory_hostname == 'c'
            - name: Each of them
              fail: {{msg: "{{{{ item }}}} is bad"}}
              loop: [x, y]
              when: inventory_hostname == 'd'
            - name: Is it so
              assert: {{that: ["1 == 2"]}}
              when: inventory_hostname == 'e'
            - name: Each secret
              fail: {{msg: "{{{{ item }}}}"}}
              loop: [{CANARY}]
              no_log: true
              when: inventory_hostname == 'f'
            - name: Reach it
              ping:
              when: inventory_hostname == 'g'
        """
    hosts = "".join(f"{name} ansible_connection=local\n" for name in "abcdef")
    hosts += "g ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1\n"
    output = run(tmp_path, write(play, hosts=hosts), code=4)
    told = dict(re.findall(r"(?m)^  (?:FAILED|UNREACHABLE)  .*? on (\w)$(?s:(.*?)\n\n)", output))
    assert output.count("tasks ...") == 1
    assert "FAILED  Start the thing  on a" in output
    assert re.search(r"why  the command ended with 3\n  output  line 9\n", told["a"])
    assert told["a"].count("line ") == 12
    assert "noise" not in output
    assert "     why  port 80 is held by apache2 (pid 7)\n     fix  systemctl disable --now apache2" in told["b"]
    assert f"task  {tmp_path}/play.yml:8" in told["b"]
    assert "more  run it again with -v" in told["b"]
    assert "the reason is hidden" in told["c"]
    assert "why  x: x is bad\n          y: y is bad" in told["d"]
    assert "not true: 1 == 2" in told["e"]
    assert "an item: the reason is hidden" in told["f"] or "why  the reason is hidden" in told["f"]
    assert "UNREACHABLE  Reach it  on g" in output
    assert "connect to host 127.0.0.1 port 1" in told["g"]
    assert "ansible g -m ping -vvv" in told["g"]
    assert CANARY not in output
    assert re.search(r"^a +: ok=0 +changed=0 +unreachable=0 +failed=1", output, re.MULTILINE)


@pytest.mark.slow
def test_check_mode_lists_what_waits_and_shows_diffs(tmp_path: Path, write: Write) -> None:
    play = """
        - hosts: web1
          gather_facts: false
          tasks:
            - {name: Write it, copy: {content: "new\\n", dest: "{{ playbook_dir }}/file"}}
            - {name: Use it, command: "true", when: __nginx_have_binary | default(false)}
            - {name: Loop, command: "true", loop: [1, 2], when: __api_have_systemd_unit | default(false)}
            - {name: Hidden, command: "true", no_log: true, when: __nginx_have_binary | default(false)}
            - {name: Other reason, command: "true", when: false}
        """
    output = run(tmp_path, write(play, "--check", "--diff"))
    assert output.startswith("Check mode: nothing is changed.")
    assert "+new" in output
    assert "1 would change" in output
    assert (
        dedent("""
        Skipped in this check, because what they need is not there yet:
          skipped until binary is there
              Use it
              Hidden
          skipped until systemd unit is there
              Loop
        """)
        in output
    )
    assert "Other reason" not in output
    assert not (tmp_path / "file").exists()


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


@pytest.mark.slow
def test_a_failed_row_is_told_with_cause_and_fix_and_good_machines_have_a_line(tmp_path: Path, write: Write) -> None:
    hosts = "".join(f"m{number} ansible_connection=local\n" for number in range(3))
    output = run(tmp_path, write(LINK_CHECK, "-e", '{"bad": ["m1"]}', hosts=hosts), code=2, columns=80)
    assert "FAILED  Prove every hop  on m1\n     why  1 of 2 link checks failed: front\n" in output
    assert re.findall(r"  ok    (m\d)  2 of 2 ok  http://m\d/", output) == ["m0", "m2"]
    assert output.count("Link check of") == 1
    table = output[output.index("Link check of m1") :]
    assert re.search(r"^ ok     nginx +配置能用 +\d+ ms$", table, re.MULTILINE)
    assert re.search(r"^ FAILED browser → nginx +Front page", table, re.MULTILINE)
    assert "        cause     nobody listens on port 1 of 127.0.0.1\n        fix       ./repair\n" in table
    assert re.search(r"^ 1 of 2 checks FAILED  in \d+ ms\n front\n http://m1/$", table, re.MULTILINE)
    assert max(len(line) for line in table.splitlines() if ": ok=" not in line) <= 80


@pytest.mark.slow
def test_what_is_proved_through_a_private_socket_has_a_table_only_when_it_fails(tmp_path: Path, write: Write) -> None:
    private = LINK_CHECK.replace("http://127.0.0.1:1", "unix:/no/such.sock")
    private = private.replace("http://{{ inventory_hostname }}/", "")
    good = run(tmp_path, write(private, "-e", '{"bad": []}', "-l", "web1"))
    bad = run(tmp_path, write(private, "-e", '{"bad": ["web1"]}', "-l", "web1"), code=2)
    assert "Link check of" not in good
    assert "Link check of web1" in bad
    assert "the socket /no/such.sock: No such file or directory" in bad


@pytest.mark.slow
def test_v_is_ansibles_own_output_and_then_the_table(tmp_path: Path, write: Write) -> None:
    output = run(tmp_path, write(LINK_CHECK, "-e", '{"bad": ["web1"]}', "-l", "web1", "-v"), code=2)
    assert "TASK [Prove every hop] ***" in output
    assert "fatal: [web1]: FAILED! =>" in output
    assert "        fix       ./repair\n" in output[output.index("Link check of web1") :]


@pytest.mark.slow
def test_a_terminal_shows_what_is_at_work_and_then_the_whole_line(tmp_path: Path, write: Write) -> None:
    play = "- {hosts: web1, gather_facts: false, roles: [plain], tasks: [{name: Wait, command: sleep 0.3}, *write]}\n"
    play = play.replace("*write", "{name: Write, copy: {content: new, dest: '{{ playbook_dir }}/file'}}")
    variables = environment(tmp_path, 80) | {"TERM": "xterm", "ANSIBLE_FORCE_COLOR": "1"}
    variables.pop("ANSIBLE_NOCOLOR")
    command = write(play + dedent(LINK_CHECK), "-e", "bad=none", "-l", "web1", "--diff")
    reader, writer = pty.openpty()
    with subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=writer, stderr=writer) as process:
        os.close(writer)
        output, pending_seen = b"", False
        end = time.monotonic() + 20
        while time.monotonic() < end and select.select([reader], [], [], 20)[0]:
            try:
                output += os.read(reader, 4096)
            except OSError:  # Linux ends a terminal that nobody writes to any more with EIO
                break
            pending_seen = pending_seen or ("› Wait".encode() in output and b"2 changed" not in output)
    os.close(reader)
    text = output.decode()
    assert process.returncode == 0, text
    assert pending_seen
    assert "\r\x1b[K" in text
    assert "\x1b[0;32mok\x1b[0m" in text
    # What stays on the screen: on each line only what was written after the last return to its start.
    screen = [re.sub(r"\x1b\[[0-9;]*[mK]", "", line.rstrip("\r").split("\r")[-1]) for line in text.split("\n")]
    shown = without_times("\n".join(screen))
    assert shown.lstrip().startswith("[ 1/1] plain ... ok\n")
    assert "\n+new\n" in shown
    assert "\n       tasks ... 2 changed\n         Wait\n         Write\n" in shown
    assert "›" not in shown  # what was at work has been taken away before anything else was printed
    assert re.search(r"\n 2 of 2 ok  in \d+ ms\n http://web1/\n\nPLAY RECAP", shown)
    assert all(len(line) <= 80 for line in screen if ": ok=" not in line)
