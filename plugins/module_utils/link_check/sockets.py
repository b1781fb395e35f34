"""Listening TCP sockets as /proc/net tells them, and which program holds each."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .model import Context, Observation, observe

PROC = Path("/proc")
LISTEN = "0A"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Listener:
    address: Address
    port: int
    inode: int

    @property
    def is_loopback(self) -> bool:
        mapped = self.address.ipv4_mapped if isinstance(self.address, ipaddress.IPv6Address) else None
        return (mapped or self.address).is_loopback

    @property
    def where(self) -> str:
        return f"[{self.address}]" if self.address.version == 6 else str(self.address)


@dataclass(frozen=True)
class Holder:
    pid: int
    name: str


def listeners() -> list[Listener]:
    found: list[Listener] = []
    for table in ("tcp", "tcp6"):
        path = PROC / "net" / table
        if not path.exists():  # a kernel without IPv6 has no tcp6
            continue
        for line in path.read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN:
                address, port = fields[1].split(":")
                found.append(Listener(_address(address), int(port, 16), int(fields[9])))
    return found


def _address(text: str) -> Address:
    # The kernel prints each 32-bit word in its own byte order.
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    return ipaddress.ip_address(packed)


def holders(inodes: set[int]) -> dict[int, list[Holder]]:
    """The processes that hold each socket, as far as this user may see."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[int, list[Holder]] = {inode: [] for inode in inodes}
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        held = {wanted[target] for target in _descriptors(entry) if target in wanted}
        if not held:
            continue
        try:
            name = (entry / "comm").read_text(encoding="utf-8", errors="replace").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile
        for inode in held:
            found[inode].append(Holder(int(entry.name), name))
    return {inode: sorted(who, key=lambda holder: holder.pid) for inode, who in found.items()}


def _descriptors(process: Path) -> Iterator[str]:
    """What a process has open. A busy one closes connections while we look: one gone descriptor hides no other."""
    try:
        entries = list((process / "fd").iterdir())
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return  # ended meanwhile, or not ours to see: its sockets are then said to have an unseen holder
    for entry in entries:
        try:
            yield str(entry.readlink())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


def _named(who: list[Holder]) -> str:
    """`nginx (pid 12 and 4 more)`."""
    if not who:
        return "a program that cannot be seen from here"
    more = f" and {len(who) - 1} more" if len(who) > 1 else ""
    return f"{who[0].name} (pid {who[0].pid}{more})"


def loopback_only(context: Context, *, port: int, process: str = "") -> Observation:
    holder = f" by {process}" if process else ""
    expected = f"port {port} listened on{holder}, on loopback only"
    open_here = [listener for listener in listeners() if listener.port == port]
    if not open_here:
        return observe(expected, "nobody listens", f"nobody listens on port {port}")
    who = holders({listener.inode for listener in open_here})
    observed = "; ".join(sorted({f"{_named(who[one.inode])} at {one.where}" for one in open_here}))
    for listener in open_here:
        name = _named(who[listener.inode])
        if not listener.is_loopback:
            return observe(
                expected, observed, f"{name} listens on port {port} at {listener.where}, open to other machines"
            )
        if process and not any(holder.name == process for holder in who[listener.inode]):
            return observe(expected, observed, f"port {port} is held by {name}, not by {process}")
    return Observation(True, expected, observed)


def listening(context: Context, *, ports: list[int], process: str = "nginx") -> Observation:
    expected = f"{process} on {'ports' if len(ports) > 1 else 'port'} {', '.join(map(str, ports))}"
    chosen = [listener for listener in listeners() if listener.port in ports]
    who = holders({listener.inode for listener in chosen})
    seen: list[str] = []
    causes: list[str] = []
    for port in ports:
        here = [listener for listener in chosen if listener.port == port]
        if not here:
            seen.append(f"{port} nobody")
            causes.append(f"nobody listens on port {port}")
            continue
        strangers = [one for one in here if not any(holder.name == process for holder in who[one.inode])]
        if strangers:
            name = _named(who[strangers[0].inode])
            seen.append(f"{port} {name}")
            causes.append(f"port {port} is held by {name}, not by {process}")
        else:
            seen.append(f"{port} {process} at {', '.join(sorted({one.where for one in here}))}")
    return observe(expected, "; ".join(seen), "; ".join(causes))
