"""Which budget could not pay for the asked model, although the call goes on."""

from cost_sentry.domain.decision import DecisionKind
from tests.fakes.admissions import DAY, DEAR, Sentry, request
from tests.fakes.builders import budget


def test_a_reroute_tells_which_budget_could_not_pay_for_the_asked_model():
    """Also one that does not cover the rung, and so is none of the answer's budgets."""
    sentry = Sentry(budget(limit=10**6), budget("of-dear", 1_999, scope={"model": DEAR}))

    decision = sentry.decide(request())

    assert decision.kind is DecisionKind.REROUTE
    assert (decision.short.budget_id, decision.short.window_id) == ("of-dear", DAY)
    assert (decision.short.left, decision.short.limit) == (1_999, 1_999)
    assert [view.budget_id for view in decision.budgets] == ["search-daily"]


def test_a_call_that_is_allowed_plainly_found_no_budget_short():
    assert Sentry(budget(limit=5_000)).decide(request()).short is None
