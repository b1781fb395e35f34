"""Processes as /proc tells them, and what gunicorn's ought to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .model import CheckFailedError, Context, Observation, count, observe
from .supervisor import pid_of
from .systemd import show

PROC = Path("/proc")
GONE = {"Z": "a zombie", "X": "dead", "T": "stopped by a signal", "t": "stopped by a debugger"}


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    state: str
    name: str
    arguments: tuple[str, ...]

    @property
    def is_gunicorn(self) -> bool:
        # A zombie has no command line any more, and is counted by the name the kernel still knows.
        return self.name.startswith("gunicorn") or any(Path(word).name == "gunicorn" for word in self.arguments[:3])


def read_process(pid: int) -> Process | None:
    """None when it has ended meanwhile."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        raw = (PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in parentheses and may itself hold spaces and parentheses.
    name = text[text.index("(") + 1 : text.rindex(")")]
    fields = text[text.rindex(")") + 2 :].split()
    arguments = tuple(raw.decode("utf-8", "replace").rstrip("\0").split("\0")) if raw else ()
    return Process(pid, int(fields[1]), fields[0], name, arguments)


def all_processes() -> Iterator[Process]:
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (process := read_process(int(entry.name))) is not None:
            yield process


def control_group_members(path: str) -> set[int]:
    """Pids in a control group, by its path as systemd names it."""
    members: set[int] = set()
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            lines = (entry / "cgroup").read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if any(line.split(":", 2)[2] == path for line in lines):
            members.add(int(entry.name))
    return members


def gunicorn_processes(
    context: Context, *, workers: int, unit: str = "", program: str = "", pidfile: str = ""
) -> Observation:
    if [bool(unit), bool(program), bool(pidfile)].count(True) != 1:
        raise CheckFailedError("nothing looked at", "this row needs one of unit, program and pidfile")
    expected = f"1 master, {count(workers, 'worker')}"
    group = ""
    if unit:
        master_pid, group = _of_unit(context, unit)
    else:
        master_pid = pid_of(context, program) if program else _of_pidfile(pidfile)
    table = {process.pid: process for process in all_processes()}
    master = table.get(master_pid)
    if master is None or master.state in "ZX":
        where = unit or program or pidfile
        return observe(expected, "no master", f"process {master_pid}, the master that {where} names, does not live")
    if not master.is_gunicorn:
        return observe(
            expected, f"{master.name} (pid {master_pid})", f"process {master_pid} is {master.name}, not gunicorn"
        )

    family = [process for process in table.values() if process.is_gunicorn]
    masters = {master_pid} | {
        child.pid for child in family if child.parent == master_pid and _has_workers(child, family)
    }
    if group:
        members = control_group_members(group)
        ours = {process.pid for process in family if process.pid in members}
        masters |= {pid for pid in ours if table[pid].parent not in ours}
    elif program:  # without a control group, whoever was started with the same words belongs together
        ours = {process.pid for process in family if process.arguments[:2] == master.arguments[:2]}
        masters |= {pid for pid in ours if table[pid].parent not in ours}
    children = [child for child in family if child.parent == master_pid and child.pid not in masters]
    alive = [child for child in children if child.state not in GONE]
    observed = f"{count(len(masters), 'master')}, {count(len(alive), 'worker')} alive"
    return observe(expected, observed, _cause(masters, master, children, workers, len(alive)))


def _has_workers(process: Process, family: list[Process]) -> bool:
    """Whether this child of a master has gunicorn children itself: then it is a master too (after a USR2)."""
    return any(other.parent == process.pid for other in family)


def _cause(masters: set[int], master: Process, children: list[Process], wanted: int, alive: int) -> str:
    if len(masters) > 1:
        others = ", ".join(str(pid) for pid in sorted(masters - {master.pid}))
        return f"besides master {master.pid} another one runs (pid {others}): left over from a restart or an upgrade"
    ill = [f"master {master.pid} is {GONE[master.state]}"] if master.state in GONE else []
    ill += [f"worker {child.pid} is {GONE[child.state]}" for child in children if child.state in GONE]
    if ill:
        return ", ".join(ill)
    if alive != wanted:
        less = "fewer" if alive < wanted else "more"
        return f"{alive} live {'worker' if alive == 1 else 'workers'} of the {wanted} configured: {less} than wanted"
    return ""


def _of_unit(context: Context, unit: str) -> tuple[int, str]:
    """Pid of the unit's main process, and its control group."""
    told = show(context, unit, "MainPID", "ActiveState", "ControlGroup")
    pid = int(told.get("MainPID") or 0)
    if not pid:
        state = told.get("ActiveState", "unknown")
        raise CheckFailedError(f"no master, {unit} is {state}", f"{unit} has no main process: it is {state}")
    return pid, told.get("ControlGroup", "")


def _of_pidfile(path: str) -> int:
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CheckFailedError("no master", f"the pid file {path} cannot be read: {error.strerror}") from error
    if not text.isdigit():
        raise CheckFailedError("no master", f"the pid file {path} holds no number")
    return int(text)
