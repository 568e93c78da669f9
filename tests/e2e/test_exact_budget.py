"""The promise that is the product: a budget for 120 calls runs exactly 120, whoever races."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.sentry_kit import DeployedSentry, prompt, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("race")]

CALLERS, PAYS_FOR, REPETITIONS = 200, 120, 20
TRIES_MAX = 20
"""Of one call: on a slow machine the table may be silent for longer than a call waits for it."""


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


def outcomes(sentry, request) -> list[str]:
    """Of one caller, who asks again while the ledger cannot be asked, as the answer says."""
    codes = []
    while not codes or (codes[-1] == "LEDGER_UNAVAILABLE" and len(codes) < TRIES_MAX):
        codes.append(sentry.invoke(request)["sentry"]["code"])
    return codes


@pytest.mark.timeout(900)
def test_two_hundred_racing_calls_on_a_budget_for_120_run_exactly_120_times(sentry):
    cost = whole_quote(sentry)
    budgets = [usd(f"race-{n}", cost * PAYS_FOR, scope=application(n)) for n in range(REPETITIONS)]
    sentry.configure(*budgets)

    for number, budget in enumerate(budgets):
        sentry.fail("no_usage", times=PAYS_FOR)
        request = prompt(tags=application(number))
        with ThreadPoolExecutor(CALLERS) as callers:
            tries = list(callers.map(outcomes, [sentry] * CALLERS, [request] * CALLERS))

        balance = sentry.balance(budget)
        held, odd = divmod(balance.pending, cost)
        unanswered = sum(code == "LEDGER_UNAVAILABLE" for codes in tries for code in codes[:-1])
        assert (balance.posted + balance.pending, odd) == (budget.limit, 0)
        assert held <= unanswered, "only an answer that was lost leaves money held"
        assert Counter(codes[-1] for codes in tries) == {
            "WITHIN_BUDGETS": PAYS_FOR - held,
            "BUDGET_EXHAUSTED": CALLERS - PAYS_FOR + held,
        }
