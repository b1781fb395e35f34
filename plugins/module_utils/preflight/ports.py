"""Ports that somebody else holds, and who that is."""

from __future__ import annotations

import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.link_check.sockets import Holder, holders, listeners


def owner(pid: int) -> str:
    """Return the name of a process's user; a number for one without a name, '' for a process that has ended."""
    try:
        uid = Path(f"/proc/{pid}").stat().st_uid
    except FileNotFoundError:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def is_ours(holder: Holder, wanted: Mapping[str, Any]) -> bool:
    """Return whether this is our own process: by the beginning of its name, and by its user where that matters."""
    if not holder.name.startswith(wanted["holder"]):
        return False
    return not wanted["user"] or owner(holder.pid) == wanted["user"]


def problems(wanted_ports: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return one sentence for each wanted port that another program holds."""
    wanted = {port["port"]: port for port in wanted_ports}
    taken = [listener for listener in listeners() if listener.port in wanted]
    who = holders({listener.inode for listener in taken})
    found: list[str] = []
    for listener in taken:
        port = wanted[listener.port]
        if any(is_ours(holder, port) for holder in who[listener.inode]):
            continue
        # The workers of a server share its socket: the first of them stands for all.
        name = "a program that is hidden here"
        if who[listener.inode]:
            first = who[listener.inode][0]
            name = f"{first.name} (pid {first.pid}, of user {owner(first.pid)})"
        sentence = f"port {listener.port} is held by {name}: stop it, or choose another port with {port['variable']}."
        if sentence not in found:
            found.append(sentence)
    return found
