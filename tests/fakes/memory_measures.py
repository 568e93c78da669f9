"""``MeasureStore`` in memory; it dies or is away when a test says so."""

import threading
from collections.abc import Callable

from cost_sentry.application.measure_ports import RestraintsLifted
from cost_sentry.application.ports import Clock
from cost_sentry.domain.measure import (
    Measure,
    Measures,
    not_gone,
    restraints,
    with_lifted,
    with_put,
    without_restraints,
)


class MemoryMeasures:
    """``trouble`` is told what is about to be done, and then what was; it may raise."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.on_record: Measures = ()
        self.trouble: Callable[[str, bool], None] = lambda _call, _done: None

    def measures(self) -> Measures:
        self.trouble("measures", False)
        return self.on_record

    def put(self, measure: Measure) -> Measures:
        return self._do("put", lambda: with_put(self.on_record, measure, self._clock.now()))

    def lift(self, measure: Measure) -> Measures:
        return self._do("lift", lambda: with_lifted(self.on_record, measure, self._clock.now()))

    def forget_gone(self) -> None:
        self._do("forget_gone", lambda: not_gone(self.on_record, self._clock.now()))

    def lift_restraints(self) -> RestraintsLifted | None:
        now, before = self._clock.now(), self.on_record
        left = self._do("lift_restraints", lambda: without_restraints(self.on_record, now))
        return RestraintsLifted(lifted=restraints(before, now), on_record=left)

    def _do(self, call: str, change: Callable[[], Measures]) -> Measures:
        self.trouble(call, False)
        with self._lock:
            self.on_record = change()
        self.trouble(call, True)
        return self.on_record
