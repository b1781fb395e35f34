"""What a person sees of runs that fail: which step, why, what to do, and what was taken back."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from tests.provision.callback.plays import CANARY, LINK_CHECK, Write, run

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
