"""How often Cedar is asked: once for what policies cannot tell apart, whoever else calls."""

import cedarpy
import pytest

from cost_sentry.adapters import cedar_policies
from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.adapters.fair_memory import FairMemory
from cost_sentry.application.policy_ports import CallerFacts, ModelFacts, OfferFacts
from cost_sentry.application.route_request import CHOICE_MAX
from tests.fakes.policies import policies

MODELS = [
    ModelFacts(f"maker.m{n}-v1:0", "maker", "us", ("low", "middle", "high")[n % 3], 100 + n)
    for n in range(CHOICE_MAX)
]
OFFER = OfferFacts(500, 1_200, 0)
NOT_LONG = "forbid ({}, action, resource) when {{ context.outputTokens > 500 && {} }};"


def callers(count):
    """Half of them applications of a team with two."""
    return [caller(f"team{n // 2}", f"a{n % 2}") for n in range(count)]


def caller(team, application):
    return CallerFacts(f"{team}/{application}", team, application, "production")


def call():
    return {"tags": ["taskType=chat"], "tagNames": ["taskType"], "priority": "low", "hour": 12}


@pytest.fixture
def questions(monkeypatch):
    """One entry for each question that Cedar is asked."""
    asked, ask = [], cedarpy.is_authorized

    def counted(*given):
        asked.append(given)
        return ask(*given)

    monkeypatch.setattr(cedarpy, "is_authorized", counted)
    return asked


def ask(engine, *of):
    for one in of:
        facts = call()
        for model in MODELS:
            engine.verdict(one, model, facts, OFFER)


@pytest.mark.parametrize("count", [100, 400])
def test_callers_that_policies_cannot_tell_apart_are_asked_about_once(count, questions):
    engine = CedarPolicies(policies(not_long=NOT_LONG.format("principal", "true")))

    ask(engine, *callers(count))

    assert len(questions) == len(MODELS)


@pytest.mark.parametrize("count", [100, 400])
def test_warm_nobody_is_asked_about_though_each_caller_has_a_policy_of_its_own(count, questions):
    of = callers(count)
    engine = CedarPolicies(policies("UTC", **{
        f"p{n}": f'forbid (principal == CostSentry::Application::"{one.account}", action, resource)'
                 f" when {{ context.hour < {n % 5} }};"
        for n, one in enumerate(of)
    }))  # fmt: skip
    ask(engine, *of)
    cold = len(questions)

    ask(engine, *of)
    ask(engine, *reversed(of))

    assert (cold, len(questions)) == (count * len(MODELS), cold)


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        ('principal.team == "team1"', 2),
        ('principal.name like "a*"', 2),
        ('principal has environment && principal.environment == "test"', 1),
        ('principal in CostSentry::Team::"team1"', 2),
        ("principal has environment", 1),
    ],
)
def test_of_callers_only_what_policies_look_at_counts(condition, asked, questions):
    engine = CedarPolicies(policies(one=NOT_LONG.format("principal", condition)))

    ask(engine, *callers(100))

    assert len(questions) == asked * len(MODELS)


def test_a_team_whose_callers_are_new_each_time_makes_nobody_elses_verdicts_forgotten(
    monkeypatch, questions
):
    monkeypatch.setattr(cedar_policies, "VERDICTS_KNOWN_MAX", 8 * len(MODELS))
    engine = CedarPolicies(policies(one=NOT_LONG.format("principal", 'principal.name like "b*"')))
    of = [caller(f"team{n}", f"a{n}") for n in range(4)]
    ask(engine, *of)

    ask(engine, *(caller("flood", f"new{n}") for n in range(50)))

    assert len(engine._known) == 8 * len(MODELS)
    questions.clear()
    ask(engine, *of)
    assert questions == []


def test_whoever_has_most_in_a_full_memory_loses_the_oldest():
    memory = FairMemory(3)
    for owner, key in (("a", 1), ("b", 2), ("a", 3), ("b", 4), ("c", 5)):
        memory.keep(owner, key, key)

    assert [memory.get(key) for key in range(1, 6)] == [None, None, 3, 4, 5]
    assert len(memory) == 3
