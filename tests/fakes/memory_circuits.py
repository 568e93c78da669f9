"""Circuits, counts and the retry bank in memory: what the ports promise, at one instant each."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from cost_sentry.domain.circuit import Circuit, Tally
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.retry import PRICE, SAVED_RETRIES_MAX


class MemoryCircuits:
    """``application.circuit_ports.CircuitStore``, and ``Circuits`` that are always current."""

    def __init__(self) -> None:
        self.circuits: dict[str, Circuit] = {}
        self.calls: Counter[tuple[str, int]] = Counter()
        self.failures: Counter[tuple[str, int]] = Counter()
        self.forgotten: dict[str, int] = {}
        self.is_silent = False
        self.asked = 0

    def _ask(self) -> None:
        self.asked += 1
        if self.is_silent:
            raise LedgerUnavailable("gone")

    def read(self) -> Mapping[str, Circuit]:
        self._ask()
        return dict(self.circuits)

    def current(self) -> Mapping[str, Circuit]:
        return {} if self.is_silent else dict(self.circuits)

    def change(self, model_id: str, before: Circuit | None, after: Circuit | None) -> bool:
        self._ask()
        if self.circuits.get(model_id) != before:
            return False
        self.circuits.pop(model_id, None)
        if after is not None:
            self.circuits[model_id] = after
        return True

    def changed(self, model_id: str, before: Circuit, after: Circuit) -> bool:
        return not self.is_silent and self.change(model_id, before, after)

    def count(self, model_id: str, bucket: int, tally: Tally) -> None:
        self._ask()
        self.calls[model_id, bucket] += tally.calls
        self.failures[model_id, bucket] += tally.failures

    def tally(self, model_id: str, from_bucket: int) -> Tally:
        self._ask()
        since = self.forgotten.get(model_id, -1)
        counted = [
            (name, bucket)
            for name, bucket in self.calls
            if name == model_id and bucket >= from_bucket and bucket > since
        ]
        return Tally(
            calls=sum(self.calls[key] for key in counted),
            failures=sum(self.failures[key] for key in counted),
        )

    def forget(self, model_id: str, at: datetime) -> None:
        self._ask()
        self.forgotten[model_id] = int(at.timestamp())


class MemoryRetries:
    """``application.circuit_ports.RetryBank`` and ``RetryRecords``."""

    def __init__(self, parts: int = 0) -> None:
        self.parts = parts
        self.granted: dict[tuple[str, str], datetime] = {}
        self.is_silent = False

    def _ask(self) -> None:
        if self.is_silent:
            raise LedgerUnavailable("gone")

    def earn(self, parts: int) -> None:
        self._ask()
        self.parts = min(self.parts + parts, SAVED_RETRIES_MAX * PRICE)

    def grant(self, account: str, attempt_id: str, at: datetime) -> bool:
        self._ask()
        if (account, attempt_id) in self.granted:
            return True
        if self.parts < PRICE:
            return False
        self.parts -= PRICE
        self.granted[account, attempt_id] = at
        return True

    def granted_at(self, account: str, attempt_id: str) -> datetime | None:
        self._ask()
        return self.granted.get((account, attempt_id))
