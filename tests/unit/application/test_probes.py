"""Who tries a model whose circuit is half open, what that costs the others, and how it ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.cached_circuits import CachedCircuits
from cost_sentry.application.circuit_check import CircuitAdvice
from cost_sentry.domain.circuit import Circuit, CircuitRules, Tally
from cost_sentry.domain.decision import ReasonCode
from tests.fakes.admissions import BLIND, CHEAP, DEAR, Sentry, request
from tests.fakes.builders import NOON, budget
from tests.fakes.memory_circuits import MemoryCircuits
from tests.fakes.policies import engines, policies, policy

MODELS = (DEAR, CHEAP, BLIND)
DUE = Circuit(opened_at=NOON - timedelta(seconds=40), due_at=NOON, tally=Tally(5, 5))


class Environment(Sentry):
    """With what an environment knows of circuits, at most a second old."""

    def __init__(self, *budgets, **changes) -> None:
        plenty = budget("plenty", 10**9, scope={})
        super().__init__(plenty, *budgets, circuit_breaker=CircuitRules(), **changes)
        self.store = MemoryCircuits()
        advice = CircuitAdvice(circuits=CachedCircuits(lambda: self.store, self.clock))
        self.admission = replace(self.admission, circuits=advice)

    def decide_many(self, calls):
        return [self.decide(request(f"r{n}", digest=f"d{n}"), f"e{n}") for n in range(calls)]


def overtaken():
    """Every probe was taken by another environment after this one had looked."""
    house = Environment()
    house.store.circuits = dict.fromkeys(MODELS, DUE)
    house.admission.circuits.circuits.current()
    house.store.circuits = dict.fromkeys(MODELS, DUE.probed_by("other#x", NOON))
    house.store.asked = 0
    return house


def test_probes_that_others_took_cost_one_write_for_each_model_and_second():
    house = overtaken()

    decisions = house.decide_many(20)

    assert {one.code for one in decisions} == {ReasonCode.CIRCUIT_OPEN}
    assert house.store.asked == len(MODELS)


def test_no_call_asks_for_more_than_one_probe():
    house = overtaken()

    house.decide_many(1)

    assert house.store.asked == 1


def test_after_a_second_it_looks_again_and_asks_for_what_is_due():
    house = overtaken()
    house.decide_many(5)
    house.store.circuits[CHEAP] = DUE
    house.clock.advance(seconds=1)

    assert [one.model_used for one in house.decide_many(2)] == [CHEAP, None]


OVERFLOWS = "forbid(principal,action,resource) when {context.rung * 9223372036854775807 * 2 > 5};"
"""It can be evaluated for the asked model, and for none of its ladder."""


def test_a_probe_is_given_back_where_a_policy_of_a_later_model_cannot_be_evaluated():
    poor = budget("poor", 5, scope={"model": DEAR})
    rules = policies("UTC", policy("overflows", OVERFLOWS))
    house = Environment(poor, engines=engines, policies=rules)
    house.store.circuits[DEAR] = DUE

    decision = house.decide(request())

    assert decision.code is ReasonCode.NOT_CONFIGURED
    assert house.store.circuits[DEAR] == DUE


def test_a_probe_is_given_back_also_where_the_sentry_itself_fails():
    house = Environment()
    house.store.circuits[DEAR] = DUE

    def broken(_):
        raise ZeroDivisionError

    house.ledger.reserve = broken

    with pytest.raises(ZeroDivisionError):
        house.decide(request())
    assert house.store.circuits[DEAR] == DUE
