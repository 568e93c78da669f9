"""10,000 calls past the sentry, among its own: is each booked, and none twice?

The real use case over the real ledger, journal, cursors and metrics adapter; DynamoDB is the
simulator's, and time is virtual. Calls go to three models at random moments of one hour. Beside
them the sentry's own calls are admitted and settled. CloudWatch is a model of it (`late_metrics`):
points come up to 25 minutes late, half of them first with a part of their sum, some minutes show
nothing for half an hour, pages repeat points, and one question in ten is refused. One run in ten
dies at a random one of its steps, and one in ten meets another run there.
"""

import contextlib
import heapq
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from benchmarks.budget.bench_sentry import (
    BOOK,
    MODELS,
    PROMPT_TOKENS,
    request,
    request_id,
)
from benchmarks.budget.virtual_table import VirtualSentry
from benchmarks.drill.late_metrics import LateMetrics
from cost_sentry.adapters.cloudwatch_metrics import CloudWatchMetrics
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_meters import DynamoDbMeters
from cost_sentry.adapters.dynamodb_notice_outbox import DynamoDbNoticeOutbox
from cost_sentry.adapters.dynamodb_usage_cursors import DynamoDbStreamWatch, DynamoDbUsageCursors
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.application.usage_reconciliation import UsageReconciliation
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.usage import TokenUsage
from cost_sentry.domain.window import WindowKind
from tests.fakes.reconciliations import Died, Disturbed, MemoryProfiles

CALLS = 10_000
OWN_CALLS = 400
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
STEPS = 60
_PLENTY = 10**12
REQUESTS = Budget(id="requests", scope={}, unit=Unit.REQUESTS, window=WindowKind.DAY, limit=_PLENTY)
TOKENS = Budget(id="tokens", scope={}, unit=Unit.TOKENS, window=WindowKind.DAY, limit=_PLENTY)
DOLLARS = Budget(
    id="dollars",
    scope={},
    unit=Unit.USD,
    window=WindowKind.DAY,
    limit=10**15,
    thresholds_percent=(),
)
"""A thousand dollars: more than own calls need."""

Figures = Mapping[str, int]


def measured(seed: int) -> Figures:
    """``calls`` past the sentry, how many were ``booked``, and by how much all kinds ``drift``."""
    return Bypass(seed, CALLS, OWN_CALLS).run()


class Bypass:
    """One hour, and what follows.

    Args:
        seed: of everything that is left to chance.
        calls: past the sentry.
        own_calls: through it.
    """

    def __init__(self, seed: int, calls: int, own_calls: int) -> None:
        self._chance = Random(seed)
        self._calls, self._own = calls, own_calls
        self._virtual = VirtualSentry(START, REQUESTS, TOKENS, DOLLARS)
        self._metrics = LateMetrics(self._chance, self._virtual.clock)
        self._adapter = CloudWatchMetrics(self._metrics)
        self._truth = 0
        """Tokens of calls past the sentry."""
        self._own_tokens = 0
        self._events: list[tuple[datetime, int, Any]] = []

    def run(self) -> Figures:
        """Figures as they are compared between releases."""
        self._at(START, lambda: self._reconcile(is_quiet=True))
        for _ in range(self._calls):
            self._at(START + MINUTE + self._chance.random() * HOUR, self._past)
        for number in range(self._own):
            self._at(START + MINUTE + self._chance.random() * HOUR, self._admit(number))
        for minute in range(1, 2 * 60):
            self._at(START + minute * MINUTE, self._scheduled(is_quiet=False))
        for minute in range(2 * 60, 5 * 60, 10):
            self._at(START + minute * MINUTE, self._scheduled(is_quiet=True))
        while self._events:
            moment, _, act = heapq.heappop(self._events)
            self._virtual.at(moment)
            act()
        return self._figures()

    def _at(self, moment: datetime, act: Any) -> None:  # noqa: ANN401 - a call without arguments
        heapq.heappush(
            self._events, (moment, len(self._events) + self._chance.getrandbits(40), act)
        )

    def _past(self) -> None:
        """A call that nobody asked the sentry for."""
        usage = TokenUsage(
            input_tokens=self._chance.randint(1, 4_000),
            output_tokens=self._chance.randint(1, 800),
            cache_read_tokens=self._chance.choice((0, 0, 1_500)),
            cache_write_5m_tokens=self._chance.choice((0, 0, 0, 900)),
        )
        self._truth += usage.total_tokens
        self._metrics.metered(self._chance.choice(MODELS), self._virtual.clock.time, usage)

    def _admit(self, number: int) -> Any:  # noqa: ANN401 - a call without arguments
        def act() -> None:
            now = self._virtual.clock.time
            written = self._chance.randint(1, 300)
            decision = self._virtual.sentry.decide(request(request_id(now, number), 300))
            ends_at = now + timedelta(seconds=self._chance.randint(1, 40))

            def settle() -> None:
                self._virtual.sentry.settle(decision, written)
                usage = TokenUsage(input_tokens=PROMPT_TOKENS, output_tokens=written)
                self._own_tokens += usage.total_tokens
                self._metrics.metered(MODELS[0], self._virtual.clock.time, usage)

            self._at(ends_at, settle)

        return act

    def _scheduled(self, *, is_quiet: bool) -> Any:  # noqa: ANN401 - a call without arguments
        return lambda: self._reconcile(is_quiet=is_quiet)

    def _reconcile(self, *, is_quiet: bool) -> None:
        """One run; unless it is quiet, CloudWatch, death and other runs may be in its way."""
        self._metrics.refuses = not is_quiet and self._chance.random() < 0.1
        place, what = self._chance.randrange(STEPS), self._chance.random()
        steps = iter(range(STEPS * 1_000))

        def step(name: str) -> bool:
            here = next(steps)
            if is_quiet or here != place:
                return False
            if what < 0.1:
                raise Died(name)
            if what < 0.2:
                self._parts(lambda _name: False).run()
            return 0.2 <= what < 0.3

        with contextlib.suppress(Died):
            self._parts(step).run()

    def _parts(self, step: Any) -> UsageReconciliation:  # noqa: ANN401 - as Disturbed takes it
        sentry, clock = self._virtual.sentry, self._virtual.clock
        calls = LedgerCalls(self._virtual.client, sentry.table)
        journal = JournalCalls(self._virtual.client, sentry.table)
        return UsageReconciliation(
            metrics=Disturbed(self._adapter, step),
            profiles=MemoryProfiles(),
            own_use=Disturbed(DynamoDbMeters(journal, calls, clock.now), step),
            cursors=Disturbed(DynamoDbUsageCursors(calls), step),
            watch=Disturbed(DynamoDbStreamWatch(calls), step),
            notices=DynamoDbNoticeOutbox(calls, lambda _attempt: None),
            ledger=Disturbed(sentry.ledger, step),
            config_source=sentry.admission.config_source,
            price_book=BOOK,
            clock=clock,
        )

    def _figures(self) -> Figures:
        requests, tokens = self._posted(REQUESTS), self._posted(TOKENS)
        booked = requests - self._own
        adrift = abs(tokens - self._own_tokens - self._truth)
        return {"calls": self._calls, "booked": booked, "drift": abs(booked - self._calls) + adrift}

    def _posted(self, budget: Budget) -> int:
        return self._virtual.sentry.books.balance(budget, budget.window_at(START).id).posted
