"""The promise that is the product: a budget for 120 calls runs exactly 120, whoever races."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.sentry_kit import DeployedSentry, prompt, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("race")]

CALLERS, PAYS_FOR, REPETITIONS = 200, 120, 20


@pytest.fixture
def sentry(local_cloud, newly_deployed):
    return DeployedSentry(local_cloud, newly_deployed)


def application(number: int) -> dict[str, str]:
    return {"team": "search", "application": f"app-{number}"}


def whole_quote(sentry) -> int:
    """What one call holds; it is also what it will cost, because its usage is never reported."""
    probe = usd("probe", 10**15)
    sentry.configure(probe)
    sentry.fail("no_usage")
    answer = sentry.invoke(prompt())
    assert answer["sentry"]["costEstimated"]
    return sentry.balance(probe).posted


@pytest.mark.timeout(900)
def test_two_hundred_racing_calls_on_a_budget_for_120_run_exactly_120_times(sentry):
    cost = whole_quote(sentry)
    budgets = [usd(f"race-{n}", cost * PAYS_FOR, scope=application(n)) for n in range(REPETITIONS)]
    sentry.configure(*budgets)

    for number, budget in enumerate(budgets):
        sentry.fail("no_usage", times=PAYS_FOR)
        request = prompt(tags=application(number))
        with ThreadPoolExecutor(CALLERS) as callers:
            answers = list(callers.map(sentry.start, [request] * CALLERS))

        assert Counter(a["status"] for a in answers) == {"SUCCEEDED": CALLERS}
        codes = Counter(json.loads(a["output"])["sentry"]["code"] for a in answers)
        assert codes == {"WITHIN_BUDGETS": PAYS_FOR, "BUDGET_EXHAUSTED": CALLERS - PAYS_FOR}
        assert sentry.balance(budget).posted == budget.limit
