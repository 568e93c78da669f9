"""A call that may wait is served at the flexible tier where its price is written down."""

import json

import pytest

from cost_sentry.adapters.admission_answer import admission_answer
from cost_sentry.adapters.answer_block import answer_block, route_block
from cost_sentry.adapters.request_record import request_from_record, request_to_record
from cost_sentry.adapters.route_record import route_from_record, route_to_record
from cost_sentry.adapters.ticket import price_served
from cost_sentry.application.service_tiers import UNPRICED
from cost_sentry.domain.budget import Stages
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.price_book import ModelPrice, TokenRates
from cost_sentry.domain.routing import LARGE, SMALL
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.service_tier import FLEX, FlexPrice, flex_price, service_tier_of
from tests.fakes.admissions import BLIND, CHEAP, DAY, DEAR, Sentry, request
from tests.fakes.builders import budget
from tests.fakes.policies import engines, policies
from tests.fakes.routings import models, routed, routing, sentry, virtual

PLENTY = budget(limit=10**6)
HALF = Model(id=DEAR, ladder=(CHEAP, BLIND), flex=FlexPrice(input=5, output=5))
PRICED = {DEAR: HALF, CHEAP: Model(id=CHEAP), BLIND: Model(id=BLIND)}
"""Of dear a call holds 2,000, and half of that at its flexible tier; of cheap 400."""
WAITS = request(may_wait=True)


def decide(*budgets, of=WAITS, **changes):
    return Sentry(*(budgets or (PLENTY,)), **{"models": PRICED, **changes}).decide(of)


def test_the_flexible_tier_comes_first_at_its_own_price_and_the_answer_says_so():
    decision = decide()

    assert (decision.kind, decision.code) == (DecisionKind.ALLOW, ReasonCode.WITHIN_BUDGETS)
    assert (decision.model_used, decision.service_tier) == (DEAR, FLEX)
    assert decision.reservation.quote_picodollars == 1_000
    assert decision.price.rates.output == 5
    assert decision.rungs[-1].outcome == "reserved at service tier flex"
    assert answer_block(decision, "book")["serviceTier"] == FLEX


def test_bedrock_is_told_the_tier_and_of_a_call_that_does_not_wait_nothing():
    waits = admission_answer(decide(), WAITS, "book")
    other = admission_answer(decide(of=request()), request(), "book")

    assert waits["arguments"]["ServiceTier"] == {"Type": FLEX}
    assert "ServiceTier" not in other["arguments"]
    assert "standardPrice" not in other["ticket"]
    assert other["sentry"]["serviceTier"] == "default"


def test_nothing_is_served_later_without_the_callers_wish():
    decision = decide(of=request())

    assert (decision.service_tier, decision.reservation.quote_picodollars) == ("default", 2_000)
    assert [rung.outcome for rung in decision.rungs] == ["reserved"]


def test_a_tier_without_a_price_is_not_used_and_the_answer_says_why():
    decision = decide(of=request(may_wait=True, model_id=CHEAP))

    assert (decision.model_used, decision.service_tier) == (CHEAP, "default")
    assert [(r.model_id, r.outcome) for r in decision.rungs] == [
        (CHEAP, UNPRICED),
        (CHEAP, "reserved"),
    ]


def test_a_budget_that_cannot_pay_for_the_standard_tier_may_pay_for_the_flexible_one():
    assert decide(budget(limit=1_500)).service_tier == FLEX
    assert decide(budget(limit=1_500), of=request()).model_used == CHEAP


def test_a_budget_that_pays_for_neither_goes_down_the_ladder_and_tells_both():
    decision = decide(budget(limit=500))

    assert (decision.kind, decision.model_used) == (DecisionKind.REROUTE, CHEAP)
    assert [rung.outcome for rung in decision.rungs[:2]] == [
        "refused by budget search-daily at service tier flex",
        "refused by budget search-daily",
    ]


def test_a_policy_that_forbids_a_model_forbids_it_at_every_tier():
    given = policies(no=f'forbid (principal, action, resource == CostSentry::Model::"{DEAR}");')
    decision = decide(policies=given, engines=engines)

    assert (decision.model_used, decision.service_tier) == (CHEAP, "default")
    assert [rung.model_id for rung in decision.rungs] == [DEAR, CHEAP, CHEAP]


def test_a_chosen_model_may_wait_too():
    flexible = Model(id=BLIND, tier=SMALL, flex=FlexPrice(input=1, output=0 + 1))
    decision = sentry(PLENTY, models=models(**{BLIND: flexible})).decide(routed(may_wait=True))

    assert (decision.code, decision.model_used) == (ReasonCode.ROUTED, BLIND)
    assert decision.service_tier == FLEX


def flexible_or(*stages, **changes):
    """Of dear, which costs 1 a token at flex and else 10, and cheap, which costs 2."""
    known = models(**{DEAR: Model(id=DEAR, tier=LARGE, flex=FlexPrice(input=1, output=1))})
    either = routing(virtual("auto", None, CHEAP, DEAR))
    return sentry(*(stages or (PLENTY,)), models=known, of=either, **changes)


def test_the_cheapest_tier_that_a_call_may_have_orders_the_models_and_the_answer_says_so():
    waits, other = (flexible_or().decide(routed(may_wait=wish)) for wish in (True, False))
    places = [route_block(one.route)["order"] for one in (waits, other)]

    assert (waits.model_used, waits.service_tier) == (DEAR, FLEX)
    assert [(place["modelId"], place["reason"]) for place in places[0]] == [
        (DEAR, "the cheapest that reaches tier small; reckoned at service tier flex"),
        (CHEAP, "reaches tier small, and costs no less"),
    ]
    assert (other.model_used, [place["modelId"] for place in places[1]]) == (CHEAP, [CHEAP, DEAR])


def test_a_stage_that_prefers_what_is_cheaper_compares_the_cheapest_tiers():
    saving = flexible_or(budget(limit=10**6, stages=Stages(prefer_ladder_percent=50)))
    saving.totals.posted["search-daily", DAY] = 600_000

    assert saving.decide(routed(may_wait=True)).model_used == DEAR


def test_an_order_by_the_flexible_tier_is_kept_as_it_was():
    route = flexible_or().decide(routed(may_wait=True)).route

    assert route_from_record(json.loads(json.dumps(route_to_record(route)))) == route


def test_an_execution_that_asks_again_finds_the_tier_that_it_holds():
    sentry_ = Sentry(PLENTY, models=PRICED)
    first, again = sentry_.decide(WAITS), sentry_.decide(WAITS)
    other = sentry_.decide(WAITS, attempt="execution-2")

    assert again.reservation == first.reservation
    assert again.service_tier == FLEX
    assert (other.replayed, other.service_tier) == (True, FLEX)
    assert sentry_.ledger.balance(PLENTY, DAY).pending == 1_000


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        ({}, 5),
        ({"serviceTier": {"type": "flex"}}, 5),
        ({"serviceTier": {"type": "default"}}, 10),
        ({"serviceTier": {"type": "priority"}}, 10),
        ({"serviceTier": None}, 5),
    ],
)
def test_a_call_costs_what_the_tier_costs_that_served_it(answer, output):
    ticket = admission_answer(decide(), WAITS, "book")["ticket"]

    assert price_served(ticket, answer).rates.output == output


def test_a_call_of_the_standard_tier_costs_the_standard_price_whatever_the_answer_says():
    ticket = admission_answer(decide(of=request()), request(), "book")["ticket"]

    assert price_served(ticket, {"serviceTier": {"type": "flex"}}).rates.output == 10


def test_what_nobody_wrote_down_of_the_flexible_tier_is_no_less_than_at_the_standard_one():
    standard = ModelPrice(model_id="m", rates=TokenRates(input=10, output=20, cache_read=3))
    rates = flex_price(standard, FlexPrice(input=5, output=10)).rates

    assert (rates.cache_read, rates.cache_write_5m, rates.cache_write_1h) == (3, 20, 20)


def test_a_request_that_may_wait_is_kept_as_one():
    read = request_from_record(
        request_to_record(WAITS), request_id="r1", model_id=WAITS.model_id, tags=WAITS.tags
    )

    assert read == WAITS.without_text()


def test_a_reservation_says_by_its_price_version_which_tier_it_is_priced_at():
    assert decide().reservation.price_version == "2026-11-21+test/flex"
    assert service_tier_of("2026-11-21+test") == "default"
