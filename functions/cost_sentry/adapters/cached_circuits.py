"""Circuits for admission: at most one read per second and execution environment, and never a fault.

While they cannot be read, every circuit counts as closed, and nobody asks again for a while: an
outage costs one of some seconds' admissions a part of a second, and refuses none.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from cost_sentry.application.circuit_ports import CircuitStore
from cost_sentry.application.ports import Clock
from cost_sentry.domain.circuit import Circuit
from cost_sentry.domain.errors import LedgerUnavailable

FRESH_FOR = timedelta(seconds=1)
SILENT_FOR = timedelta(seconds=10)
"""After a question that was not answered."""


class CachedCircuits:
    """``application.circuit_ports.Circuits``.

    Args:
        make_store: with a client that soon gives up; called when somebody looks, so that a
            deployment without a breaker makes none.
        clock: says how old an answer is.
    """

    def __init__(self, make_store: Callable[[], CircuitStore], clock: Clock) -> None:
        self._make_store = make_store
        self._clock = clock
        self._known: Mapping[str, Circuit] = {}
        self._asked_at: datetime | None = None
        self._good_for = FRESH_FOR

    @cached_property
    def _store(self) -> CircuitStore:
        return self._make_store()

    def current(self) -> Mapping[str, Circuit]:
        """See the port."""
        now = self._clock.now()
        # A clock that was set back proves nothing about age.
        if self._asked_at is None or not timedelta(0) <= now - self._asked_at < self._good_for:
            self._asked_at = now
            try:
                self._known, self._good_for = self._store.read(), FRESH_FOR
            except LedgerUnavailable:
                self._unknown()
        return self._known

    def changed(self, model_id: str, before: Circuit, after: Circuit) -> bool:
        """See the port. Who came too late for a probe does not ask for it again before it looks."""
        try:
            is_changed = self._store.change(model_id, before, after)
        except LedgerUnavailable:
            self._unknown()
            return False
        if is_changed:
            self._known = {**self._known, model_id: after}
        elif after.probe is not None:
            self._known = {**self._known, model_id: replace(after, probe=None)}
        return is_changed

    def _unknown(self) -> None:
        self._known, self._good_for = {}, SILENT_FOR
