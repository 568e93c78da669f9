"""The tables of the page, from the last whole run that was kept."""

import json
from collections.abc import Callable
from typing import Any

from benchmarks.budget import tables
from benchmarks.budget.targets import targets
from benchmarks.shared.checkout import in_words
from benchmarks.shared.tables import Table, markdown
from cost_sentry_local.layout import PROJECT

KEPT = PROJECT / "benchmarks" / "budget" / "results.json"
"""Written by ``make bench-budget``; what the page says is what that run has measured."""

Json = dict[str, Any]


def kept() -> Json:
    """About, figures and details of the run."""
    found: Json = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def about() -> str:
    """When, where and with what."""
    found = kept()["about"]
    rows = [("day", found["date"]), ("commit", in_words(found["source"]))]
    rows += [("processors", found["processors"])]
    rows += [(name, version) for name, version in found["versions"].items()]
    rows += [("seeds", found["seeds"]), ("the whole run took", f"{found['seconds']} s")]
    return markdown(Table("", ("", ""), [(name, str(value)) for name, value in rows]))


def _of(make: Callable[[Json], Table]) -> Callable[[], str]:
    return lambda: markdown(make(kept()["figures"]))


TABLES: dict[str, Callable[[], str]] = {
    "bench-budget-about": about,
    "bench-budget-targets": _of(targets),
    "bench-budget-closed-loop": _of(tables.closed_loop),
    "bench-budget-burst": _of(tables.burst),
    "bench-budget-weight": _of(tables.weight),
    "bench-budget-wire": _of(tables.wire),
    "bench-budget-hot": _of(tables.hot_budget),
    "bench-budget-cost": _of(tables.cost),
}
"""By the name that a page asks for."""
