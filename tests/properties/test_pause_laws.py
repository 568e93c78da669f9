"""However long the comparison stands still: what CloudWatch still has is booked exactly, and what
it has no more is told."""

from datetime import timedelta
from random import Random

import pytest

from cost_sentry.adapters.meter_items import METERS_KEPT
from cost_sentry.application.usage_survey import CAUGHT_UP_MAX, LISTED
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.external_usage import Horizons
from cost_sentry.domain.meter import Counts
from cost_sentry.domain.usage import TokenUsage
from cost_sentry.domain.usage_cursor import READABLE
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, budget, resolution
from tests.fakes.entries import Account
from tests.fakes.reconciliations import MINUTE, NOVA, USED, Comparison

OTHER, NEVER_SEEN = "amazon.nova-micro-v1:0", "amazon.nova-pro-v1:0"
MODELS = (NOVA, OTHER, NEVER_SEEN)
CALLS = budget("calls", 10**9, scope={}, unit=Unit.REQUESTS, window=WindowKind.DAY)
TOKENS = budget("tokens", 10**9, scope={}, unit=Unit.TOKENS, window=WindowKind.NONE)
BEFORE = 20
"""Minutes after noon at which the pause begins; two of the models were looked at by then."""
TWO_WEEKS = 14 * 24 * 60
PAUSES = (10, 60, 150, 181, 240, 600, 1_500, 5_000, TWO_WEEKS - 60)


class World:
    """Calls past the sentry before and in the pause, own ones beside them."""

    def __init__(self, seed: int, pause: int) -> None:
        self.chance, self.end = Random(seed), BEFORE + pause
        self.comparison = Comparison(CALLS, TOKENS)
        self.truth = 0
        for model in (NOVA, OTHER):
            self._past(model, self.chance.randrange(0, BEFORE))
        for _ in range(self.chance.randint(3, 12)):
            self._past(self.chance.choice(MODELS), self.chance.randrange(BEFORE, self.end - 4))
        for number in range(self.chance.randint(0, 5)):
            self._own(number, self.chance.randrange(0, self.end - 4))

    def _past(self, model: str, minute: int) -> None:
        counts = Counts(calls=1, input_tokens=self.chance.randint(1, 50), output_tokens=3)
        self.truth += counts.input_tokens + counts.output_tokens
        self._meter(model, minute, counts)

    def _own(self, number: int, minute: int) -> None:
        held = Account(f"search/app{number}").reserve(
            f"r{number}", reserved_at=NOON + minute * MINUTE, model_used=NOVA
        )
        usage = TokenUsage(input_tokens=20, output_tokens=10)
        ended = Account(f"search/app{number}").resolve(held, resolution(40, usage=usage))
        self.comparison.journal.write([held, ended])
        self._meter(NOVA, minute, Counts(calls=1, input_tokens=20, output_tokens=10))

    def _meter(self, model: str, minute: int, counts: Counts) -> None:
        at = NOON + minute * MINUTE
        known = [p for p in self.comparison.metrics.points if p[1:3] == (model, at)]
        before = known[-1][3] if known else Counts()
        self.comparison.metrics.put(model, at, before + counts, at)


@pytest.mark.parametrize("how", ["down", "stuck", "throttled"])
@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("seed", range(4))
def test_after_a_pause_of_up_to_two_weeks_everything_is_booked_exactly(seed, pause, how):
    world = World(seed, pause)
    comparison = world.comparison
    for minute in range(BEFORE):
        comparison.at(minute)
    comparison.watch.is_stuck, comparison.metrics.throttled = how == "stuck", how == "throttled"
    for minute in range(BEFORE, world.end, max(1, pause // 5)) if how != "down" else ():
        comparison.at(minute)
    comparison.watch.is_stuck = comparison.metrics.throttled = False

    runs = [comparison.at(minute) for minute in range(world.end, world.end + 25)]

    assert comparison.posted(TOKENS) == world.truth
    assert [done.problems for done in runs if done.problems] == []
    assert all(done.unread is None for done in runs)
    assert comparison.ledger.pending() == []


def test_a_pause_longer_than_cloudwatch_remembers_is_told_and_what_is_left_is_booked():
    comparison = Comparison(CALLS, TOKENS)
    for minute in range(BEFORE):
        comparison.at(minute)
    after = BEFORE + 20 * 24 * 60
    for minute in (BEFORE + 5, after - TWO_WEEKS + 60, after - 10):
        comparison.metrics.put(OTHER, NOON + minute * MINUTE, USED, NOON)

    runs = [comparison.at(minute) for minute in range(after, after + 25)]

    assert runs[0].unread is not None
    assert runs[0].unread.since <= NOON + BEFORE * MINUTE
    assert runs[0].unread.until == NOON + after * MINUTE - LISTED
    assert runs[-1].unread is None
    assert comparison.posted(TOKENS) == 2 * 135


def test_own_calls_that_the_meters_have_forgotten_are_nobody_elses():
    comparison = Comparison(CALLS, TOKENS)
    usage = TokenUsage(input_tokens=20, output_tokens=10)
    held = Account().reserve("r1", reserved_at=NOON + MINUTE)
    comparison.journal.write([held, Account().resolve(held, resolution(40, usage=usage))])
    comparison.metered(1, Counts(calls=1, input_tokens=20, output_tokens=10))
    for minute in range(2, 10):
        comparison.at(minute)

    comparison.journal.meters.forget_before(NOON + METERS_KEPT)
    later = int(METERS_KEPT / MINUTE) + 60
    comparison.metered(later, USED)
    for minute in range(later, later + 25):
        comparison.at(minute)

    assert comparison.posted(TOKENS) == 135


def test_meters_outlast_whatever_is_compared_with_them():
    longest = Horizons(timedelta(days=1))

    assert READABLE + longest.overlap < METERS_KEPT


def test_a_run_that_catches_up_looks_at_so_many_models_at_most_and_the_next_at_the_others():
    comparison = Comparison(CALLS, TOKENS)
    comparison.at(1)
    names = [f"model-{number}" for number in range(2 * CAUGHT_UP_MAX + 7)]
    for name in names:
        comparison.metrics.put(name, NOON + 30 * MINUTE, USED, NOON)
    first = 30 + 4 * 60

    runs = [comparison.at(minute) for minute in range(first, first + 8)]

    assert max(len(done.compared) for done in runs) == CAUGHT_UP_MAX
    assert comparison.posted(TOKENS) == len(names) * 135


def test_a_model_with_more_than_one_run_can_book_is_looked_at_until_all_is():
    comparison = Comparison(CALLS, TOKENS)
    comparison.at(1)
    for minute in range(200):
        comparison.metered(2 + minute, USED)
    first = 202 + 4 * 60

    for minute in range(first, first + 6):
        comparison.at(minute)

    assert comparison.posted(TOKENS) == 200 * 135


def test_an_own_call_that_may_run_for_a_day_is_waited_for_however_silent_its_model_is():
    comparison = Comparison(CALLS, TOKENS, hold_seconds=86_400)
    held = Account().reserve("r1", reserved_at=NOON + MINUTE)
    comparison.journal.write([held])
    comparison.metered(1, Counts(calls=2, input_tokens=30, output_tokens=15))
    for hour in range(1, 20):
        comparison.at(60 * hour)
    before = comparison.posted(TOKENS)

    usage = TokenUsage(input_tokens=20, output_tokens=10)
    comparison.journal.write([Account().resolve(held, resolution(40, usage=usage))])
    comparison.at(60 * 20)

    assert (before, comparison.posted(TOKENS)) == (0, 15)


def test_while_nothing_stands_still_no_list_of_two_weeks_is_asked_for():
    comparison = Comparison(CALLS, TOKENS)
    comparison.metered(1, USED)
    asked = []
    comparison.metrics.listed = asked.append

    for minute in range(1, 600, 5):
        comparison.at(minute)

    assert asked == []
