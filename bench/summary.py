"""Figures out of samples, and how they are printed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from prober import KINDS, Samples

MOST_REASONS = 20


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of them do not exceed; `ordered` is ascending and not empty."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def latency(milliseconds: list[float]) -> dict[str, float]:
    """Percentiles and the longest, in milliseconds."""
    if not milliseconds:
        return {}
    ordered = sorted(milliseconds)
    shares = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999}
    return {name: round(percentile(ordered, share), 1) for name, share in shares.items()} | {
        "longest": round(ordered[-1], 1)
    }


def summarise(parts: Iterable[Samples], rate: float) -> dict[str, Any]:
    """The figures of one run. Latency counts from the moment that a request was due; only whole answers have one."""
    good: list[float] = []
    by_kind: dict[str, list[float]] = {name: [] for name in KINDS}
    finished: list[float] = []
    reasons: Counter[str] = Counter()
    sent = failed = 0
    first_due, last_due = float("inf"), 0.0
    for samples in parts:
        sent += len(samples.due)
        for kind, due, done, ok in zip(samples.kind, samples.due, samples.done, samples.ok, strict=True):
            first_due, last_due = min(first_due, due), max(last_due, due)
            if ok:
                good.append((done - due) * 1000)
                by_kind[KINDS[kind]].append((done - due) * 1000)
                finished.append(done)
            else:
                failed += 1
        reasons.update(f"{kind}: {why}" for _, kind, why in samples.reasons)
    finished.sort()
    gaps = [later - earlier for earlier, later in pairwise(finished)]
    return {
        "rate": rate,
        "seconds": round(last_due - first_due, 1) if sent else 0,
        "sent": sent,
        "failed": failed,
        "latency_ms": latency(good),
        "latency_ms_by_kind": {name: latency(values) for name, values in by_kind.items()},
        "longest_gap_ms": round(max(gaps, default=0) * 1000, 1),
        "reasons": dict(reasons.most_common(MOST_REASONS)),
    }


def by_stage(
    parts: Iterable[Samples], spans: Sequence[tuple[str, float, float]]
) -> dict[str, dict[str, dict[str, float]]]:
    """Latency of each kind among the requests due while a stage ran; `spans` are name, begin and end of stages."""
    ordered = sorted(spans, key=lambda span: span[1])
    begins = [begin for _, begin, _ in ordered]
    found: dict[str, dict[str, list[float]]] = {name: {kind: [] for kind in KINDS} for name, _, _ in ordered}
    for samples in parts:
        for kind, due, done, ok in zip(samples.kind, samples.due, samples.done, samples.ok, strict=True):
            at = bisect_right(begins, due) - 1
            if ok and at >= 0 and due < ordered[at][2]:
                found[ordered[at][0]][KINDS[kind]].append((done - due) * 1000)
    return {name: {kind: latency(values) for kind, values in kinds.items()} for name, kinds in found.items()}


def holds(run: dict[str, Any], p99_9: float) -> bool:
    """Whether the site held its own: nothing failed, and the slowest one in a thousand took at most so many ms."""
    return not run["failed"] and run["latency_ms"].get("p99_9", float("inf")) <= p99_9


def line(name: str, run: dict[str, Any]) -> str:
    """One run for a person."""
    figures = "  ".join(f"{key} {value:g} ms" for key, value in run["latency_ms"].items())
    counts = f"{run['rate']:g}/s  sent {run['sent']}  failed {run['failed']}"
    return f"{name:<8} {counts}  {figures}  longest gap {run['longest_gap_ms']:g} ms"
