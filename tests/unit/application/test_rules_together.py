"""Routing, service tiers, circuits, retries and kept answers at the same call."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.circuit_check import CircuitAdvice
from cost_sentry.application.watch_models import call_end
from cost_sentry.domain.circuit import Circuit, CircuitRules, Tally
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.retry import Again
from cost_sentry.domain.routing import LARGE
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.service_tier import FLEX, STANDARD, FlexPrice
from tests.fakes.admissions import BLIND, CHEAP, DEAR, request
from tests.fakes.builders import NOON, reservation
from tests.fakes.cached_calls import CACHING, PLENTY, answer, asked, called, teams
from tests.fakes.memory_circuits import MemoryCircuits
from tests.fakes.routings import models, routed, sentry

OPEN = Circuit(opened_at=NOON, due_at=NOON + timedelta(seconds=20), tally=Tally(8, 5))
AT_FLEX = f"{DEAR}/{FLEX}"
HALF = models(**{DEAR: Model(id=DEAR, tier=LARGE, flex=FlexPrice(input=5, output=5))})


def guarded(**circuits: Circuit):
    """A house that routes, with these circuits open."""
    house = sentry(PLENTY, models=HALF, circuit_breaker=CircuitRules())
    known = MemoryCircuits()
    known.circuits.update(circuits)
    house.admission = replace(house.admission, circuits=CircuitAdvice(circuits=known))
    return house


def test_the_first_choice_whose_circuit_is_open_gives_way_to_the_next():
    decision = guarded(**{BLIND: OPEN}).decide(routed())

    assert (decision.kind, decision.code) == (DecisionKind.REROUTE, ReasonCode.REROUTED_BY_CIRCUIT)
    assert decision.model_used == CHEAP
    assert decision.message.startswith(f"{BLIND} is not asked since")


def test_a_call_whose_every_choice_is_unwell_is_told_of_the_first():
    decision = guarded(**{BLIND: OPEN, CHEAP: OPEN, DEAR: OPEN}).decide(routed())

    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.CIRCUIT_OPEN)
    assert decision.message.startswith(f"{BLIND} is not asked since")
    assert decision.route.first_model == BLIND


def test_a_choice_that_has_just_refused_is_asked_last():
    again = Again(attempt=2, error="ThrottlingException", refused_by=(BLIND,))

    decision = guarded().decide(replace(routed("auto"), request_id="r1~2", again=again))

    assert (decision.model_used, decision.code) == (CHEAP, ReasonCode.REROUTED_TO_RETRY)


def test_the_standard_tier_serves_what_the_unwell_flexible_one_does_not():
    decision = guarded(**{AT_FLEX: OPEN}).decide(request(may_wait=True))

    assert (decision.model_used, decision.service_tier) == (DEAR, STANDARD)
    assert (decision.kind, decision.code) == (DecisionKind.ALLOW, ReasonCode.WITHIN_BUDGETS)
    assert decision.rungs[0].outcome.startswith("not asked at service tier flex since")


def test_an_unwell_standard_tier_leaves_the_flexible_one_alone():
    decision = guarded(**{DEAR: OPEN}).decide(request(may_wait=True))

    assert (decision.model_used, decision.service_tier) == (DEAR, FLEX)


def test_the_flexible_tier_that_has_just_refused_is_asked_after_the_standard_one():
    again = Again(attempt=2, error="ThrottlingException", refused_by=(AT_FLEX,))

    decision = guarded().decide(request("r1~2", may_wait=True, again=again))

    assert (decision.model_used, decision.service_tier) == (DEAR, STANDARD)


@pytest.mark.parametrize(("version", "model"), [("2026-11-21", DEAR), ("2026-11-21/flex", AT_FLEX)])
def test_how_a_call_ended_counts_for_the_model_as_its_tier_served_it(version, model):
    held = reservation(model_used=DEAR, price_version=version)

    assert call_end(held, NOON, is_well=False).model_id == model


def test_a_routed_call_is_answered_with_what_the_chosen_model_answered_before():
    house = sentry(PLENTY, teams=teams(web=CACHING))
    first = called(house, asked("r1", model_id="auto"), answer("of blind"))

    again = called(house, asked("r2", model_id="auto"))
    named = called(house, asked("r3", model_id=BLIND))

    assert first.model_used == BLIND
    assert again.code is named.code is ReasonCode.ANSWERED_FROM_CACHE
    assert (again.model_asked, again.model_used, again.answer) == (
        "auto",
        BLIND,
        answer("of blind"),
    )
    assert again.route.first_model == BLIND
    assert named.route is None


def test_a_routed_call_gets_no_answer_of_a_model_that_would_not_be_chosen_now():
    house = sentry(PLENTY, teams=teams(web=CACHING))
    called(house, asked("r1", model_id="auto"), answer("of blind"))

    larger = called(house, asked("r2", model_id="large"), answer("of dear"))

    assert (larger.model_used, larger.code) == (DEAR, ReasonCode.ROUTED)


def test_an_answer_of_a_later_choice_is_not_kept_as_that_of_the_first():
    house = sentry(PLENTY, teams=teams(web=CACHING), circuit_breaker=CircuitRules())
    known = MemoryCircuits()
    known.circuits[BLIND] = OPEN
    house.admission = replace(house.admission, circuits=CircuitAdvice(circuits=known))

    assert called(house, asked("r1", model_id="auto"), answer("of cheap")).model_used == CHEAP
    known.circuits.clear()

    assert called(house, asked("r2", model_id="auto")).code is ReasonCode.ROUTED
