"""What becomes of a request when policies forbid models."""

from datetime import UTC, datetime

import pytest

from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.invocation import Priority
from cost_sentry.domain.policy import PolicyNote
from tests.fakes.admissions import BLIND, CHEAP, DEAR, Sentry, config, request
from tests.fakes.builders import budget
from tests.fakes.policies import engines, policies, policy

PLENTY = budget(limit=1_000_000)
NO_DEAR = f'forbid (principal, action, resource == CostSentry::Model::"{DEAR}");'
NOTHING = "forbid (principal, action, resource);"


def decide(given, *budgets, of=None, **changes):
    sentry = Sentry(*(budgets or (PLENTY,)), policies=given, engines=engines)
    return sentry.decide(of or request(**changes))


def note(name, model):
    return PolicyNote(policy_id=name, sentence=f"Because of {name}.", model_id=model)


def test_a_forbidden_model_is_rerouted_to_the_first_permitted_rung():
    decision = decide(policies(no_dear=NO_DEAR))

    assert (decision.kind, decision.code) == (DecisionKind.REROUTE, ReasonCode.REROUTED_BY_POLICY)
    assert decision.model_used == CHEAP
    assert decision.message == (
        f"{DEAR} is forbidden by policy no-dear (Because of no-dear.); {CHEAP} is permitted"
    )
    assert decision.policies == (note("no-dear", DEAR),)
    assert [rung.model_id for rung in decision.rungs] == [DEAR, CHEAP]


def test_where_every_rung_is_forbidden_the_answer_is_no_and_nothing_is_held():
    sentry = Sentry(PLENTY, policies=policies(nothing=NOTHING), engines=engines)

    decision = sentry.decide(request())

    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.FORBIDDEN_BY_POLICY)
    assert decision.message == (
        f"{DEAR} is forbidden by policy nothing (Because of nothing.);"
        " no model of its ladder is permitted"
    )
    assert [found.model_id for found in decision.policies] == [DEAR, CHEAP, BLIND]
    assert sentry.ledger.balance(PLENTY, "2026-11-21").pending == 0


def test_a_model_without_a_ladder_is_rejected_by_name():
    decision = decide(policies(nothing=NOTHING), model_id=CHEAP)

    assert decision.message == f"{CHEAP} is forbidden by policy nothing (Because of nothing.)"


def test_what_no_policy_permits_is_rejected():
    only = f'permit (principal, action, resource == CostSentry::Model::"{CHEAP}");'
    given = policies()
    decision = decide(type(given)(rules=(policy("only-cheap", only),)))

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_BY_POLICY, CHEAP)
    assert decision.policies == ()
    assert decision.message == f"no policy permits {DEAR}; {CHEAP} is permitted"
    assert decision.rungs[0].outcome == "no policy permits it"


def test_a_budget_decides_among_what_policies_leave():
    """The dear model is forbidden, and the cheap one too dear."""
    decision = decide(policies(no_dear=NO_DEAR), budget(limit=250))

    assert (decision.kind, decision.code) == (DecisionKind.REROUTE, ReasonCode.REROUTED_TO_FIT)
    assert decision.model_used == BLIND
    assert decision.policies == (note("no-dear", DEAR),)
    assert decision.message == (
        f"{DEAR} is forbidden by policy no-dear (Because of no-dear.);"
        f" budget search-daily cannot pay for {CHEAP}; {BLIND} fits"
    )


def test_a_refusal_for_money_tells_the_policies_that_took_part():
    decision = decide(policies(no_dear=NO_DEAR), budget(limit=1), lower_output_limit=False)

    assert decision.code is ReasonCode.BUDGET_EXHAUSTED
    assert decision.policies == (note("no-dear", DEAR),)


def test_models_are_asked_about_only_as_far_as_they_are_needed():
    asked = []

    def noted(given):
        engine = engines(given)

        class Noted:
            def verdict(self, caller, model, *facts):
                asked.append(model.model_id)
                return engine.verdict(caller, model, *facts)

            def looks_at(self, fact):
                return engine.looks_at(fact)

        return Noted()

    Sentry(PLENTY, policies=policies(), engines=noted).decide(request())

    assert asked == [DEAR]


def test_without_policies_no_engine_is_asked():
    def none(_given):
        raise AssertionError

    assert Sentry(PLENTY, engines=none).decide(request()).code is ReasonCode.WITHIN_BUDGETS


def test_policies_that_cannot_be_understood_permit_nothing():
    decision = Sentry(PLENTY, policies=policies()).decide(request())

    assert decision.code is ReasonCode.NOT_CONFIGURED
    assert "cannot read policies" in decision.message


def test_a_time_zone_that_there_is_not_permits_nothing():
    """Whoever stored it: `config check` refuses it."""
    decision = decide(policies("Mars/Olympus"))

    assert decision.code is ReasonCode.NOT_CONFIGURED
    assert "there is no time zone 'Mars/Olympus'" in decision.message


@pytest.mark.parametrize("text", ["", f"{NO_DEAR}\n{NO_DEAR}", "permit;"])
def test_what_is_not_one_policy_permits_nothing(text):
    decision = decide(policies("UTC", policy("it", text)))

    assert decision.code is ReasonCode.NOT_CONFIGURED
    assert "policy 'it' cannot be read" in decision.message


def test_a_policy_in_shadow_mode_is_told_and_changes_nothing():
    decision = decide(policies("UTC", policy("strict", NOTHING, shadow=True)))

    assert (decision.kind, decision.code) == (DecisionKind.ALLOW, ReasonCode.WITHIN_BUDGETS)
    assert decision.shadow == (note("strict", DEAR),)
    assert decision.policies == ()


@pytest.mark.parametrize(("zone", "is_permitted"), [("UTC", True), ("Asia/Tokyo", False)])
def test_hours_are_those_of_the_policies_time_zone(zone, is_permitted):
    late = "forbid (principal, action, resource) when { context.hour >= 20 };"
    sentry = Sentry(PLENTY, policies=policies(zone, late=late), engines=engines)
    sentry.clock.time = datetime(2026, 11, 21, 12, tzinfo=UTC)

    assert (sentry.decide(request()).kind is DecisionKind.ALLOW) is is_permitted


@pytest.mark.parametrize(
    "condition",
    [
        'context.priority == CostSentry::Priority::"low"',
        "context.outputTokens == 100 && context has maxTokens",
        "context.inputTokensMax == 100 && context.rung == 0",
        'context.tags == ["team=search", "application=web"]',
        'context.tagNames.containsAll(["team", "application"])',
        "context.weekday == 6",
        'principal == CostSentry::Application::"search/web"',
        'resource in CostSentry::Provider::"example" && resource.geography == "regional"',
        'resource.priceClass == CostSentry::PriceClass::"low" && resource.outputCents == 1',
    ],
)
def test_policies_see_the_call_as_it_would_be_made(condition):
    text = f"forbid (principal, action, resource) when {{ {condition} }};"

    assert decide(policies(it=text), priority=Priority.LOW).policies[0].policy_id == "it"


def test_a_default_output_limit_is_no_max_tokens():
    text = "forbid (principal, action, resource) unless { context has maxTokens };"

    assert decide(policies(it=text), max_tokens=None).code is ReasonCode.FORBIDDEN_BY_POLICY
    assert decide(policies(it=text)).code is ReasonCode.WITHIN_BUDGETS


def test_rungs_are_numbered_from_the_model_that_was_asked_for():
    text = "forbid (principal, action, resource) unless { context.rung == 1 };"

    assert decide(policies(it=text)).model_used == CHEAP


def test_of_very_many_policies_an_answer_names_some():
    """Or the answer would not pass through Step Functions beside a large request."""
    decision = decide(policies(**{f"p{n}": NOTHING for n in range(500)}))

    assert len(decision.policies) == 8
    assert "forbidden by policy p0, p1, p2 and 497 more (Because of p0.)" in decision.message
    assert all(len(rung.outcome) < 200 for rung in decision.rungs)


def test_a_configuration_without_policies_says_so():
    assert config().policies.rules == ()
