"""The projection with everything it needs, so that a test can break one part of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cost_sentry.application.project_entries import project_entries
from cost_sentry.application.projection import Projection, StreamedEntry
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.sentry_config import SentryConfig
from tests.fakes.builders import NOON, ManualClock, budget
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.memory_outbox import MemoryOutbox
from tests.fakes.recorded_alerts import RecordedAlerts

OWNER = "ann@example.com"


def config_of(*budgets: Budget) -> SentryConfig:
    return SentryConfig(version="v1", teams={}, models={}, budgets=budgets)


@dataclass
class FixedConfig:
    config: SentryConfig | None
    error: Exception | None = None

    def current(self) -> SentryConfig | None:
        if self.error is not None:
            raise self.error
        return self.config


@dataclass
class FixedLimits:
    by_id: Mapping[str, int] = field(default_factory=dict)

    def limits(self) -> Mapping[str, int]:
        return self.by_id


@dataclass
class Forgotten:
    places: list[str] = field(default_factory=list)
    down: bool = False

    def forget(self, place: str, now: datetime) -> None:
        if self.down:
            raise LedgerUnavailable("the ledger did not answer")
        self.places.append(place)


@dataclass
class NotedMarks:
    carried: list[datetime] = field(default_factory=list)
    failed: list[datetime] = field(default_factory=list)
    down: bool = False

    def note_carried(self, at: datetime) -> None:
        self._ask()
        self.carried.append(at)

    def note_failed(self, at: datetime) -> None:
        self._ask()
        self.failed.append(at)

    def _ask(self) -> None:
        if self.down:
            raise LedgerUnavailable("the marks did not answer")


class Projector:
    """Runs batches over one journal."""

    def __init__(self, *budgets: Budget, journal: Any = None, outbox: Any = None) -> None:
        defined = budgets or (budget(owners=(OWNER,)),)
        self.clock = ManualClock()
        self.journal = journal or MemoryJournal()
        self.outbox = outbox or MemoryOutbox(self.journal)
        self.alerts = RecordedAlerts()
        self.ledger = Forgotten()
        self.marks = NotedMarks()
        self.config = FixedConfig(config_of(*defined))
        self.limits = FixedLimits({b.id: b.limit for b in defined})

    def run(self, *batch: StreamedEntry | LedgerEntry) -> Projection:
        return project_entries(
            [_record(each) for each in batch],
            journal=self.journal,
            outbox=self.outbox,
            alerts=self.alerts,
            ledger=self.ledger,
            config=self.config,
            limits=self.limits,
            marks=self.marks,
            clock=self.clock,
        )

    def mailed(self) -> list[tuple[str, str, int]]:
        """Budget, window and threshold of each mail that went out."""
        keys = [alert.key for alert in self.alerts.published]
        return [(k.budget_id, k.window_id, k.threshold_percent) for k in keys]


def used_up(of: Budget, name: str = "refusal", account: str = "search/web") -> StreamedEntry:
    """A refusal that found this budget used up at noon."""
    window = (of.id, of.window_at(NOON).id)
    return StreamedEntry(record_id=name, place=account, entry=None, used_up=window)


def unreadable(account: str = "search/web", name: str = "bad") -> StreamedEntry:
    return StreamedEntry(record_id=name, place=account, entry=None, problem="no readable entry")


def ids(entries: Iterable[LedgerEntry]) -> tuple[str, ...]:
    return tuple(_record(entry).record_id for entry in entries)


def _record(each: StreamedEntry | LedgerEntry) -> StreamedEntry:
    if isinstance(each, StreamedEntry):
        return each
    name = f"{each.place}:{each.sequence}"
    return StreamedEntry(record_id=name, place=each.place, entry=each)
