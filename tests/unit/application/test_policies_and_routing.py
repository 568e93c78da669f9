"""What policies may say of models that the sentry chooses, and of those that callers name."""

from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.routing import LARGE
from tests.fakes.admissions import BLIND, CHEAP, DEAR, request
from tests.fakes.builders import budget
from tests.fakes.policies import engines, policies
from tests.fakes.routings import models, routed, routing, rule, sentry, virtual

PLENTY = budget(limit=10**6)
NO_PINNING = "forbid (principal, action, resource) when { context.pinned };"
NO_LARGE = (
    "forbid (principal, action, resource) when { resource has tier &&"
    ' resource.tier == CostSentry::Tier::"large" };'
)
NO_BLIND = f'forbid (principal, action, resource == CostSentry::Model::"{BLIND}");'


def decide(of, **texts):
    return sentry(PLENTY, policies=policies(**texts), engines=engines).decide(of)


def test_a_policy_may_forbid_to_name_a_model_and_leave_the_choice_to_the_router():
    assert decide(request(), no_pinning=NO_PINNING).code is ReasonCode.FORBIDDEN_BY_POLICY
    assert decide(routed(), no_pinning=NO_PINNING).code is ReasonCode.ROUTED


def test_a_model_that_a_rule_names_is_not_pinned_by_the_caller():
    of = routing(rule("legacy", model=DEAR))
    made = sentry(PLENTY, of=of, policies=policies(no_pinning=NO_PINNING), engines=engines)

    assert made.decide(routed(None, task_type="legacy")).model_used == DEAR


def test_a_policy_may_speak_of_the_tier_of_a_model():
    pinned, chosen = (
        decide(request(), no_large=NO_LARGE),
        decide(routed("large"), no_large=NO_LARGE),
    )

    assert pinned.code is ReasonCode.FORBIDDEN_BY_POLICY
    assert chosen.message == (f"{DEAR} is forbidden by policy no-large (Because of no-large.)")
    assert decide(routed("small"), no_large=NO_LARGE).model_used == BLIND


def test_a_model_without_a_tier_has_none_for_policies_either():
    bare = {id_: type(one)(id=id_) for id_, one in models().items()}
    made = sentry(PLENTY, models=bare, policies=policies(no_large=NO_LARGE), engines=engines)

    assert made.decide(request()).code is ReasonCode.WITHIN_BUDGETS


def test_a_first_choice_that_is_struck_gives_way_to_the_next_as_on_a_ladder():
    decision = decide(routed(), no_blind=NO_BLIND)

    assert (decision.kind, decision.code) == (DecisionKind.REROUTE, ReasonCode.REROUTED_BY_POLICY)
    assert decision.model_used == CHEAP


def test_where_all_of_its_models_are_struck_the_refusal_says_so():
    decision = decide(routed(), nothing="forbid (principal, action, resource);")

    assert decision.code is ReasonCode.FORBIDDEN_BY_POLICY
    assert decision.message.endswith("no model that may serve it is permitted")
    assert [rung.model_id for rung in decision.rungs] == [BLIND, CHEAP, DEAR]


def test_models_are_asked_about_only_as_far_as_they_are_needed():
    asked = []

    def noted(given):
        engine = engines(given)

        class Noted:
            def verdict(self, caller, model, *facts):
                asked.append((model.model_id, model.tier))
                return engine.verdict(caller, model, *facts)

            def looks_at(self, fact):
                return engine.looks_at(fact)

        return Noted()

    sentry(PLENTY, of=routing(virtual("auto", LARGE)), policies=policies(), engines=noted).decide(
        routed()
    )

    assert asked == [(DEAR, "large")]
