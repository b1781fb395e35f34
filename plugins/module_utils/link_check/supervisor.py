"""What supervisor says about its programs, and what their definitions promise."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

from .model import CheckFailedError, Context, Observation, observe
from .systemd import run

DEFINITIONS = Path("/etc/supervisor/conf.d")
FOR_EVER = 1_000_000  # supervisor knows no "always": so many attempts are more than a machine's life


def state_of(context: Context, program: str) -> tuple[str, str]:
    """State of a program and supervisor's words about it; ('', '') when it knows no such program."""
    done = run(context, ["supervisorctl", "status", program])
    said = (done.stdout + done.stderr).strip()
    for line in said.splitlines():
        name, _, words = line.partition(" ")
        if name == program:
            return words.split()[0], " ".join(words.split()[1:])
    if "no such process" in said or "no such group" in said:
        return "", ""
    raise CheckFailedError(
        "supervisor does not answer",
        f"supervisor does not answer: {said.splitlines()[-1] if said else f'exit {done.returncode}'}",
        "supervisord -c /etc/supervisor/supervisord.conf",
    )


def pid_of(context: Context, program: str) -> int:
    """Pid of a running program."""
    state, words = state_of(context, program)
    if state != "RUNNING":
        raise CheckFailedError(f"no master, {program} is {state or 'unknown'}", f"{program} does not run: {words}")
    return int(words.split()[1].rstrip(","))  # "pid 123, uptime 0:01:02"


def definition(program: str) -> dict[str, str] | None:
    """What is written about a program where supervisor reads it at its start; None when it is not there."""
    for file in sorted(DEFINITIONS.glob("*.conf")):
        parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";",))
        parser.read(file, encoding="utf-8")
        if parser.has_section(f"program:{program}"):
            return dict(parser.items(f"program:{program}"))
    return None


def _for_ever(retries: str) -> bool:
    return retries.isdigit() and int(retries) >= FOR_EVER


def supervisor_program(context: Context, *, program: str) -> Observation:
    expected = "RUNNING, autostart, autorestart without end"
    state, words = state_of(context, program)
    written = definition(program)
    name = shlex.quote(program)
    if not state:
        return observe(expected, "no such program", f"supervisor knows no program {program}")
    if state != "RUNNING":
        cause = f"{program} is {state}{f' ({words})' if words else ''}"
        return observe(expected, state, cause, f"supervisorctl start {name}; supervisorctl status {name}")
    if written is None:
        cause = f"no file in {DEFINITIONS} defines {program}: it is gone when supervisor starts anew"
        return observe(expected, "RUNNING, not defined", cause)
    promised = {key: written.get(key, "unset") for key in ("autostart", "autorestart", "startretries")}
    observed = ", ".join([state, *(f"{key}={value}" for key, value in promised.items())])
    if promised["autostart"] != "true":
        return observe(expected, observed, f"{program} does not start when supervisor does")
    if promised["autorestart"] != "true" or not _for_ever(promised["startretries"]):
        return observe(expected, observed, f"after some crashes {program} is given up")
    return Observation(True, expected, observed)
