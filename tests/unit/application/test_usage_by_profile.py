"""Calls by an application inference profile are charged as those of the model behind it."""

import pytest

from cost_sentry.application.book_external_usage import external_account
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.external_rules import ExternalUsageRules
from tests.fakes.builders import NOON
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
)

PROFILE = "abc123def456"
ARN = f"arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/{PROFILE}"
NAMES = pytest.mark.parametrize("name", [PROFILE, ARN])


def comparison(name, *budgets, **changes):
    found = Comparison(*(budgets or EVERY), **changes)
    found.metrics.put(name, NOON + MINUTE, USED, NOON + MINUTE)
    found.profiles.models = {name: NOVA}
    return found


@NAMES
def test_they_cost_what_the_model_costs_and_count_for_its_budgets(name):
    found = comparison(name)

    [booked] = found.at(5).booked

    assert (booked.model_id, booked.charged_as, booked.is_priced) == (name, NOVA, True)
    assert found.posted(TOKENS) == 135
    assert found.posted(DOLLARS) == COST
    assert found.posted(CALLS, NOON + MINUTE) == 4


@NAMES
def test_they_are_booked_beside_direct_calls_of_the_model_and_once(name):
    found = comparison(name)
    found.metered(1, USED)
    for minute in range(5, 9):
        found.at(minute)

    accounts = {entry.account for entry in found.ledger.entries}
    assert found.posted(TOKENS) == 2 * 135
    assert accounts == {external_account(NOVA), external_account(name)}


def test_the_entry_says_what_was_metered_and_what_was_charged():
    found = comparison(PROFILE)
    found.at(5)

    reserved = found.ledger.entries[0].reservation
    assert (reserved.model_asked, reserved.model_used) == (PROFILE, NOVA)


def test_while_bedrock_does_not_say_what_is_behind_it_nothing_is_booked_and_later_all_is():
    found = comparison(PROFILE)
    found.metered(1, USED)
    found.profiles.throttled = True
    waiting = found.at(5)
    tokens = found.posted(TOKENS)
    found.profiles.throttled = False

    later = found.at(6)

    assert [problem for problem in waiting.problems if PROFILE in problem]
    assert [one.model_id for one in waiting.booked] == [NOVA]
    assert [one.model_id for one in later.booked] == [PROFILE]
    assert (tokens, found.posted(TOKENS)) == (135, 2 * 135)


def test_what_is_no_known_profile_is_charged_as_a_model_without_a_price():
    found = comparison(PROFILE)
    found.profiles.models = {}

    [booked] = found.at(5).booked

    assert (booked.charged_as, booked.is_priced) == (PROFILE, False)
    assert (found.posted(TOKENS), found.posted(CALLS, NOON + MINUTE)) == (0, 4)


def test_what_was_written_down_of_a_profile_is_charged_to_its_model_though_nobody_can_read_it_then(
    monkeypatch,
):
    found = comparison(PROFILE)
    with monkeypatch.context() as during:
        during.setattr(found.ledger, "reserve", unavailable)
        [problem] = found.at(5).problems
    found.profiles.models = {}

    [booked] = found.at(6).booked

    assert "down" in problem
    assert (booked.charged_as, booked.is_priced) == (NOVA, True)
    assert found.posted(TOKENS) == 135


def unavailable(_reservation):
    raise LedgerUnavailable("down")


@pytest.mark.parametrize("allowed", [(NOVA,), ()])
def test_who_may_call_the_model_may_by_a_profile_and_a_mail_names_both(allowed):
    found = comparison(PROFILE, DOLLARS, external_usage=ExternalUsageRules(allowed))
    found.metered(1, USED)
    found.at(5)

    bodies = [notice.body for notice in found.notices.told.values()]
    assert len(bodies) == (0 if allowed else 2)
    assert sum(PROFILE in body and NOVA in body for body in bodies) == (0 if allowed else 1)
