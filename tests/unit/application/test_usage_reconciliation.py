"""What is metered and not the sentry's own is booked once, and whoever may not do that is told."""

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.book_external_usage import EXTERNAL_TEAM, external_account
from cost_sentry.application.usage_ports import Carried
from cost_sentry.application.usage_reconciliation import FAILURE_HEEDED, watermark
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.external_rules import ExternalUsageRules
from cost_sentry.domain.meter import Counts
from cost_sentry.domain.reservation import charged_in_full
from cost_sentry.domain.spend import postings_of
from cost_sentry.domain.usage import TokenUsage
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, budget, reservation, resolution
from tests.fakes.entries import Account
from tests.fakes.reconciliations import MINUTE, NOVA, Comparison, Died

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


@pytest.fixture
def comparison():
    return Comparison(*EVERY)


def test_what_nobody_reserved_is_charged_to_the_model_and_to_everybody(comparison):
    comparison.metered(1, USED)

    done = comparison.at(5)

    posted = {each.id: comparison.posted(each, NOON + MINUTE) for each in EVERY}
    assert posted == {
        "organisation": COST,
        "nova-tokens": 135,
        "nova-in": 125,
        "nova-out": 10,
        "calls": 4,
        "flight": 0,
        "search-daily": 0,
    }
    [booked] = done.booked
    assert (booked.minute, booked.is_priced, booked.is_overrun) == (NOON + MINUTE, True, False)
    [compared] = done.compared
    assert compared.drift == Counts()


def test_what_is_the_sentrys_own_is_not_booked(comparison):
    usage = TokenUsage(input_tokens=20, output_tokens=60)
    comparison.journal.write(Account().call("r1", 40))
    held = Account("ads/web").reserve("r2")
    comparison.journal.write([held])
    comparison.metered(0, Counts(calls=2, input_tokens=60, output_tokens=140))

    running = comparison.at(5)
    ended = Account("ads/web").resolve(held, resolution(40, usage=usage))
    comparison.journal.write([ended])
    settled = comparison.at(6)

    assert running.booked == []
    [booked] = settled.booked
    assert (booked.amounts.calls, booked.amounts.input_tokens) == (0, 10)
    assert booked.amounts.output_tokens == 10


def test_a_minute_that_is_younger_than_three_minutes_is_not_looked_at(comparison):
    comparison.metered(3, USED)

    assert comparison.at(5).booked == []
    assert comparison.at(6).booked == []
    assert len(comparison.at(7).booked) == 1


def test_points_that_come_late_or_twice_are_booked_as_far_as_they_are_new(comparison):
    comparison.metered(1, USED)
    comparison.at(5)
    comparison.metered(1, USED, late=5)
    comparison.metered(1, replace(USED, calls=6, input_tokens=130), late=7)
    comparison.metered(1, replace(USED, calls=2), late=9)
    again, more, less = (comparison.at(minute) for minute in (6, 9, 11))

    assert [len(done.booked) for done in (again, more, less)] == [0, 1, 0]
    assert more.booked[0].amounts.calls == 2
    assert comparison.posted(CALLS, NOON + MINUTE) == 6
    assert comparison.posted(INPUT) == 155


def test_a_gap_of_half_an_hour_is_booked_in_the_minutes_in_which_it_was_used(comparison):
    for minute in range(1, 31):
        comparison.metered(minute, USED, late=35 - minute)

    for minute in range(2, 40):
        comparison.at(minute)

    assert comparison.posted(TOKENS) == 30 * 135
    each = {comparison.posted(CALLS, NOON + minute * MINUTE) for minute in range(1, 31)}
    assert each == {4}


def test_after_a_pause_of_days_everything_is_booked(comparison):
    comparison.metered(1, USED)
    comparison.at(5)
    for day in range(1, 5):
        comparison.metered(1 + day * 1_440, USED)

    later = 5 * 1_440
    comparison.metered(later, USED)
    for minute in range(later + 5, later + 15):
        comparison.at(minute)

    assert sum(comparison.posted(TOKENS, NOON + d * timedelta(days=1)) for d in range(6)) == 810


def test_a_budget_that_cannot_pay_is_charged_all_the_same_and_blocks_new_work():
    small = budget("organisation", 100, scope={})
    comparison = Comparison(small, TOKENS)
    comparison.metered(1, USED)

    [booked] = comparison.at(5).booked

    assert booked.is_overrun
    assert comparison.posted(small) == COST
    assert comparison.posted(TOKENS) == 135
    assert comparison.ledger.balance(small, small.window_at(NOON).id).left == 100 - COST


def test_a_model_without_a_price_costs_nobody_knows_what_and_its_tokens_count(comparison):
    comparison.prices.models = ()
    comparison.metered(1, USED)

    [booked] = comparison.at(5).booked

    assert not booked.is_priced
    assert comparison.posted(DOLLARS) == 0
    assert (comparison.posted(TOKENS), comparison.posted(CALLS, NOON + MINUTE)) == (135, 4)


def test_entries_say_that_it_is_external_and_whose_it_is_not(comparison):
    comparison.metered(1, USED)
    comparison.at(5)

    settled = comparison.ledger.entries[-1]
    assert settled.account == external_account(NOVA)
    assert settled.resolution.reason == "metered outside the sentry"
    assert {posting.team for posting in postings_of(settled)} == {EXTERNAL_TEAM}
    assert {posting.calls for posting in postings_of(settled)} == {4}


@pytest.mark.parametrize("allowed", [None, (NOVA,), (f"us.{NOVA}",), ()])
def test_where_it_is_forbidden_one_mail_an_hour_names_model_and_hour(allowed):
    comparison = Comparison(DOLLARS, external_usage=ExternalUsageRules(allowed))
    for minute in (1, 2, 61):
        comparison.metered(minute, USED)
        comparison.at(minute + 4)

    mails = [(alert.subject, alert.body) for alert in comparison.notices.told.values()]
    assert len(mails) == (2 if allowed == () else 0)
    for (subject, body), hour in zip(mails, (12, 13), strict=False):
        assert NOVA in subject
        assert f"2026-11-21 {hour}:00" in body


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
    assert reservation(attempt="emergency").execution == "emergency"
