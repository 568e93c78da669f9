"""Count how calls ended, and open and close circuits by it. Off the hot path."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from cost_sentry.application.circuit_ports import CircuitStore
from cost_sentry.application.ports import Clock, ConfigSource
from cost_sentry.domain.circuit import (
    Circuit,
    CircuitRules,
    Tally,
    bucket_of,
    opened_by,
    prober_of,
    reported,
)
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.service_tier import model_held

LOOKS_MAX = 3
"""At a circuit that others change at the same moment."""


class CallEnd(NamedTuple):
    """How one call to a model ended."""

    model_id: str
    """As it was called, and of which service tier."""
    prober: str
    at: datetime
    is_well: bool | None
    """``None``: it says nothing of the model, such as a request that was malformed."""


def call_end(reservation: Reservation, at: datetime, *, is_well: bool | None) -> CallEnd:
    """Of the call that this money was held for."""
    prober = prober_of(reservation.account, reservation.request_id)
    return CallEnd(model_id=model_held(reservation), prober=prober, at=at, is_well=is_well)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWatch:
    """``saw`` with its ports bound."""

    store: CircuitStore
    config_source: ConfigSource
    clock: Clock

    def saw(self, ends: Sequence[CallEnd]) -> None:
        """Count them, tell the circuits of their probes, open what must be opened.

        Nothing is read or written where the configuration has no breaker. A call that is told
        twice counts twice. ``LedgerUnavailable`` if not all of it could be done.
        """
        config = self.config_source.current()
        rules = config.circuit_breaker if config else None
        if rules is None or not ends:
            return
        self._count(ends)
        circuits = self.store.read()
        for end in ends:
            circuit = circuits.get(end.model_id)
            if circuit is not None and circuit.probe == end.prober:
                self._report(end, circuit, rules)
        for model_id, failed_at in _last_failures(ends).items():
            if model_id not in circuits:
                self._judge(model_id, failed_at, rules)

    def _count(self, ends: Iterable[CallEnd]) -> None:
        known = [(end.model_id, bucket_of(end.at), end.is_well) for end in ends]
        calls = Counter((model, bucket) for model, bucket, is_well in known if is_well is not None)
        failures = Counter((model, bucket) for model, bucket, is_well in known if is_well is False)
        for (model_id, bucket), number in calls.items():
            tally = Tally(calls=number, failures=failures[model_id, bucket])
            self.store.count(model_id, bucket, tally)

    def _report(self, end: CallEnd, circuit: Circuit, rules: CircuitRules) -> None:
        """What was counted before a circuit closed must not open it again."""
        now, seen = self.clock.now(), circuit
        for _ in range(LOOKS_MAX):
            after = reported(seen, is_well=end.is_well, rules=rules, now=now)
            if after is None:
                self.store.forget(end.model_id, now)
            if self.store.change(end.model_id, seen, after):
                return
            again = self.store.read().get(end.model_id)
            if again is None or again.probe != end.prober:
                return
            seen = again

    def _judge(self, model_id: str, failed_at: datetime, rules: CircuitRules) -> None:
        """By the window that ends with its last failure; one that is long past opens nothing."""
        now, window = self.clock.now(), timedelta(seconds=rules.within_seconds)
        if now - failed_at > window:
            return
        tally = self.store.tally(model_id, bucket_of(failed_at - window))
        circuit = opened_by(tally, rules, now)
        if circuit is not None:
            self.store.change(model_id, None, circuit)


def _last_failures(ends: Iterable[CallEnd]) -> Mapping[str, datetime]:
    """By model id, when it failed last."""
    found: dict[str, datetime] = {}
    for end in ends:
        if end.is_well is False:
            found[end.model_id] = max(end.at, found.get(end.model_id, end.at))
    return found
