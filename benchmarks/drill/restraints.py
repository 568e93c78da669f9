"""What is done about a runaway, for as long as it lasts: the detector joined to what responds.

Nights of eight hours in which one application runs away. Detector and desk are the real ones; what
a measure leaves is all that passes. The traffic is made up, and the table is in memory.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.shared.tables import Table, markdown
from benchmarks.shared.terminal import write_json
from cost_sentry.domain.anomaly_rules import Action, AnomalyRule
from tests.fakes.incident_desk import DOLLAR
from tests.fakes.watched_night import Night

KEPT = Path(__file__).parent / "restraints.json"
SEED = 1
MINUTES, BEFORE_MINUTES = 480, 20
FACTORS = (4, 20, 100)
FLOOR = DOLLAR // 1_000
RULES = {
    "`freeze`, 5 minutes": AnomalyRule(scope={}, action=Action.FREEZE, cool_down_minutes=5),
    "`freeze`, 60 minutes": AnomalyRule(scope={}, action=Action.FREEZE),
    **{
        f"`tighten`, {percent} %, 60 minutes": AnomalyRule(
            scope={}, action=Action.TIGHTEN, percent=percent, floor=FLOOR
        )
        for percent in (100, 150, 200, 300)
    },
    "`tell`": AnomalyRule(scope={}),
}
"""By what they do, and their cool-down."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One night."""

    free_minutes: int
    """In which nothing was in force, after something was for the first time."""
    incidents: int
    mails: int
    said_over: int
    """Mails that it was over, while it went on."""


def watched(rule: AnomalyRule, times: float, seed: int) -> Watched:
    """A night under this rule, at so many times what is usual."""
    night = Night(rule, seed=seed).pass_minutes(BEFORE_MINUTES).pass_minutes(MINUTES, times)
    return Watched(
        free_minutes=night.free_minutes,
        incidents=len({one.id for one in night.desk.incidents.every_step}),
        mails=len(night.mails),
        said_over=sum("anomaly over" in subject for subject in night.mails),
    )


def row_of(nights: Iterable[Watched]) -> Json:
    """The worst of each."""
    each = list(nights)
    return {
        "nights": len(each),
        "free_minutes_worst": max(one.free_minutes for one in each),
        "incidents_worst": max(one.incidents for one in each),
        "mails_worst": max(one.mails for one in each),
        "said_over": sum(one.said_over for one in each),
    }


def measured(seed: int) -> Json:
    """The part of the drill: each rule at each factor."""
    return {
        name: row_of(watched(rule, times, seed) for times in FACTORS)
        for name, rule in RULES.items()
    }


def nights(results: Json) -> Table:
    """As the page tells it."""
    head = ("rule", "nights", "free of 480 minutes", "incidents", "mails", "told over too early")
    rows: Sequence[Sequence[str]] = [
        (
            name,
            str(row["nights"]),
            "all: it is told only" if name == "`tell`" else str(row["free_minutes_worst"]),
            str(row["incidents_worst"]),
            str(row["mails_worst"]),
            str(row["said_over"]),
        )
        for name, row in results.items()
    ]
    return Table("Restraints", head, rows)


TABLES = {
    "drill-restraints": lambda: markdown(nights(json.loads(KEPT.read_text(encoding="utf-8")))),
}
"""By the name that a page asks for."""


if __name__ == "__main__":
    write_json(KEPT, measured(SEED))
