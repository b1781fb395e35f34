"""Why a task failed and what to do, in words, out of its result. Says nothing of a result that may hold secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .text import Paint, plain

HIDDEN = "the reason is hidden, because what this task prints may hold a secret (no_log)"
TAIL_LINES = 12
# Ansible says first that the task failed, and only then how; the person has read FAILED already.
PREAMBLE = re.compile(r"^(Task failed|Module failed|Action failed)[:.]\s*")
FIX = re.compile(r"^\s*fix:\s*", re.IGNORECASE | re.MULTILINE)
# A `when` on a variable such as __nginx_have_binary waits for what the name says.
AWAITED = re.compile(r"\b\w*?_have_(\w+)")


@dataclass
class Reason:
    why: list[str]
    tail: list[str] = field(default_factory=list)
    fix: list[str] = field(default_factory=list)


def explain(result: Mapping[str, Any]) -> Reason:
    if result.get("censored") or result.get("_ansible_no_log"):
        return Reason([HIDDEN])
    items = result.get("results")
    if isinstance(items, list):
        failed = [
            item for item in items if isinstance(item, Mapping) and (item.get("failed") or item.get("unreachable"))
        ]
        if failed:
            return _explain_items(failed)
    message, fix = split_fix(_message(result))
    for key in ("fix", "hint"):
        fix = fix or _lines(result.get(key))
    tail = _lines(result.get("stderr")) or _lines(result.get("module_stderr")) or _lines(result.get("stdout"))
    tail = [line for line in tail if line not in message]
    return Reason(message, tail[-TAIL_LINES:], fix)


def _explain_items(failed: list[Mapping[str, Any]]) -> Reason:
    whole = Reason([])
    for item in failed:
        one = explain(item)
        label = item.get("_ansible_item_label", item.get("item"))
        name = "an item" if one.why == [HIDDEN] else str(label)
        whole.why += [f"{name}: {line}" if number == 0 else line for number, line in enumerate(one.why)]
        whole.tail = whole.tail or one.tail
        whole.fix = whole.fix or one.fix
    return whole


def split_fix(message: str) -> tuple[list[str], list[str]]:
    """The message's lines, and the lines after `Fix:`, which say what to do."""
    parts = FIX.split(message, maxsplit=1)
    return _lines(parts[0]), _lines(parts[1]) if len(parts) == 2 else []


def _message(result: Mapping[str, Any]) -> str:
    message = result.get("msg", "")
    if isinstance(message, list):
        message = "\n".join(str(line) for line in message)
    message = str(message).strip()
    while PREAMBLE.match(message):
        message = PREAMBLE.sub("", message, count=1)
    if result.get("assertion") and message == "Assertion failed":
        message = f"not true: {result['assertion']}"
    if "rc" in result and message in ("", "non-zero return code"):
        message = f"the command ended with {result['rc']}"
    return message or "it failed without saying why"


def _lines(value: Any) -> list[str]:
    if isinstance(value, list):
        value = "\n".join(str(line) for line in value)
    return [line.rstrip() for line in str(value or "").splitlines() if line.strip()]


def awaited(result: Mapping[str, Any], conditions: list[Any]) -> str:
    """What a skipped task waits for (`systemd unit` of `__service_have_systemd_unit`), or '' when for nothing."""
    told = [result.get("false_condition")]
    told += [item.get("false_condition") for item in result.get("results") or [] if isinstance(item, Mapping)]
    if not any(told) and result.get("censored"):
        told = conditions  # no_log hides the condition too, but not what the play says
    for condition in told:
        if found := AWAITED.search(str(condition or "")):
            return found.group(1).replace("_", " ")
    return ""


def waiting(tasks: Mapping[str, list[str]], paint: Paint = plain) -> list[str]:
    """The tasks of a check that were skipped, by what they wait for."""
    lines = ["", "Skipped in this check, because what they need is not there yet:"] if tasks else []
    for what, names in tasks.items():
        lines += [paint(f"  skipped until {what} is there", "changed"), *(f"      {name}" for name in names)]
    return lines
