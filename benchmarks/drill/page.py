"""The tables of pages, from the last whole run of each part that was kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.drill import tables
from benchmarks.shared.tables import Table, markdown
from cost_sentry_local.layout import PROJECT

KEPT = PROJECT / "benchmarks" / "drill" / "results.json"
"""Written by ``make drill``; what a page says is what that run has measured."""

Json = dict[str, Any]


def keep(path: Path, results: Json) -> None:
    """Write what was drilled over what is kept of it; parts that were not drilled stay."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    whole = {name: {**before.get(name, {}), **found} for name, found in results.items()}
    path.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def kept() -> Json:
    """Figures and details by part."""
    found: Json = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def _of(make: Callable[[Json], Table]) -> Callable[[], str]:
    return lambda: markdown(make(kept()))


TABLES: dict[str, Callable[[], str]] = {
    "drill-anomalies": _of(tables.anomalies),
    "drill-anomalies-kinds": _of(tables.anomaly_kinds),
    "drill-anomalies-seeds": _of(tables.anomaly_seeds),
}
"""By the name that a page asks for."""
