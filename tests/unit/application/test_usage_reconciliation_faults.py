"""Whoever is behind, silent, dead or twice there: nothing is booked twice, and nothing lost."""

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.usage_ports import Carried
from cost_sentry.application.usage_watermark import FAILURE_HEEDED, watermark
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.external_rules import ExternalUsageRules
from cost_sentry.domain.meter import Counts
from cost_sentry.domain.reservation import charged_in_full
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.builders import NOON, resolution
from tests.fakes.entries import Account
from tests.fakes.reconciliations import (
    CALLS,
    COST,
    DOLLARS,
    EVERY,
    MINUTE,
    NOVA,
    TOKENS,
    USED,
    Comparison,
    Died,
)


@pytest.fixture
def comparison():
    return Comparison(*EVERY)


class TestWhoIsBehind:
    """What the journal does not have yet would look like somebody else's usage."""

    def test_nothing_is_compared_before_a_mark_came_through_the_stream(self):
        comparison = Comparison(*EVERY)
        comparison.watch.is_stuck = True
        comparison.metered(1, USED)

        done = comparison.at(10)

        assert (done.booked, done.compared) == ([], [])
        assert "no mark" in done.waits

    def test_a_stream_that_stands_still_holds_the_comparison_up_and_says_so(self, comparison):
        comparison.watch.is_stuck, comparison.watch.until = True, NOON
        comparison.metered(1, USED)

        waiting = comparison.at(10)
        comparison.watch.is_stuck = False
        going_on = comparison.at(11)

        assert waiting.booked == []
        assert "behind" in waiting.waits
        assert len(going_on.booked) == 1

    def test_entries_that_cannot_be_journaled_hold_it_up_until_they_can(self):
        failed = Carried(until=NOON, failed_at=NOON)

        until, why = watermark(NOON + MINUTE, failed)
        later, _ = watermark(NOON + FAILURE_HEEDED, failed)

        assert until is None
        assert "could not be journaled" in why
        assert later is not None


class TestWhatIsOut:
    def test_a_cloudwatch_that_throttles_is_asked_again_and_nothing_is_lost(self, comparison):
        comparison.metered(1, USED)
        comparison.journal.write(Account("ads/web").call("r1", 0)[:1])
        comparison.metrics.throttled = True

        silent = comparison.at(5)
        comparison.metrics.throttled = False
        comparison.at(6)

        assert silent.booked == []
        assert any("throttles" in problem for problem in silent.problems)
        assert comparison.posted(CALLS, NOON + MINUTE) == 3

    def test_a_silent_ledger_leaves_what_was_written_down_for_the_next_run(self, comparison):
        comparison.metered(1, USED)
        comparison.ledger.down = True
        failed = comparison.at(5)
        comparison.ledger.down = False
        done = comparison.at(6)

        assert failed.booked == []
        assert failed.problems
        assert len(done.booked) == 1
        assert comparison.posted(TOKENS) == 135

    def test_a_model_that_fails_keeps_no_other_from_being_booked(self, comparison):
        other = "amazon.nova-micro-v1:0"
        comparison.metered(1, USED)
        comparison.metrics.put(other, NOON + MINUTE, USED, NOON)
        real = comparison.cursors.write

        def write(cursor):
            if cursor.model_id == NOVA:
                raise ConfigurationError("told to fail")
            return real(cursor)

        comparison.cursors.write = write
        done = comparison.at(5)

        assert [booked.model_id for booked in done.booked] == [other]
        assert any("told to fail" in problem for problem in done.problems)

    def test_without_a_configuration_nothing_is_asked(self):
        comparison = Comparison(*EVERY)
        comparison.config = None
        comparison.metered(1, USED)

        assert comparison.at(5).booked == []
        assert comparison.metrics.asked == 0

    def test_where_nobody_calls_no_metric_is_read(self, comparison):
        comparison.at(5)

        assert comparison.metrics.asked == 0


@pytest.mark.parametrize("dies_at", range(60))
def test_a_run_that_dies_anywhere_is_continued_with_the_same_amounts(dies_at):
    comparison = Comparison(*EVERY, external_usage=ExternalUsageRules(()))
    comparison.metered(1, USED)
    comparison.metered(2, USED)
    comparison.clock.time = NOON + 6 * MINUTE
    with contextlib.suppress(Died):
        comparison.run(dies_at=dies_at)
    comparison.metered(1, replace(USED, calls=5), late=2)

    for minute in (7, 8, 9):
        comparison.at(minute)

    assert comparison.posted(TOKENS) == 270
    assert comparison.posted(DOLLARS) == 2 * COST
    assert comparison.posted(CALLS, NOON + MINUTE) == 5
    assert len(comparison.notices.told) == 1
    assert comparison.ledger.pending() == []


@pytest.mark.parametrize("meanwhile", range(30))
def test_two_runs_at_once_book_nothing_twice(meanwhile):
    comparison = Comparison(*EVERY)
    comparison.metered(1, USED)
    comparison.metered(2, USED)
    comparison.clock.time = NOON + 6 * MINUTE

    comparison.run(meanwhile=meanwhile)
    comparison.at(7)

    assert comparison.posted(TOKENS) == 270
    assert comparison.posted(CALLS, NOON + MINUTE) == 4


def test_what_a_dead_run_left_pending_is_charged_as_it_was_when_it_expires(comparison):
    comparison.metered(1, USED)
    comparison.clock.time = NOON + 5 * MINUTE
    with pytest.raises(Died):
        comparison.run(dies_after="reserve")
    [left] = comparison.ledger.pending()

    comparison.ledger.resolve(left, charged_in_full(left, comparison.clock.now()))
    comparison.at(20)

    assert comparison.posted(TOKENS) == 135
    assert comparison.posted(DOLLARS) == COST
    assert comparison.posted(CALLS, NOON + MINUTE) == 4


def test_slots_of_an_emergency_count_in_whatever_minute_they_are_used(comparison):
    account = Account("search/web/outage")
    held = account.reserve("slot", attempt="emergency", reserved_at=NOON - timedelta(hours=9))
    comparison.journal.write([held])
    comparison.metered(1, Counts(calls=1, input_tokens=25, output_tokens=60))
    early = comparison.at(5)
    used = TokenUsage(input_tokens=25, output_tokens=60)
    comparison.journal.write([account.resolve(held, resolution(40, usage=used))])

    later = [comparison.at(minute) for minute in range(6, 60)]

    assert early.booked == []
    assert [booked for done in later for booked in done.booked] == []
