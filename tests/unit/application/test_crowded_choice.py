"""More models than are considered for one request."""

import pytest

from cost_sentry.application.route_request import CHOICE_MAX
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.routing import LARGE, SMALL
from cost_sentry.domain.sentry_config import Model
from tests.fakes.admissions import DEAR
from tests.fakes.builders import budget
from tests.fakes.routings import routed, routing, rule, sentry, virtual


@pytest.mark.parametrize("asked", [routed("large"), routed(None, task_type="review")])
def test_a_model_that_reaches_a_promised_tier_is_considered_however_many_are_below_it(asked):
    small = {f"example.small{number}-v1:0": SMALL for number in range(2 * CHOICE_MAX)}
    crowd = {id_: Model(id=id_, tier=tier) for id_, tier in {**small, DEAR: LARGE}.items()}
    rules = routing(virtual("large", LARGE), rule("review", LARGE))
    decision = sentry(budget(limit=1_000_000), of=rules, models=crowd).decide(asked)

    assert (decision.code, decision.model_used) == (ReasonCode.ROUTED, DEAR)
    assert len(decision.route.order) + len(decision.route.passed_over) == CHOICE_MAX
