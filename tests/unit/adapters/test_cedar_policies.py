"""What Cedar makes of a policy, a caller, a model and a call."""

import pytest

from cost_sentry.adapters.cedar_policies import UNPERMITTED, CedarPolicies
from cost_sentry.application.policy_ports import CallerFacts, ModelFacts, OfferFacts
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.policy import Policies, PolicyNote
from tests.fakes.policies import EVERYTHING, policies, policy

WEB = CallerFacts(account="search/web", team="search", application="web")
BATCH = CallerFacts(account="research/batch", team="research", application="batch")
HAIKU = ModelFacts(
    model_id="anthropic.haiku-v1:0",
    provider="anthropic",
    geography="us",
    price_class="middle",
    output_cents=500,
)
OPUS = ModelFacts(
    model_id="anthropic.opus-v1:0",
    provider="anthropic",
    geography="eu",
    price_class="premium",
    output_cents=2_500,
)
CALL = {
    "tags": ["team=search", "application=web", "project=apollo"],
    "tagNames": ["team", "application", "project"],
    "priority": "normal",
    "hour": 14,
    "weekday": 3,
    "depth": 0,
}


OFFER = {"outputTokens": 500, "inputTokensMax": 1_200, "rung": 0}


def asked(engine, caller, model, facts):
    offer = OfferFacts(*(facts[name] for name in OFFER))
    call = {name: fact for name, fact in facts.items() if name not in OFFER}
    return engine.verdict(caller, model, call, offer)


def verdict(given, model=HAIKU, caller=WEB, **changes):
    return asked(CedarPolicies(given), caller, model, {**CALL, **OFFER, **changes})


def note(name, model=HAIKU):
    return PolicyNote(policy_id=name, sentence=f"Because of {name}.", model_id=model.model_id)


def test_what_no_policy_forbids_and_one_permits_may_be_called():
    assert verdict(policies()).is_permitted
    assert verdict(policies()).forbidden_by == ()


def test_what_no_policy_permits_is_forbidden_by_none():
    only = Policies(
        rules=(policy("opus", 'permit (principal, action, resource == CostSentry::Model::"x.y");'),)
    )

    assert not verdict(only).is_permitted
    assert verdict(only).forbidden_by == ()


def test_a_forbid_wins_and_says_why_of_which_model():
    given = policies(
        no_premium=(
            "forbid (principal, action, resource)"
            ' when { resource.priceClass == CostSentry::PriceClass::"premium" };'
        )
    )

    assert verdict(given, HAIKU).is_permitted
    assert verdict(given, OPUS).forbidden_by == (note("no-premium", OPUS),)


def test_all_policies_that_forbid_are_told_in_the_order_in_which_they_are_written():
    text = "forbid (principal, action, resource);"
    given = policies(second=text, first=text, third=text)

    told = verdict(given).forbidden_by

    assert [found.policy_id for found in told] == ["second", "first", "third"]


@pytest.mark.parametrize(
    ("condition", "call"),
    [
        ('context.tags.contains("project=apollo")', {}),
        ('context.tagNames.containsAll(["team", "project"])', {}),
        ("context.outputTokens > 499 && context.inputTokensMax == 1200", {}),
        ("context has maxTokens && context.maxTokens == 500", {"maxTokens": 500}),
        ("context.rung == 0 && context.hour >= 8 && context.weekday <= 5", {}),
        ('context.priority == CostSentry::Priority::"low"', {"priority": "low"}),
        ('resource.geography == "us" && resource.outputCents == 500', {}),
        ('principal.team == "search" && principal.name == "web"', {}),
        ('principal in CostSentry::Team::"search"', {}),
        ('resource in CostSentry::Provider::"anthropic"', {}),
    ],
)
def test_each_fact_can_be_spoken_of(condition, call):
    given = policies(it=f"forbid (principal, action, resource) when {{ {condition} }};")

    assert not verdict(given, **call).is_permitted
    other = policies(it=f"forbid (principal, action, resource) when {{ !({condition}) }};")
    assert verdict(other, **call).is_permitted


@pytest.mark.parametrize(
    ("head", "is_hers"),
    [
        ('principal == CostSentry::Application::"search/web", action, resource', True),
        ('principal == CostSentry::Application::"search/app", action, resource', False),
        ('principal in CostSentry::Team::"search", action, resource', True),
        ('principal in CostSentry::Team::"research", action, resource', False),
        ("principal is CostSentry::Application, action, resource", True),
        ('principal is CostSentry::Application in CostSentry::Team::"search", action, resource', 1),
        ('principal is CostSentry::Application in CostSentry::Team::"other", action, resource', 0),
        ('principal, action == CostSentry::Action::"invoke", resource', True),
        ('principal, action in [CostSentry::Action::"invoke"], resource', True),
        ('principal, action, resource == CostSentry::Model::"anthropic.haiku-v1:0"', True),
        ('principal, action, resource == CostSentry::Model::"anthropic.opus-v1:0"', False),
        ('principal, action, resource in CostSentry::Provider::"anthropic"', True),
        ('principal, action, resource in CostSentry::Provider::"amazon"', False),
    ],
)
def test_a_policy_speaks_of_those_that_its_head_names(head, is_hers):
    """Policies are sorted out by their heads before Cedar is asked: the same must come of it."""
    assert verdict(policies(it=f"forbid ({head});")).is_permitted is not bool(is_hers)


def test_a_policy_in_shadow_mode_is_told_where_it_would_have_forbidden():
    strict = policy("strict", "forbid (principal, action, resource);", shadow=True)

    told = verdict(policies("UTC", strict))

    assert told.is_permitted
    assert told.shadow == (note("strict"),)
    assert told.forbidden_by == ()


def test_a_policy_in_shadow_mode_is_told_where_it_would_have_permitted():
    only = 'permit (principal, action, resource == CostSentry::Model::"x.y");'
    rules = (policy("generous", EVERYTHING, shadow=True), policy("only", only))

    told = verdict(Policies(rules=rules))

    assert not told.is_permitted
    assert told.shadow == (note("generous"),)


NOTHING = "forbid (principal, action, resource);"
OPUS_ONLY = 'permit (principal, action, resource == CostSentry::Model::"anthropic.opus-v1:0");'


@pytest.mark.parametrize("texts", [(NOTHING,), (EVERYTHING,), (OPUS_ONLY,), (NOTHING, OPUS_ONLY)])
def test_policies_that_are_all_in_shadow_mode_permit_everything(texts):
    rules = tuple(policy(f"p{n}", text, shadow=True) for n, text in enumerate(texts))

    for model in (HAIKU, OPUS):
        assert verdict(Policies(rules=rules), model).is_permitted
        assert verdict(Policies(rules=rules), model).forbidden_by == ()


def test_of_policies_that_are_all_in_shadow_mode_it_is_told_what_they_would_refuse():
    forbids = Policies(rules=(policy("no", NOTHING, shadow=True),))
    permits = Policies(rules=(policy("opus", OPUS_ONLY, shadow=True),))

    assert verdict(forbids).shadow == (note("no"),)
    assert verdict(permits, OPUS).shadow == ()
    [said] = verdict(permits, HAIKU).shadow
    assert (said.policy_id, said.model_id) == ("opus", HAIKU.model_id)
    assert said.sentence == UNPERMITTED


def test_one_enforced_policy_is_enough_for_what_none_permits_to_be_refused():
    rules = (policy("tried", EVERYTHING, shadow=True), policy("opus", OPUS_ONLY))

    assert not verdict(Policies(rules=rules), HAIKU).is_permitted
    assert verdict(Policies(rules=rules), OPUS).is_permitted


def test_a_policy_in_shadow_mode_that_changes_nothing_is_not_told():
    forbids = "forbid (principal, action, resource);"
    both = policies("UTC", policy("too", forbids, shadow=True), enforced=forbids)
    others = policies(
        "UTC",
        policy(
            "idle",
            forbids.replace("principal,", 'principal in CostSentry::Team::"research",'),
            shadow=True,
        ),
    )

    assert verdict(both).shadow == ()
    assert verdict(both).forbidden_by == (note("enforced"),)
    assert verdict(others).shadow == ()


def test_a_policy_that_cannot_be_evaluated_permits_nothing():
    given = policies(it=("forbid (principal, action, resource) when { context.maxTokens > 9 };"))

    with pytest.raises(ConfigurationError, match="cannot be evaluated"):
        verdict(given)
    assert not verdict(given, maxTokens=10).is_permitted


def test_a_policy_in_shadow_mode_that_cannot_be_evaluated_refuses_nothing_and_is_told():
    fails = "forbid (principal, action, resource) when { context.maxTokens > 9 };"
    tried = policies("UTC", policy("tried", fails, shadow=True))

    told = verdict(tried)

    assert told.is_permitted
    [said] = told.shadow
    assert (said.policy_id, said.model_id) == ("tried", HAIKU.model_id)
    assert said.sentence.startswith("It would refuse every such call: error while evaluating")
    assert verdict(tried, maxTokens=10).shadow == (note("tried"),)


def test_a_policy_in_force_that_cannot_be_evaluated_is_not_hidden_by_one_in_shadow_mode():
    fails = "forbid (principal, action, resource) when { context.maxTokens > 9 };"
    both = policies("UTC", policy("tried", fails, shadow=True), enforced=fails)

    with pytest.raises(ConfigurationError, match="`enforced`"):
        verdict(both)


def test_a_policy_that_is_no_cedar_is_an_error_that_names_it():
    with pytest.raises(ConfigurationError, match="'broken' cannot be read"):
        CedarPolicies(policies(broken="forbid (principal"))


def test_one_engine_answers_for_every_caller_and_model():
    engine = CedarPolicies(
        policies(
            it='forbid (principal in CostSentry::Team::"search", action, resource)'
            " when { resource.outputCents > 1000 };"
        )
    )

    answers = {
        (caller.team, model.model_id): asked(engine, caller, model, {**CALL, **OFFER}).is_permitted
        for caller in (WEB, BATCH, WEB)
        for model in (HAIKU, OPUS, HAIKU)
    }

    assert answers == {
        ("search", HAIKU.model_id): True,
        ("search", OPUS.model_id): False,
        ("research", HAIKU.model_id): True,
        ("research", OPUS.model_id): True,
    }
