"""The tables of the page, from the last whole run that was kept."""

import json
from collections.abc import Callable
from typing import Any

from benchmarks.decisions import tables
from benchmarks.shared.checkout import in_words
from benchmarks.shared.tables import Table, markdown
from cost_sentry_local.layout import PROJECT

KEPT = PROJECT / "benchmarks" / "decisions" / "results.json"
"""Written by ``make bench-decisions``; what the page says is what that run has measured."""

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
    rows += list(found["versions"].items())
    rows += [(f"{which} model", model) for which, model in found["models"].items()]
    rows += [("random splits", found["splits"]), ("resamples", found["resamples"])]
    rows += [("the whole run took", f"{found['seconds']} s")]
    return markdown(Table("", ("", ""), [(name, str(value)) for name, value in rows]))


def _of(make: Callable[[Json], Table]) -> Callable[[], str]:
    return lambda: markdown(make(kept()))


def _routing(data_set: str) -> Callable[[], str]:
    return lambda: markdown(tables.routing(kept(), data_set))


TABLES: dict[str, Callable[[], str]] = {
    "bench-decisions-about": about,
    "bench-decisions-targets": _of(tables.targets),
    "bench-decisions-weight": _of(tables.weight),
    "bench-decisions-round-trips": _of(tables.round_trips),
    "bench-decisions-gsm8k": _routing("gsm8k"),
    "bench-decisions-mmlu": _routing("mmlu"),
    "bench-decisions-gsm8k-packaged": _routing("gsm8k, packaged weights"),
    "bench-decisions-mmlu-packaged": _routing("mmlu, packaged weights"),
    "bench-decisions-claims": _of(tables.claims),
    "bench-decisions-by-calls": _of(tables.by_calls),
}
"""By the name that a page asks for."""
