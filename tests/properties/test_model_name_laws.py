"""Whichever of its names a call gives a model, the same rules, budgets and answers are met."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.application.circuit_check import CircuitAdvice
from cost_sentry.application.watch_models import ModelWatch, call_end
from cost_sentry.domain.answer_cache import CacheUse
from cost_sentry.domain.budget import BudgetMode, Stages, Unit
from cost_sentry.domain.circuit import Circuit, CircuitRules, Tally
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.retry import Again
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.service_tier import FlexPrice
from tests.fakes.admissions import BLIND, CHEAP, DAY, DEAR, arn_of
from tests.fakes.builders import NOON, budget
from tests.fakes.cached_calls import answer, asked, sentry, settled
from tests.fakes.memory_circuits import MemoryCircuits
from tests.fakes.policies import engines, policies

MODELS = (DEAR, CHEAP, BLIND)
FORBID_CHEAP = f'forbid (principal, action, resource == CostSentry::Model::"{CHEAP}");'
LISTED = {
    DEAR: Model(id=DEAR, ladder=(CHEAP, BLIND), flex=FlexPrice(input=5, output=5)),
    CHEAP: Model(id=CHEAP, ladder=(BLIND,)),
    BLIND: Model(id=BLIND),
}


@dataclass(frozen=True)
class Call:
    model: str
    by_arn: bool
    number: int
    """Of its request id and its text: what repeats one repeats both."""
    ends_well: bool
    may_wait: bool
    cache: CacheUse
    refused_by: tuple[str, ...]

    @property
    def asked(self):
        again = Again(attempt=2, error="ThrottlingException", refused_by=self.refused_by)
        return asked(
            f"r{self.number}" if self.cache is CacheUse.USE else f"{self.cache}{self.number}",
            text=f"{self.number} {self.model}",
            model_id=arn_of(self.model) if self.by_arn else self.model,
            may_wait=self.may_wait,
            answer_cache=self.cache,
            again=again if self.refused_by else None,
        )


CALLS = st.builds(
    Call,
    model=st.sampled_from(MODELS),
    by_arn=st.booleans(),
    number=st.integers(0, 3),
    ends_well=st.booleans(),
    may_wait=st.booleans(),
    cache=st.sampled_from(CacheUse),
    refused_by=st.sampled_from([(), (), (DEAR,)]),
)
RULES = st.fixed_dictionaries(
    {
        "tokens_of_dear": st.integers(150, 900),
        "mode": st.sampled_from(BudgetMode),
        "prefers_ladder": st.sampled_from([None, 50]),
        "forbids_cheap": st.booleans(),
    }
)


def house(rules):
    """A cache, circuits that open by one failure, and a budget of one model with a stage."""
    stages = Stages(prefer_ladder_percent=rules["prefers_ladder"])
    of_dear = budget(
        "dear",
        rules["tokens_of_dear"],
        scope={"model": DEAR},
        unit=Unit.TOKENS,
        mode=rules["mode"],
        stages=stages,
    )
    forbids = {"cheap": FORBID_CHEAP} if rules["forbids_cheap"] else {}
    breaker = CircuitRules(failures=1, failure_percent=1, within_seconds=30, open_seconds=20)
    made = sentry(
        budget("all", 10**6, scope={}),
        of_dear,
        models=LISTED,
        circuit_breaker=breaker,
        policies=policies(**forbids),
        engines=engines,
    )
    made.totals.posted["dear", DAY] = rules["tokens_of_dear"] * 3 // 4
    made.ledger.define(of_dear.in_ledger, DAY)
    made.circuits = MemoryCircuits()
    made.admission = replace(made.admission, circuits=CircuitAdvice(circuits=made.circuits))
    return made


def lived(rules, calls):
    """What each call was answered, and what is known of circuits and money after all of them."""
    made, told = house(rules), []
    source = made.admission.config_source
    watch = ModelWatch(store=made.circuits, config_source=source, clock=made.clock)
    for number, call in enumerate(calls):
        decision = made.decide(call.asked, attempt=f"execution-{number}")
        told.append(decision)
        if decision.reservation and not decision.replayed:
            settled(made, decision, answer())
            held, now = decision.reservation, made.clock.now()
            watch.saw([call_end(held, now, is_well=call.ends_well)])
        made.clock.advance(seconds=7)
    of_dear = source.config.budgets[1]
    return told, made.circuits.read(), made.ledger.balance(of_dear, DAY)


@settings(deadline=None)
@given(RULES, st.lists(CALLS, min_size=2, max_size=8))
def test_the_arn_and_the_id_of_a_model_get_the_same_decisions(rules, calls):
    by_id = [replace(call, by_arn=False) for call in calls]

    assert lived(rules, calls) == lived(rules, by_id)


PLAIN = {
    "tokens_of_dear": 900,
    "mode": BudgetMode.ENFORCE,
    "prefers_ladder": None,
    "forbids_cheap": False,
}
BY_ARN = Call(DEAR, True, 0, True, False, CacheUse.OFF, ())


@pytest.mark.parametrize("model", MODELS)
def test_calls_that_name_a_model_by_its_arn_open_its_circuit(model):
    _, circuits, _ = lived(PLAIN, [replace(BY_ARN, model=model, ends_well=False)])

    assert list(circuits) == [model]


def test_a_budget_of_a_model_counts_calls_that_name_it_by_its_arn():
    _, _, left = lived(PLAIN, [BY_ARN])

    assert left.posted == 37


def test_the_arn_of_another_region_names_another_model_with_a_circuit_of_its_own():
    made = house(PLAIN)
    made.circuits.circuits[DEAR] = Circuit(
        opened_at=NOON, due_at=NOON + timedelta(seconds=20), tally=Tally(5, 5)
    )
    here, there = arn_of(DEAR), arn_of(DEAR, "eu-west-1")

    assert made.decide(asked("r1", model_id=here)).code is ReasonCode.REROUTED_BY_CIRCUIT
    assert made.decide(asked("r2", model_id=there)).model_used == there
