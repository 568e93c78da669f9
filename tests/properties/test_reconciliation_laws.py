"""Whatever goes wrong on the way, external usage is booked exactly, and never too much of it."""

import contextlib
from random import Random

import pytest

from cost_sentry.application.usage_reconciliation import Reconciled
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.external_usage import total
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.meter import NOTHING, Counts
from cost_sentry.domain.usage import TokenUsage
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, budget, resolution
from tests.fakes.entries import Account
from tests.fakes.reconciliations import MINUTE, NOVA, RATES, Comparison, Died

LENGTH = 10
REST = LENGTH + 3 * 60 + 10
"""Minutes after noon at which every bound is exact, and every point was seen."""
CALLS = budget("calls", 10**9, scope={}, unit=Unit.REQUESTS, window=WindowKind.MINUTE)
TOKENS = budget("tokens", 10**9, scope={"model": NOVA}, unit=Unit.TOKENS)
DOLLARS = budget("small", 200, scope={})
"""Cannot pay for all of it."""
Call = tuple[int, int, int, int]
"""When it begins, how many minutes later it is metered, its tokens in and out."""


def used(call: Call) -> Counts:
    return Counts(calls=1, input_tokens=call[2], output_tokens=call[3])


def cost(counts: Counts) -> int:
    return RATES.input * counts.input_tokens + RATES.output * counts.output_tokens


class World:
    """Own calls come by the journal, external ones by the metrics alone."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.comparison = Comparison(CALLS, TOKENS, DOLLARS)
        own = self._calls(self.chance.randint(0, 6))
        self.external = self._calls(self.chance.randint(1, 7))
        self.waiting = [self._entries(number, call) for number, call in enumerate(own)]
        """Calls that have not begun, or not ended, with the minute in which they begin."""
        self._meter([*own, *self.external])

    def _calls(self, count: int) -> list[Call]:
        draw = self.chance.randint
        return [(draw(0, LENGTH - 1), draw(0, 3), draw(0, 30), draw(0, 70)) for _ in range(count)]

    @staticmethod
    def _entries(number: int, call: Call) -> tuple[int, LedgerEntry, LedgerEntry]:
        account = Account(f"search/app{number}")
        held = account.reserve(f"r{number}", reserved_at=NOON + call[0] * MINUTE)
        usage = TokenUsage(input_tokens=call[2], output_tokens=call[3])
        return call[0], held, account.resolve(held, resolution(40, usage=usage))

    def _meter(self, calls: list[Call]) -> None:
        """Points that come late, and some of them too low at first."""
        sums: dict[int, Counts] = {}
        for call in calls:
            minute = call[0] + call[1]
            sums[minute] = sums.get(minute, NOTHING) + used(call)
        for minute, counts in sums.items():
            if self.chance.random() < 0.5:
                part = Counts(calls=min(1, counts.calls), input_tokens=counts.input_tokens // 2)
                self.comparison.metered(minute, part, late=self.chance.randint(0, 2))
            self.comparison.metered(minute, counts, late=self.chance.randint(2, LENGTH + 8))

    def pass_minute(self, now: int) -> None:
        """Journal what has come, and then a run to which anything may happen."""
        comparison, chance = self.comparison, self.chance
        comparison.clock.time = NOON + now * MINUTE
        for begins, held, ended in tuple(self.waiting):
            if begins == now:
                comparison.journal.write([held])
            elif begins + 2 < now and chance.random() < 0.4:
                comparison.journal.write([held, ended] if chance.random() < 0.5 else [ended])
                self.waiting.remove((begins, held, ended))
        comparison.metrics.throttled = chance.random() < 0.2
        comparison.ledger.down = chance.random() < 0.2
        comparison.watch.is_stuck = chance.random() < 0.2
        dies, meets = (chance.randint(0, 60) if chance.random() < 0.3 else None for _ in range(2))
        with contextlib.suppress(Died):
            comparison.run(dies_at=dies, meanwhile=meets)
        comparison.ledger.down = False

    def come_to_rest(self) -> Reconciled:
        """Everything has ended, was seen, and is old; then two runs to which nothing happens."""
        comparison = self.comparison
        comparison.metrics.throttled = comparison.watch.is_stuck = False
        comparison.journal.write([ended for _, _, ended in self.waiting])
        runs = [comparison.at(REST), comparison.at(REST + 1)]
        return next(done for done in reversed(runs) if done.compared)

    def truth(self, minute: int) -> Counts:
        return total(used(call) for call in self.external if call[0] + call[1] <= minute)

    def booked_calls(self, minute: int) -> int:
        return sum(self.comparison.posted(CALLS, NOON + m * MINUTE) for m in range(minute + 1))


@pytest.mark.parametrize("seed", range(60))
def test_booked_is_the_truth_at_the_end_and_never_above_it_on_the_way(seed):
    world = World(seed)

    for now in range(LENGTH + 12):
        world.pass_minute(now)
        for minute in range(LENGTH + 3):
            assert world.booked_calls(minute) <= world.truth(minute).calls
    last = world.come_to_rest()

    truth, posted = world.truth(LENGTH + 3), world.comparison.posted
    assert world.booked_calls(LENGTH + 3) == truth.calls
    assert posted(TOKENS) == truth.input_tokens + truth.output_tokens
    assert posted(DOLLARS) == cost(truth)
    assert world.comparison.ledger.pending() == []
    assert [each.drift for each in last.compared] == [NOTHING]
