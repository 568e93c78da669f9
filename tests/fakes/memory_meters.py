"""Meters in a dictionary: a second writing of the same promises."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cost_sentry.application.meter_ports import ScopeMinute
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.meter import (
    MODEL,
    Meter,
    MeterChange,
    Scope,
    changes_before,
    changes_with,
)


class MemoryMeters:
    """``Meters`` and ``OwnUse``; ``add`` is what a journal does with an entry."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Scope, datetime | None], Meter] = {}

    def begin(self, entry: LedgerEntry) -> None:
        """Each time an entry comes, new or not."""
        for change in changes_before(entry):
            self.change(change)

    def end(self, entry: LedgerEntry) -> None:
        """Once for each entry."""
        for change in changes_with(entry):
            self.change(change)

    def change(self, change: MeterChange) -> None:
        """One change, whoever it comes from."""
        name = change.scope, change.minute
        old = self._kept.get(name, Meter())
        self._kept[name] = Meter(
            used=old.used + change.used,
            held=old.held + change.held,
            released=old.released + change.released,
        )

    def forget_before(self, moment: datetime) -> None:
        """As the table does with meters that are old enough."""
        self._kept = {
            name: meter for name, meter in self._kept.items() if not name[1] or name[1] >= moment
        }

    def active(self, since: datetime) -> Sequence[Scope]:
        first = since.replace(minute=0, second=0, microsecond=0)
        return tuple({s: None for s, minute in self._kept if minute and minute >= first})

    def own(self, model_id: str, since: datetime, until: datetime) -> Mapping[datetime, Meter]:
        first = since.replace(second=0, microsecond=0)
        return {
            minute: meter
            for (scope, minute), meter in sorted(self._kept.items(), key=lambda pair: str(pair[0]))
            if scope == (MODEL, model_id) and minute and first <= minute < until
        }

    def slots(self, model_id: str) -> Meter:
        return self._kept.get(((MODEL, model_id), None), Meter())

    def minutes(self, scope: Scope, since: datetime, until: datetime) -> Sequence[ScopeMinute]:
        first = since.replace(second=0, microsecond=0)
        mine = sorted(
            (minute, meter)
            for (whose, minute), meter in self._kept.items()
            if whose == scope and minute and first <= minute < until
        )
        return [
            ScopeMinute(
                minute=minute,
                calls=meter.used.calls,
                picodollars=meter.used.picodollars,
                input_tokens=meter.used.input_tokens
                + meter.used.cache_read_tokens
                + meter.used.cache_write_tokens,
                output_tokens=meter.used.output_tokens,
                held_calls=meter.held.calls,
                held_picodollars=meter.held.picodollars,
            )
            for minute, meter in mine
        ]
