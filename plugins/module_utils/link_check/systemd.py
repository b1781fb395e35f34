"""Commands, and what systemd says about its units."""

from __future__ import annotations

import shlex
import subprocess

from .model import CheckFailedError, Context, Observation, observe


def run(context: Context, argv: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 (argv comes from the inventory's owner, without a shell)
            argv, capture_output=True, text=True, errors="replace", timeout=context.timeout, check=False
        )
    except FileNotFoundError as error:
        raise CheckFailedError("not run", f"there is no program {argv[0]} on this machine") from error
    except PermissionError as error:
        raise CheckFailedError("not run", f"{argv[0]} may not be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise CheckFailedError("no end", f"{shlex.join(argv)} did not end within {context.timeout:g} s") from error


def command(context: Context, *, argv: list[str]) -> Observation:
    expected = f"{shlex.join(argv)} exits 0"
    done = run(context, argv)
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    said = f", {lines[-1]}" if lines else ""
    if done.returncode == 0:
        return Observation(True, expected, f"exit 0{said}")
    # nginx and its like name the reason first and end with a summary: both are kept.
    cause = "; ".join(lines[:2]) or "it said nothing"
    return observe(expected, f"exit {done.returncode}{said}", cause, shlex.join(argv))


def show(context: Context, unit: str, *properties: str) -> dict[str, str]:
    """Properties of a unit as systemd tells them."""
    done = run(context, ["systemctl", "show", "--property", ",".join(properties), "--", unit])
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        raise CheckFailedError("systemd does not answer", f"systemd does not answer: {reason[0]}")
    pairs = (line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return {key: value for key, value in pairs}  # noqa: C416 (dict() of lists does not type-check)


def systemd_service(context: Context, *, unit: str, restart: str = "always") -> Observation:
    expected = f"active, enabled, Restart={restart}"
    told = show(
        context, unit, "LoadState", "UnitFileState", "ActiveState", "SubState", "Restart", "Result", "FragmentPath"
    )
    state, enabled, policy = (told.get(key, "") for key in ("ActiveState", "UnitFileState", "Restart"))
    observed = f"{state or 'unknown'}, {enabled or 'not enabled'}, Restart={policy or 'no'}"
    name = shlex.quote(unit)
    if told.get("LoadState") == "not-found":
        return observe(expected, "no such unit", f"there is no unit {unit}")
    if told.get("LoadState") == "masked":
        return observe(expected, "masked", f"{unit} is masked: nothing can start it", f"systemctl unmask {name}")
    if state != "active":
        result = told.get("Result", "")
        why = f" ({result})" if result and result != "success" else ""
        cause = f"{unit} is {state or 'unknown'}{why}"
        return observe(expected, observed, cause, f"systemctl restart {name}; journalctl -u {name} -n 50 --no-pager")
    if enabled != "enabled":
        cause = f"{unit} is {enabled or 'not enabled'}: it does not start when the machine does"
        return observe(expected, observed, cause, f"systemctl enable {name}")
    if policy != restart:
        return observe(expected, observed, f"{unit} has Restart={policy}: after a crash it is not started as wanted")
    return Observation(True, expected, observed)


def systemd_timers(context: Context, *, units: list[str]) -> Observation:
    """Each timer is there, runs, starts at boot and has a next time."""
    expected = f"scheduled: {', '.join(units)}"
    for unit in units:
        told = show(context, unit, "LoadState", "UnitFileState", "ActiveState", "NextElapseUSecRealtime")
        state, enabled = told.get("ActiveState", ""), told.get("UnitFileState", "")
        observed = f"{unit}: {state or 'unknown'}, {enabled or 'not enabled'}"
        if told.get("LoadState") != "loaded":
            return observe(expected, f"{unit}: {told.get('LoadState', 'unknown')}", f"there is no usable timer {unit}")
        fix = f"systemctl enable --now {shlex.quote(unit)}"
        if state != "active" or enabled != "enabled":
            return observe(expected, observed, f"{unit} is {state}, {enabled or 'not enabled'}: it will not run", fix)
        if not told.get("NextElapseUSecRealtime"):
            return observe(expected, observed, f"{unit} has no next time", f"systemctl restart {shlex.quote(unit)}")
    return Observation(True, expected, f"{len(units)} of {len(units)} have a next time")
