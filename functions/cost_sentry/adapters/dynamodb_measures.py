"""Measures on DynamoDB: two attributes of the configuration's item, changed conditionally."""

from collections.abc import Callable

from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Item
from cost_sentry.adapters.measure_items import CONFIG_KEY, measures_of, put_measures, revision_of
from cost_sentry.application.measure_ports import RestraintsLifted
from cost_sentry.application.ports import Clock
from cost_sentry.domain.errors import ConfigurationError, LedgerContention
from cost_sentry.domain.measure import (
    Measure,
    Measures,
    not_gone,
    restraints,
    with_lifted,
    with_put,
    without_restraints,
)

ATTEMPTS_MAX = 20
"""Looks at the measures before giving up with ``LedgerContention``."""
Change = Callable[[Measures], Measures]


class DynamoDbMeasures:
    """``application.measure_ports.MeasureStore``.

    Args:
        calls: the ledger's table.
        pause: waits a little after the n-th meeting with another writer.
        clock: says which measures are over.
    """

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None], clock: Clock) -> None:
        self._calls = calls
        self._pause = pause
        self._clock = clock

    def measures(self) -> Measures:
        """See the port."""
        return measures_of(self._item())

    def put(self, measure: Measure) -> Measures:
        """See the port."""
        return self._changed(lambda known: with_put(known, measure, self._clock.now()))

    def lift(self, measure: Measure) -> Measures:
        """See the port."""
        return self._changed(lambda known: with_lifted(known, measure, self._clock.now()))

    def forget_gone(self) -> None:
        """See the port."""
        self._changed(lambda known: not_gone(known, self._clock.now()))

    def lift_restraints(self) -> RestraintsLifted | None:
        """See the port."""
        for attempt in range(ATTEMPTS_MAX):
            item, now = self._item(), self._clock.now()
            known = _readable(item)
            left = without_restraints(known or (), now)
            if self._is_written(left, item):
                lifted = restraints(known or (), now)
                is_known = known is not None
                return RestraintsLifted(lifted=lifted, on_record=left) if is_known else None
            self._pause(attempt)
        raise _met_others()

    def _changed(self, change: Change) -> Measures:
        for attempt in range(ATTEMPTS_MAX):
            item = self._item()
            known = measures_of(item)
            wanted = change(known)
            if wanted == known or self._is_written(wanted, item):
                return wanted
            self._pause(attempt)
        raise _met_others()

    def _item(self) -> Item:
        item = self._calls.get(CONFIG_KEY)
        if item is None:
            raise ConfigurationError("no configuration is in force; apply a sentry.yaml first")
        return item

    def _is_written(self, measures: Measures, item: Item) -> bool:
        written = self._calls.update(put_measures(measures, revision_of(item)))
        return isinstance(written, Written)


def _readable(item: Item) -> Measures | None:
    """``None`` where it cannot be read: whoever ends all needs to know none."""
    try:
        return measures_of(item)
    except ConfigurationError:
        return None


def _met_others() -> LedgerContention:
    return LedgerContention("the measures are being changed by somebody else; try again")
