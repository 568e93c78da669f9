"""The comparison of usage with all that it needs, so that a test can break any part of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.application.usage_ports import (
    Carried,
    CursorMoved,
    MetricsUnavailable,
    ProfilesUnavailable,
)
from cost_sentry.application.usage_reconciliation import Reconciled, UsageReconciliation
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.meter import Counts
from cost_sentry.domain.notice import Notice
from cost_sentry.domain.price_book import ModelPrice, TokenRates
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.usage_cursor import UsageCursor
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, ManualClock, budget
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.projector import FixedConfig, config_of

NOVA = "amazon.nova-lite-v1:0"
MINUTE = timedelta(minutes=1)
RATES = TokenRates(input=3, output=15, cache_read=1, cache_write_5m=4, cache_write_1h=6)

DOLLARS = budget("organisation", 10**9, scope={})
TOKENS = budget("nova-tokens", 10**9, scope={"model": NOVA}, unit=Unit.TOKENS)
INPUT = budget("nova-in", 10**9, scope={"model": NOVA}, unit=Unit.INPUT_TOKENS)
OUTPUT = budget("nova-out", 10**9, scope={"model": NOVA}, unit=Unit.OUTPUT_TOKENS)
CALLS = budget("calls", 10**9, scope={}, unit=Unit.REQUESTS, window=WindowKind.MINUTE)
FLIGHT = budget("flight", 5, scope={}, unit=Unit.IN_FLIGHT, window=WindowKind.NONE)
TEAM = budget("search-daily", 10**9)
EVERY = (DOLLARS, TOKENS, INPUT, OUTPUT, CALLS, FLIGHT, TEAM)
USED = Counts(
    calls=4, input_tokens=100, output_tokens=10, cache_read_tokens=20, cache_write_tokens=5
)
COST = 3 * 100 + 15 * 10 + 1 * 20 + 6 * 5


class Died(BaseException):
    """A run was cut off."""


class MemoryMetrics:
    """``ModelMetrics``: points by the moment at which they can be seen."""

    def __init__(self) -> None:
        self.points: list[tuple[datetime, str, datetime, Counts]] = []
        self.throttled = False
        self.asked = 0
        self.clock: ManualClock | None = None

    def put(self, model: str, minute: datetime, counts: Counts, seen_at: datetime) -> None:
        """The sum of a minute, as it stands from then on."""
        self.points.append((seen_at, model, minute, counts))

    def _now(self) -> datetime:
        if self.throttled:
            raise MetricsUnavailable("CloudWatch throttles")
        assert self.clock is not None
        return self.clock.now()

    def recent(self, now: datetime) -> Sequence[str]:
        return self._active(now, timedelta(hours=3))

    def listed(self, now: datetime) -> Sequence[str]:
        return self._active(now, timedelta(days=14))

    def _active(self, now: datetime, within: timedelta) -> Sequence[str]:
        seen, first = self._now(), now - within
        return sorted(
            {m for at, m, minute, _ in self.points if at <= seen and first <= minute <= now}
        )

    def minutes(
        self, models: Sequence[str], since: datetime, until: datetime
    ) -> Mapping[str, Mapping[datetime, Counts]]:
        self.asked += 1
        now = self._now()
        since = max(since, now - timedelta(days=15))
        found: dict[str, dict[datetime, Counts]] = {}
        for at, model, minute, counts in sorted(self.points, key=lambda point: point[0]):
            if model in models and at <= now and since <= minute < until:
                found.setdefault(model, {})[minute] = counts
        return found


class MemoryProfiles:
    """``InferenceProfiles``."""

    def __init__(self) -> None:
        self.models: dict[str, str] = {}
        self.throttled = False

    def model_behind(self, profile: str) -> str | None:
        if self.throttled:
            raise ProfilesUnavailable("Bedrock throttles")
        return self.models.get(profile)


class MemoryCursors:
    """``UsageCursors``."""

    def __init__(self, begun: datetime | None = None) -> None:
        self._begun = begun
        self.kept: dict[str, UsageCursor] = {}
        self._surveyed: datetime | None = None

    def begun(self, now: datetime) -> datetime:
        if self._begun is None:
            self._begun = now.replace(second=0, microsecond=0) + MINUTE
        return self._begun

    def surveyed(self) -> datetime | None:
        return self._surveyed

    def note_surveyed(self, until: datetime) -> None:
        self._surveyed = max(self._surveyed or until, until)

    def models(self) -> Sequence[str]:
        return sorted(self.kept)

    def read(self, model_id: str) -> UsageCursor | None:
        return self.kept.get(model_id)

    def write(self, cursor: UsageCursor) -> UsageCursor:
        known = self.kept.get(cursor.model_id)
        if (known.version if known else 0) != cursor.version:
            raise CursorMoved(f"another run has compared {cursor.model_id} meanwhile")
        self.kept[cursor.model_id] = replace(cursor, version=cursor.version + 1)
        return self.kept[cursor.model_id]


class MemoryWatch:
    """``StreamWatch``: a mark is through as soon as it is sent, while the stream moves."""

    def __init__(self, clock: ManualClock) -> None:
        self.is_stuck = False
        self.failed_at: datetime | None = None
        self.until: datetime | None = None
        self._clock = clock

    def tick(self, now: datetime) -> None:
        if not self.is_stuck:
            self.until = now

    def carried(self) -> Carried:
        if not self.is_stuck:
            self.until = self._clock.now()
        return Carried(until=self.until, failed_at=self.failed_at)


@dataclass
class MemoryNotices:
    """``Told``."""

    told: dict[str, Notice] = field(default_factory=dict)

    def record(self, notice: Notice) -> bool:
        return self.told.setdefault(notice.key, notice) is notice


@dataclass
class OnePriceBook:
    """``PriceBook`` with one price, for the models that it names."""

    models: tuple[str, ...] = (NOVA,)
    version: str = "2026-11-21+0123456789ab"
    region: str | None = None

    def price(self, model_id: str) -> ModelPrice | None:
        return ModelPrice(model_id=model_id, rates=RATES) if model_id in self.models else None

    def card(self, model_id: str) -> None:
        return None


class Disturbed:
    """A part whose calls a test counts, and of which it breaks one."""

    def __init__(self, part: Any, step: Callable[[str], bool]) -> None:
        self._part, self._step = part, step

    def __getattr__(self, name: str) -> Any:
        whole = getattr(self._part, name)
        if not callable(whole):
            return whole

        def called(*given: Any, **more: Any) -> Any:
            dies_after = self._step(name)
            answer = whole(*given, **more)
            if dies_after:
                raise Died(name)
            return answer

        return called


class Comparison:
    """Runs over one ledger, one journal and one set of metrics."""

    def __init__(self, *budgets: Budget, begun: datetime | None = NOON, **changes: Any) -> None:
        self.clock = ManualClock()
        self.metrics, self.cursors = MemoryMetrics(), MemoryCursors(begun)
        self.metrics.clock = self.clock
        self.watch, self.notices = MemoryWatch(self.clock), MemoryNotices()
        self.ledger, self.journal = MemoryLedger(), MemoryJournal()
        self.prices, self.profiles = OnePriceBook(), MemoryProfiles()
        self.config: SentryConfig = replace(config_of(*budgets), **changes)
        for each in budgets:
            self.ledger.define(each, each.window_at(NOON).id)
        self._calls = 0

    def run(
        self,
        *,
        dies_at: int | None = None,
        dies_after: str = "",
        meanwhile: int | None = None,
    ) -> Reconciled:
        """One run, which may be cut off.

        Args:
            dies_at: before (even numbers) or after (odd ones) so many calls of its parts.
            dies_after: the name of a call.
            meanwhile: another run takes place before that call.
        """
        self._calls = 0

        def step(name: str) -> bool:
            place, self._calls = self._calls, self._calls + 1
            if meanwhile is not None and place == meanwhile:
                self._parts(lambda _name: False).run()
            if dies_at is not None and place == dies_at // 2:
                if dies_at % 2 == 0:
                    raise Died(name)
                return True
            return name == dies_after

        return self._parts(step).run()

    def _parts(self, step: Callable[[str], bool]) -> UsageReconciliation:
        return UsageReconciliation(
            metrics=Disturbed(self.metrics, step),
            profiles=Disturbed(self.profiles, step),
            own_use=Disturbed(self.journal.meters, step),
            cursors=Disturbed(self.cursors, step),
            watch=Disturbed(self.watch, step),
            notices=Disturbed(self.notices, step),
            ledger=Disturbed(self.ledger, step),
            config_source=FixedConfig(self.config),
            price_book=self.prices,
            clock=self.clock,
        )

    def posted(self, budget: Budget, minute: datetime = NOON) -> int:
        return self.ledger.balance(budget, budget.window_at(minute).id).posted

    def metered(self, minute: int, counts: Counts, late: int = 0) -> None:
        """Usage of this minute after noon, seen by the run that is due and so much later."""
        at = NOON + minute * MINUTE
        self.metrics.put(NOVA, at, counts, at + late * MINUTE)

    def at(self, minute: int) -> Reconciled:
        """The run of this minute after noon."""
        self.clock.time = NOON + minute * MINUTE
        return self.run()
