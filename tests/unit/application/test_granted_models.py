"""A grant gives calls of its scope what a policy wants an approval for, until its end."""

from datetime import timedelta

import pytest

from cost_sentry.application.policy_facts import granted_classes
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.measure import MeasureKind
from tests.fakes.admissions import CHEAP, DEAR, Sentry, request
from tests.fakes.builders import NOON, budget, measure
from tests.fakes.policies import engines, policies
from tests.unit.application.test_policies_decide import PLENTY

NEEDS_APPROVAL = (
    f'forbid (principal, action, resource == CostSentry::Model::"{DEAR}")'
    ' unless { context.granted.contains("high") };'
)
SEARCH = {"team": "search"}


def grant(price_class="high", scope=SEARCH, **changes):
    return measure(kind=MeasureKind.GRANT, scope=scope, price_class=price_class, **changes)


def decide(*measures, at=NOON, of=None):
    given = policies(dear=NEEDS_APPROVAL)
    sentry = Sentry(PLENTY, policies=given, engines=engines, measures=measures)
    sentry.clock.time = at
    return sentry.decide(of or request())


def test_a_call_with_a_grant_has_the_model_that_it_asked_for():
    decision = decide(grant())

    assert (decision.kind, decision.model_used) == (DecisionKind.ALLOW, DEAR)


@pytest.mark.parametrize(
    "measures",
    [
        (),
        (grant("middle"),),
        (grant(scope={"team": "support"}),),
        (grant(scope={**SEARCH, "application": "batch"}),),
        (grant().lifted(NOON),),
        (
            measure(
                kind=MeasureKind.RAISE,
                scope={},
                budget_id="search-daily",
                budget_kind="k",
                amount=1,
            ),
        ),
    ],
    ids=["none", "of a cheaper class", "of others", "of another application", "lifted", "a raise"],
)
def test_another_call_has_not(measures):
    decision = decide(*measures)

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_BY_POLICY, CHEAP)


def test_it_ends_by_itself():
    end = NOON + timedelta(hours=1)

    assert decide(grant(), at=end - timedelta(seconds=1)).model_used == DEAR
    assert decide(grant(), at=end).model_used == CHEAP


def test_a_grant_pays_for_nothing():
    given = policies(dear=NEEDS_APPROVAL)
    sentry = Sentry(budget(limit=1), policies=given, engines=engines, measures=(grant(),))

    assert sentry.decide(request()).code is ReasonCode.BUDGET_EXHAUSTED


def test_several_grants_give_what_the_largest_gives_cheapest_first():
    measures = (grant("premium"), grant("low"))

    assert granted_classes(measures, SEARCH, NOON) == ("low", "middle", "high", "premium")
    assert granted_classes(measures, {"team": "support"}, NOON) == ()
