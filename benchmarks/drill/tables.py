"""What a drill found, as rows of text: for the terminal and for the page alike."""

from collections.abc import Iterator
from typing import Any

from benchmarks.shared.tables import NOTHING, Table, text, verdict

Json = dict[str, Any]
DETECTED_LEAST, MINUTES_MOST, FALSE_MOST = 20, 2, 1
"""The figures to reach."""


def anomalies(results: Json) -> Table:
    """The figures to reach, and how the reported seed stands to each; unseen seeds beside it."""
    found = results["figures"]["anomalies"]
    unseen = results["details"].get("anomalies", {}).get("unseen")
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
            text(found["above_3x"]["mean_minutes"]),
            text(unseen["above_3x"]["mean_minutes"]) if unseen else NOTHING,
            f"≤ {MINUTES_MOST}",
            verdict((found["above_3x"]["mean_minutes"] or 0) <= MINUTES_MOST),
        ),
        (
            "false incidents a week, all scopes",
            text(found["false_incidents_per_week"]),
            text(unseen["false_incidents_per_week"]) if unseen else NOTHING,
            f"≤ {FALSE_MOST}",
            verdict(found["false_incidents_per_week"] <= FALSE_MOST),
        ),
    ]
    learning = ", ".join(map(str, found["false_incidents_by_week_of_learning"]))
    rows.append(("false incidents in the first weeks", learning, NOTHING, "", ""))
    for name, said in _BESIDE.items():
        rows.append((said, text(found[name]), text(unseen[name]) if unseen else NOTHING, "", ""))
    head = ("figure", "reported seed", "unseen seeds", "reach", "reached")
    return Table("Anomalies", head, rows)


_BESIDE = {
    "median_minutes": "median minutes, all",
    "mean_minutes": "mean minutes, all",
    "worst_minutes": "worst minutes, all",
    "dollars_before_action": "dollars beyond normal before action",
}


def _detected(found: Json | None) -> str:
    return NOTHING if found is None else f"{found['detected']} of {found['planted']}"


def anomaly_kinds(results: Json) -> Table:
    """By kind and by size, of unseen seeds; of the reported one after a quick run."""
    details = results["details"]["anomalies"]
    rows = details.get("unseen_rows", details["rows"])
    head = ("kind or size", "detected", "median min", "mean min", "worst min", "dollars")
    return Table(
        "Anomalies by kind and size",
        head,
        [
            (
                name,
                _detected(row),
                text(row["median_minutes"]),
                text(row["mean_minutes"]),
                text(row["worst_minutes"]),
                text(row["dollars_before_action"]),
            )
            for name, row in rows.items()
        ],
    )


def anomaly_seeds(results: Json) -> Table:
    """Each unseen seed, and applications of few calls."""
    details = results["details"]["anomalies"]
    each = {f"seed {seed}": found for seed, found in details.get("unseen_seeds", {}).items()}
    if "sparse" in details:
        each["fewer than 2 calls a minute"] = details["sparse"]
    head = ("week", "detected", "above 3 ×, mean min", "all, mean min", "false a week")
    return Table("Anomalies by seed", head, [*_seed_rows(each)])


def _seed_rows(each: dict[str, Json]) -> Iterator[tuple[str, ...]]:
    for name, found in each.items():
        yield (
            name,
            _detected(found),
            text(found["above_3x"]["mean_minutes"]),
            text(found["mean_minutes"]),
            text(found["false_incidents_per_week"]),
        )


def all_tables(results: Json) -> list[Table]:
    """Of the parts that were drilled."""
    shown = []
    if "anomalies" in results["figures"]:
        shown += [anomalies(results), anomaly_kinds(results)]
        if "unseen_seeds" in results["details"]["anomalies"]:
            shown.append(anomaly_seeds(results))
    return shown
