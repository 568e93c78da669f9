"""What is metered and not the sentry's own is booked once, and whoever may not do that is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.book_external_usage import EXTERNAL_TEAM, external_account
from cost_sentry.domain.external_rules import ExternalUsageRules
from cost_sentry.domain.meter import NOTHING, Counts
from cost_sentry.domain.spend import postings_of
from cost_sentry.domain.usage import TokenUsage
from cost_sentry.domain.usage_cursor import new_cursor
from tests.fakes.builders import NOON, budget, resolution
from tests.fakes.entries import Account
from tests.fakes.reconciliations import (
    CALLS,
    COST,
    DOLLARS,
    EVERY,
    INPUT,
    MINUTE,
    NOVA,
    TOKENS,
    USED,
    Comparison,
)


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


def test_what_is_adrift_is_as_old_as_its_first_minute_and_nothing_is_once_it_balances(comparison):
    held = Account("ads/web").reserve("r1")
    comparison.journal.write([held])

    (running,) = comparison.at(30).compared
    usage = TokenUsage(input_tokens=20, output_tokens=60)
    comparison.journal.write([Account("ads/web").resolve(held, resolution(40, usage=usage))])
    comparison.metered(0, Counts(calls=1, input_tokens=20, output_tokens=60), late=31)
    (ended,) = comparison.at(31).compared

    assert running.adrift_since == NOON
    assert (ended.drift, ended.adrift_since) == (NOTHING, None)


def test_the_calls_of_an_endpoint_are_compared_with_nothing_for_bedrock_meters_none(comparison):
    held = Account("ads/web").reserve("r1")
    reservation = replace(held.reservation, model_used="sagemaker.support-llm")
    comparison.journal.write([replace(held, reservation=reservation)])
    comparison.cursors.kept["sagemaker.support-llm"] = new_cursor("sagemaker.support-llm", NOON)

    assert comparison.at(5).compared == []
    assert comparison.at(5 + 24 * 60).compared == []


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
