"""The link-check report as a table a person reads, from 80 columns up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .text import Paint, cut, milliseconds, pad, plain, width, words, wrap

STATUS = 8  # "FAILED" and a gap on both sides
TIME = 7
HOP_LARGEST = 26
HOP_LARGEST_NARROW = 18  # what is proved needs the room more
NARROW = 100
OBSERVED_FROM = 118  # columns from which what was observed has a column of its own
WIDEST = 150
INDENT = " " * STATUS

Row = Mapping[str, Any]


def render(report: Mapping[str, Any], columns: int, paint: Paint = plain) -> list[str]:
    """Lines of the whole table; failed rows are followed by what was expected, seen, the cause and the fix."""
    columns = max(60, min(columns, WIDEST))
    rows: Sequence[Row] = report["rows"]
    largest = HOP_LARGEST if columns >= NARROW else HOP_LARGEST_NARROW
    hop = min(largest, max([width(str(row["hop"])) for row in rows] + [3]))
    left = columns - STATUS - hop - 2 - TIME
    observed = int(left * 0.42) if columns >= OBSERVED_FROM else 0
    check = left - observed - (2 if observed else 0)

    lines = [_title(report, paint), ""]
    heading = " " * STATUS + pad("HOP", hop + 2) + pad("WHAT IS PROVED", check)
    heading += f"  {pad('SEEN', observed)}" if observed else ""
    lines += [paint(f"{heading}{'TIME':>{TIME}}", "dim"), paint("─" * columns, "dim")]
    before = ""
    for row in rows:
        lines += _row(row, "" if row["hop"] == before else str(row["hop"]), (hop, check, observed), paint)
        before = row["hop"]
        if not row["ok"]:
            lines += _details(row, columns, paint)
            before = ""  # after the details the hop is said again, or the next row seems to belong to them
    return [*lines, paint("─" * columns, "dim"), *_totals(report, columns, paint)]


def one_line(report: Mapping[str, Any], paint: Paint = plain) -> str:
    """A report without failures, where there are too many machines for a table each."""
    told = f"{report['passed']} of {len(report['rows'])} ok"
    return f"  {paint('ok', 'ok')}    {paint(str(report['host']), 'strong')}  {told}  {report['url']}"


def _title(report: Mapping[str, Any], paint: Paint) -> str:
    title = f"Link check of {report['host']}"
    release = f"  release {report['release']}" if report["release"] else ""
    return paint(title, "strong") + paint(release, "dim")


def _row(row: Row, hop: str, sizes: tuple[int, int, int], paint: Paint) -> list[str]:
    hop_size, check_size, observed_size = sizes
    style = "ok" if row["ok"] else "failed"
    hops = wrap(hop, hop_size)
    checks = wrap(str(row["check"]), check_size - 1)
    seen = [cut(str(row["observed"]), observed_size)] if observed_size else []
    lines = []
    for number in range(max(len(hops), len(checks))):
        first = number == 0
        status = pad(" ok" if row["ok"] else " FAILED", STATUS) if first else " " * STATUS
        line = paint(status, style) + pad(_at(hops, number), hop_size + 2)
        check = pad(_at(checks, number), check_size)
        line += check if row["ok"] else paint(check, "failed")
        if observed_size:
            line += f"  {paint(pad(_at(seen, number), observed_size), 'dim')}"
        line += paint(f"{milliseconds(row['ms']):>{TIME}}", "dim") if first else ""
        lines.append(line.rstrip())
    return lines


def _at(lines: Sequence[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""


def _details(row: Row, columns: int, paint: Paint) -> list[str]:
    lines: list[str] = []
    # A check that did not get as far as comparing expects what its title says: once is enough.
    expected = "" if row["expected"] == row["check"] else str(row["expected"])
    for label, value, style in (
        ("expected", expected, ""),
        ("seen", str(row["observed"]), ""),
        ("cause", str(row["cause"]), "failed"),
    ):
        for number, part in enumerate(wrap(value, columns - len(INDENT) - 10) if value else []):
            shown = pad(label if number == 0 else "", 10)
            lines.append(INDENT + paint(shown, "dim") + (paint(part, style) if style else part))
    for number, part in enumerate(str(row["fix"]).splitlines()):
        # Never wrapped: it is there to be copied.
        lines.append(INDENT + paint(pad("fix" if number == 0 else "", 10), "dim") + paint(part, "fix"))
    return [*lines, ""]


def _totals(report: Mapping[str, Any], columns: int, paint: Paint) -> list[str]:
    total, failed = len(report["rows"]), report["failed"]
    took = paint(f"  in {milliseconds(report['ms'])}", "dim")
    if report["ok"]:
        return [f" {paint(f'{total} of {total} ok', 'ok')}{took}", f" {paint(str(report['url']), 'strong')}"]
    names = ", ".join(str(row["id"]) for row in report["rows"] if not row["ok"])
    head = f"{failed} of {words(total, 'check')} FAILED"
    lines = [f" {paint(head, 'failed')}{took}"]
    lines += [f" {paint(part, 'failed')}" for part in wrap(names, columns - 2)]
    return [*lines, f" {report['url']}"]
