"""Put a measure in force: what the ledger must know of it first, and then the measure."""

from datetime import datetime

from cost_sentry.application.measure_ports import MeasureStore
from cost_sentry.application.ports import Clock, LedgerBooks
from cost_sentry.domain.measure import Measure, MeasureKind, Measures


def take_measure(
    measure: Measure, *, store: MeasureStore, books: LedgerBooks, clock: Clock
) -> Measures:
    """What is on record then; doing it twice changes nothing the second time.

    The limit of a budget that tightens stands in the ledger before any call is charged to it: one
    that the ledger does not know would refuse them all. When it has ended nothing refers to it, and
    its definition waits for the next time that its scope is tightened.

    Raises:
        MeasuresFull: no more measures have room; nothing is in force that was not before.
        LedgerUnavailable: it may be in force; safe to try again.
        ConfigurationError: no configuration is in force, or the measures on record are none.
    """
    if measure.kind is MeasureKind.TIGHTEN:
        _define(measure, books, clock.now())
    return store.put(measure)


def set_limits_right(measures: Measures, books: LedgerBooks, now: datetime) -> int:
    """Define again the limits of what tightens now; how many there are.

    Of two who tightened the same scope at once the slower may have defined its limit last.
    """
    tightening = [
        one for one in measures if one.kind is MeasureKind.TIGHTEN and one.is_in_force(now)
    ]
    for one in tightening:
        _define(one, books, now)
    return len(tightening)


def _define(measure: Measure, books: LedgerBooks, now: datetime) -> None:
    budget = measure.budget
    books.define(budget, budget.window_at(now).id)
