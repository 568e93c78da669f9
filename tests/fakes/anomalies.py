"""Meters that may be silent, states and events in memory, at one instant each."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from cost_sentry.application.anomaly_ports import AnomalyNotRaised, KeptState
from cost_sentry.application.meter_ports import ScopeMinute
from cost_sentry.domain.anomaly import Anomaly, minute_at
from cost_sentry.domain.burn_minutes import Use
from cost_sentry.domain.burn_state import BurnState
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.meter import Counts, MeterChange, Scope
from tests.fakes.memory_meters import MemoryMeters


class BurnMeters(MemoryMeters):
    """Filled minute by minute; some scopes, or all, cannot be asked."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: set[Scope] = set()
        self.is_silent = False

    def add(self, scope: Scope, number: int, use: Use) -> None:
        output = use.tokens // 5
        used = Counts(
            calls=use.calls,
            picodollars=use.picodollars,
            input_tokens=use.tokens - output,
            output_tokens=output,
        )
        self.change(MeterChange(scope=scope, minute=minute_at(number), used=used))

    def active(self, since: datetime) -> Sequence[Scope]:
        if self.is_silent:
            raise LedgerUnavailable("gone")
        return super().active(since)

    def minutes(self, scope: Scope, since: datetime, until: datetime) -> Sequence[ScopeMinute]:
        if self.is_silent or scope in self.silent:
            raise LedgerUnavailable("gone")
        return super().minutes(scope, since, until)


class MemoryDetectorStates:
    """``application.anomaly_ports.DetectorStates``."""

    def __init__(self) -> None:
        self.kept: dict[Scope, KeptState] = {}
        self.written = 0

    def read(self, scope: Scope) -> KeptState | None:
        return self.kept.get(scope)

    def write(self, scope: Scope, before: int | None, state: BurnState) -> int | None:
        there = self.kept.get(scope)
        if before != (there.version if there else None):
            return None
        self.written += 1
        version = 1 if before is None else before + 1
        self.kept[scope] = KeptState(state=state, version=version)
        return version


class MemoryEvents:
    """``application.anomaly_ports.Events``; ``refusals`` is how many it refuses first."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.raised: list[Anomaly] = []

    def raise_(self, anomaly: Anomaly) -> None:
        if self.refusals:
            self.refusals -= 1
            raise AnomalyNotRaised(f"{anomaly.id}: refused")
        self.raised.append(anomaly)

    @property
    def news(self) -> list[Anomaly]:
        """Without what only goes on."""
        return [anomaly for anomaly in self.raised if not anomaly.goes_on]

    @property
    def told(self) -> Iterable[tuple[str, str]]:
        """Each once, as whoever acts knows it."""
        return {(anomaly.id, anomaly.severity.value) for anomaly in self.raised}
