"""Write and read units of the ledger and the journal, counted by the size of what they touch.

``python -m scripts.table_meter`` measures, and writes ``UNITS`` for the pages.
"""

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

from benchmarks.budget.call_meter import CallCounts, counted
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.window import WindowKind

UNITS = Path(__file__).with_name("table_units.json")
CALLS_PER_MINUTE = (1, 10, 60)
"""Of one account, for which the pages say what a call costs."""
MODEL_SECONDS = 3
CALLS_COUNTED = 96
_PLENTY = 10**15


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Of one call, on average."""

    ledger_writes: Decimal
    journal_writes: Decimal
    reads: Decimal
    batches: Decimal
    """Runs of the projection."""


def measured(calls_per_minute: int) -> Units:
    """Run an account at this rate until it is as large as it gets, then count some calls."""
    return units_of(
        counted(
            _budgets(),
            calls_per_minute=calls_per_minute,
            model_seconds=MODEL_SECONDS,
            calls=CALLS_COUNTED,
        )
    )


def units_of(counts: CallCounts) -> Units:
    """Averages of what was counted."""
    reads = counts.call.read_units + counts.projection.read_units + counts.config.read_units
    return Units(
        ledger_writes=Decimal(counts.call.write_units) / counts.calls,
        journal_writes=Decimal(counts.projection.write_units) / counts.calls,
        reads=Decimal(reads) / counts.calls,
        batches=Decimal(counts.batches) / counts.calls,
    )


def _budgets() -> tuple[Budget, ...]:
    return (
        Budget(id="organisation", scope={}, unit=Unit.USD, window=WindowKind.MONTH, limit=_PLENTY),
        Budget(
            id="search-daily",
            scope={"team": "search"},
            unit=Unit.USD,
            window=WindowKind.DAY,
            limit=_PLENTY,
        ),
    )


def units_text(rates: tuple[int, ...] = CALLS_PER_MINUTE) -> str:
    """What was measured, as it is kept."""
    found = {rate: measured(rate) for rate in rates}
    kept = {str(rate): {n: str(v) for n, v in asdict(u).items()} for rate, u in found.items()}
    return json.dumps(kept, indent=2) + "\n"


def units_kept() -> dict[int, Units]:
    """By calls per minute."""
    kept = json.loads(UNITS.read_text(encoding="utf-8"))
    return {
        int(rate): Units(**{name: Decimal(text) for name, text in units_of.items()})
        for rate, units_of in kept.items()
    }


if __name__ == "__main__":
    UNITS.write_text(units_text(), encoding="utf-8")
