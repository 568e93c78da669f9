"""What policies know of the caller and of budgets, beside what the request says."""

import pytest

from cost_sentry.application.ports import Remaining
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.sentry_config import Application, Team
from tests.fakes.admissions import CHEAP, Sentry, request
from tests.fakes.builders import NOON, budget
from tests.fakes.policies import engines, policies

WEB = Application(id="web", environment="prod")
NAMED = {"search": Team(id="search", applications={"web": WEB})}
ONLY_PROD = (
    "forbid (principal, action, resource) unless { principal has environment &&"
    ' principal.environment == "prod" };'
)
WHEN_LOW = (
    "forbid (principal, action, resource) when { context has budgetLeftPercent &&"
    " context.budgetLeftPercent < 40 };"
)


def house(*budgets, given, **changes):
    return Sentry(*budgets, policies=given, engines=engines, **changes)


def test_the_environment_of_the_caller_is_the_configurations_whatever_the_request_says():
    sentry = house(budget(limit=10**6), given=policies(only_prod=ONLY_PROD), teams=NAMED)
    claims = {"team": "search", "application": "web", "environment": "dev"}

    assert sentry.decide(request(tags=claims)).code is ReasonCode.WITHIN_BUDGETS


def test_a_claimed_environment_is_a_tag_and_not_the_callers():
    sentry = house(budget(limit=10**6), given=policies(only_prod=ONLY_PROD))
    claims = {"team": "search", "application": "web", "environment": "prod"}

    assert sentry.decide(request(tags=claims)).code is ReasonCode.FORBIDDEN_BY_POLICY


def test_what_is_left_of_the_budget_is_known_from_the_call_before():
    sentry = house(budget(limit=10_000), given=policies(when_low=WHEN_LOW))

    codes = [sentry.decide(request(f"r{n}"), f"e{n}").code for n in range(5)]

    assert codes == [ReasonCode.WITHIN_BUDGETS] * 4 + [ReasonCode.FORBIDDEN_BY_POLICY]


def test_the_budget_that_is_used_up_most_is_the_one_that_counts():
    budgets = (
        budget("large", 10**6, scope={}),
        budget("small", 10_000, scope={"team": "search"}),
        budget("other", 1, scope={"model": CHEAP}),
    )
    sentry = house(*budgets, given=policies(when_low=WHEN_LOW))

    codes = [sentry.decide(request(f"r{n}"), f"e{n}").code for n in range(5)]

    assert codes[-1] is ReasonCode.FORBIDDEN_BY_POLICY


@pytest.mark.parametrize(
    ("left", "shown"), [(10_000, 100), (4_999, 50), (4_900, 49), (0, 0), (-5, 0)]
)
def test_it_is_a_percentage_from_none_to_all_rounded_up(left, shown):
    one = budget(limit=10_000)
    levels = house(one, given=policies()).admission.levels
    assert levels.left_percent([one], NOON) is None
    window = one.window_at(NOON).id
    levels.note(
        [Remaining(budget_id=one.id, window_id=window, limit=10_000, left=left, as_of=NOON)]
    )

    assert levels.left_percent([one], NOON) == shown
