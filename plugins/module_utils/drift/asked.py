"""What dpkg and systemd are asked: one command for all packages, one for all units."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .model import BadBaselineError, Finding, Thing

# Where an administrator's drop-ins lie; what packages and container managers bring lies elsewhere.
DROP_IN_PLACES = (
    "/etc/systemd/system",
    "/etc/systemd/system.control",
    "/run/systemd/system",
    "/run/systemd/system.control",
)
SECONDS = 30


def _ask(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 (names from the baseline, no shell)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadBaselineError(f"{argv[0]} could not be asked: {error}") from error
    if done.returncode:
        raise BadBaselineError(f"{shlex.join(argv)} failed: {done.stderr.strip()[-200:]}")
    return done.stdout


def packages(things: Sequence[Thing]) -> Iterator[Finding]:
    """Each is installed, by its own name or provided by another. Versions are not compared: upgrades are wanted."""
    if not things:
        return
    present: set[str] = set()
    for line in _ask(
        "dpkg-query", "--show", "--showformat=${db:Status-Status}\t${Package}\t${Provides}\n"
    ).splitlines():
        state, name, provides = line.split("\t")
        if state == "installed":
            present |= {name, *(part.split()[0] for part in provides.split(",") if part.strip())}
    for thing in things:
        for asked in thing["packages"]:
            name = asked.partition("=")[0].partition(":")[0]
            if name not in present:
                yield Finding("package", name, "installed", "not installed", thing["fix"])


def units(things: Sequence[Thing], places: Iterable[str] = DROP_IN_PLACES) -> Iterator[Finding]:
    """Each is enabled and active, or neither where the baseline says so, and nothing overrides it."""
    if not things:
        return
    shown = _ask(
        "systemctl",
        "show",
        "--property=Id,LoadState,ActiveState,UnitFileState,FragmentPath",
        "--",
        *(thing["unit"] for thing in things),
    )
    blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.strip().split("\n\n")]
    for thing, told in zip(things, blocks, strict=True):
        yield from _unit(thing, told)
    seen: set[Path] = set()
    for thing in things:
        for drop_in in drop_ins(thing["unit"], places):
            if str(drop_in) not in thing.get("drop_ins", []) and drop_in not in seen:
                seen.add(drop_in)
                fix = f"rm {shlex.quote(str(drop_in))} && systemctl daemon-reload"
                yield Finding("unit", str(drop_in), "no such drop-in", f"it overrides {thing['unit']}", fix)


def _unit(thing: Thing, told: dict[str, str]) -> Iterator[Finding]:
    unit = thing["unit"]
    runs = thing.get("runs", True)
    expected = "enabled, active" if runs else "disabled, inactive"
    state = "masked" if told["LoadState"] == "masked" else told["UnitFileState"] or told["LoadState"]
    observed = f"{state}, {told['ActiveState']}"
    # A timer's service and a draining instance are active at times, and never enabled: that is as it should be.
    if observed != expected and (runs or state not in ("disabled", "static")):
        word = "enable" if runs else "disable"
        unmask = f"systemctl unmask {shlex.quote(unit)} && " if state == "masked" else ""
        yield Finding("unit", unit, expected, observed, f"{unmask}systemctl {word} --now {shlex.quote(unit)}")
    if thing.get("vendor") and told["FragmentPath"].startswith("/etc/"):
        fix = f"rm {shlex.quote(told['FragmentPath'])} && systemctl daemon-reload"
        yield Finding("unit", unit, "the package's own unit file", f"{told['FragmentPath']} replaces it", fix)


def drop_ins(unit: str, places: Iterable[str]) -> Iterator[Path]:
    """The drop-ins that apply to a unit: its own, its template's, and those for a shorter name (`shop-.service.d`)."""
    stem, _, kind = unit.rpartition(".")
    names = {unit, f"{stem.partition('@')[0]}@.{kind}" if "@" in stem else unit}
    words = stem.partition("@")[0].split("-")
    names |= {f"{'-'.join(words[:count])}-.{kind}" for count in range(1, len(words))}
    for place in places:
        for name in sorted(names | ({kind} if place.startswith("/etc") else set())):
            yield from sorted(Path(place, f"{name}.d").glob("*.conf"))
