"""What policies know of the caller and of budgets, beside what the request says."""

from datetime import timedelta

import pytest

from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.sentry_config import Application, Team
from cost_sentry.domain.session import Session
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

NOT_DEEP = "forbid (principal, action, resource) when { context.depth >= 2 };"


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


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ((), ReasonCode.WITHIN_BUDGETS),
        (("planner",), ReasonCode.WITHIN_BUDGETS),
        (("planner", "searcher"), ReasonCode.FORBIDDEN_BY_POLICY),
    ],
)
def test_how_deep_an_agent_stands_in_its_run_is_known(path, code):
    sentry = house(budget(limit=10**6), given=policies(not_deep=NOT_DEEP))
    run = Session(id="01a1fdc3-5780-7000-8000-0000000000aa", path=path)

    assert sentry.decide(request(session=run)).code is code


def test_a_call_of_no_run_stands_at_the_root():
    sentry = house(budget(limit=10**6), given=policies(not_deep=NOT_DEEP))

    assert sentry.decide(request()).code is ReasonCode.WITHIN_BUDGETS


def posted(sentry, **amounts):
    window = budget().window_at(NOON).id
    sentry.totals.posted = {(name, window): amount for name, amount in amounts.items()}


@pytest.mark.parametrize(
    ("spent", "code"),
    [(6_100, ReasonCode.FORBIDDEN_BY_POLICY), (6_000, ReasonCode.WITHIN_BUDGETS)],
)
def test_what_is_left_of_the_budget_is_known(spent, code):
    sentry = house(budget("day", 10_000), given=policies(when_low=WHEN_LOW))
    posted(sentry, day=spent)

    assert sentry.decide(request()).code is code


def test_the_budget_of_the_asked_model_that_is_used_up_most_is_the_one_that_counts():
    budgets = (
        budget("large", 10**6, scope={}),
        budget("small", 10_000, scope={"team": "search"}),
        budget("other", 100, scope={"model": CHEAP}),
    )
    sentry = house(*budgets, given=policies(when_low=WHEN_LOW))

    posted(sentry, large=0, small=5_000, other=99)
    assert sentry.decide(request("r1"), "e1").code is ReasonCode.WITHIN_BUDGETS
    posted(sentry, large=0, small=7_000, other=0)
    sentry.clock.time += timedelta(seconds=10)
    assert sentry.decide(request("r2"), "e2").code is ReasonCode.FORBIDDEN_BY_POLICY


def test_a_fact_may_be_named_in_any_way_that_cedar_knows():
    name = "budget\\u{4c}eftPercent"
    escaped = WHEN_LOW.replace("has budgetLeftPercent", f'has "{name}"').replace(
        "context.budgetLeftPercent", f'context["{name}"]'
    )
    sentry = house(budget("day", 10_000), given=policies(when_low=escaped))
    posted(sentry, day=9_000)

    assert "budgetLeft" not in escaped
    assert sentry.decide(request()).code is ReasonCode.FORBIDDEN_BY_POLICY


@pytest.mark.parametrize("text", [ONLY_PROD, f"// not budgetLeftPercent\n{ONLY_PROD}"])
def test_nothing_is_read_for_policies_that_do_not_ask(text):
    sentry = house(budget("day", 10_000), given=policies(only_prod=text))

    sentry.decide(request())

    assert sentry.totals.reads == 0


@pytest.mark.parametrize(
    ("spent", "left"), [(0, 100), (5_001, 50), (5_100, 49), (10_000, 0), (10_005, 0)]
)
def test_it_is_a_percentage_from_none_to_all_rounded_up(spent, left):
    one = budget("day", 10_000)
    sentry = house(one, given=policies())
    posted(sentry, day=spent)

    assert sentry.admission.levels.left_percent([one], NOON) == left
    assert sentry.admission.levels.left_percent([], NOON) is None
