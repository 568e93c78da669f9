"""A silent ledger and a request that names no model: an allowance of any of its models pays."""

from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.routing import LARGE
from tests.fakes.admissions import CHEAP
from tests.fakes.emergencies import ALLOWANCE, ON_CHEAP, refusal, silent
from tests.fakes.routings import models, routed, routing, virtual


def routing_sentry(*allowances, of=None, **changes):
    given = {"models": models(), "routing": of or routing(), **changes}
    return silent(allowances=allowances, **given)


def test_an_allowance_of_one_of_its_models_pays_and_the_answer_says_how_it_was_chosen():
    decision = routing_sentry(ON_CHEAP).decide(routed())

    assert (decision.kind, decision.code) == (
        DecisionKind.ALLOW,
        ReasonCode.EMERGENCY_ALLOWANCE,
    )
    assert (decision.model_asked, decision.model_used) == ("auto", CHEAP)
    assert decision.route.order[1].model.model_id == CHEAP


def test_allowances_are_tried_in_the_order_of_the_router():
    assert routing_sentry(ALLOWANCE, ON_CHEAP).decide(routed()).model_used == CHEAP


def test_an_allowance_below_the_tier_that_was_promised_does_not_pay():
    sentry = routing_sentry(ON_CHEAP, of=routing(virtual("large", LARGE)))

    assert "no emergency allowance covers" in refusal(sentry, routed("large"))


def test_what_no_model_can_serve_no_allowance_helps():
    sentry = routing_sentry(ON_CHEAP)

    assert "no emergency allowance helps" in refusal(sentry, routed("no-such"))


def test_the_same_execution_gets_its_slot_again_and_another_one_a_replay():
    sentry = routing_sentry(ON_CHEAP)
    first = sentry.decide(routed(), "e1.a")
    again, other = sentry.decide(routed(), "e1.b"), sentry.decide(routed(), "e2.a")

    assert again.reservation == first.reservation
    assert (other.replayed, other.model_used, other.kind) == (True, CHEAP, DecisionKind.ALLOW)
