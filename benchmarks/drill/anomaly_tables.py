"""What the drill of anomalies found, as the page tells it."""

import json
from collections.abc import Callable
from typing import Any

from benchmarks.drill.anomalies import CLOCK_WEEK, KEPT
from benchmarks.shared.tables import Table, markdown, text, verdict

Json = dict[str, Any]
MINUTES_MOST, FALSE_MOST = 2, 1
"""The figures to reach."""
_BESIDE = {
    "median_minutes": "median minutes, all",
    "mean_minutes": "mean minutes, all",
    "worst_minutes": "worst minutes, all",
    "dollars_before_action": "dollars beyond normal before action",
}


def kept() -> Json:
    """What ``python -m benchmarks.drill.anomalies`` wrote."""
    found: Json = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def targets(results: Json) -> Table:
    """The figures to reach, and how the reported seed stands to each; unseen seeds beside it."""
    found, unseen = results["figures"], results["unseen"]
    large, false = found["above_3x"], found["false_incidents_per_week"]
    rows = [
        (
            "planted anomalies detected",
            _detected(found),
            _detected(unseen),
            "all",
            verdict(found["detected"] == found["planted"]),
        ),
        (
            "mean minutes, above 3 × normal",
            text(large["mean_minutes"]),
            text(unseen["above_3x"]["mean_minutes"]),
            f"≤ {MINUTES_MOST}",
            verdict(large["mean_minutes"] <= MINUTES_MOST),
        ),
        (
            "false incidents a week, all scopes",
            text(false),
            text(unseen["false_incidents_per_week"]),
            f"≤ {FALSE_MOST}",
            verdict(false <= FALSE_MOST),
        ),
        (
            "false incidents in the week after clocks were set",
            text(found[CLOCK_WEEK]),
            text(unseen[CLOCK_WEEK]),
            f"≤ {FALSE_MOST}",
            verdict(found[CLOCK_WEEK] <= FALSE_MOST),
        ),
        *((said, text(found[name]), text(unseen[name]), "", "") for name, said in _BESIDE.items()),
    ]
    head = ("figure", "reported seed", "unseen seeds", "reach", "reached")
    return Table("Anomalies", head, rows)


def kinds(results: Json) -> Table:
    """By kind and by size, of all unseen seeds."""
    head = ("kind or size", "detected", "median min", "mean min", "worst min", "dollars")
    rows = [
        (
            name,
            _detected(row),
            text(row["median_minutes"]),
            text(row["mean_minutes"]),
            text(row["worst_minutes"]),
            text(row["dollars_before_action"]),
        )
        for name, row in results["unseen_rows"].items()
    ]
    return Table("Anomalies by kind and size", head, rows)


def seeds(results: Json) -> Table:
    """Each unseen seed."""
    each = {f"seed {seed}": found for seed, found in results["unseen_seeds"].items()}
    rows = [
        (
            name,
            _detected(found),
            text(found["above_3x"]["mean_minutes"]),
            text(found["mean_minutes"]),
            text(found["false_incidents_per_week"]),
        )
        for name, found in each.items()
    ]
    head = ("week", "detected", "above 3 ×, mean min", "all, mean min", "false a week")
    return Table("Anomalies by seed", head, rows)


def _detected(found: Json) -> str:
    return f"{found['detected']} of {found['planted']}"


def _of(make: Callable[[Json], Table]) -> Callable[[], str]:
    return lambda: markdown(make(kept()))


TABLES: dict[str, Callable[[], str]] = {
    "drill-anomalies": _of(targets),
    "drill-anomalies-kinds": _of(kinds),
    "drill-anomalies-seeds": _of(seeds),
}
"""By the name that a page asks for."""
