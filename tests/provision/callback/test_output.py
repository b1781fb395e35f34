"""What a person sees of real runs: tiny playbooks, plain pipes and a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path
from textwrap import dedent

import pytest
from molecule.command.idempotence import Idempotence

from tests.provision.callback.plays import CANARY, LINK_CHECK, Write, environment, run, without_times

MOLECULE = Idempotence.__new__(Idempotence)  # its reading of an output needs nothing that it is made with


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
