"""Whatever is said to be covered is never permitted: Cedar itself is asked."""

import json

import cedarpy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.application.policy_ports import CallerFacts, ModelFacts, OfferFacts
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.policy import Policies
from cost_sentry_client.config_file.policy_cover import conjuncts, covers
from tests.fakes.policies import policy
from tests.properties.test_policy_memory_laws import CALLS, OFFERED

TIERS = {"maker.small-v1:0": "small", "maker.large-v1:0": "large"}
CALLERS = [
    CallerFacts(account=f"{team}/{name}", team=team, application=name)
    for team in ("search", "support")
    for name in ("web", "batch")
]
MODELS = [
    ModelFacts(
        model_id=id_,
        provider=id_.partition(".")[0],
        geography="us",
        price_class="high",
        output_cents=5,
        tier=tier,
    )
    for id_, tier in (*TIERS.items(), ("other.one-v1:0", None))
]
WHO = (
    "principal",
    *(f'principal == CostSentry::Application::"{one.account}"' for one in CALLERS[:3]),
    *(f'principal in CostSentry::Team::"{team}"' for team in ("search", "support")),
)
WHICH = (
    "resource",
    *(f'resource == CostSentry::Model::"{one.model_id}"' for one in MODELS),
    *(f'resource in CostSentry::Provider::"{name}"' for name in ("maker", "other")),
)
LEAVES = st.sampled_from(
    [
        "context.hour < 2",
        "context.depth == 1",
        'context.tags.contains("a=1")',
        "context has maxTokens",
        "context.maxTokens > 1",
        'resource has tier && resource.tier == CostSentry::Tier::"small"',
        "true",
        *WHO[1:],
        *WHICH[1:],
    ]
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("!({})".format, inner),
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) || ({})".format, inner, inner),
    ),
    max_leaves=3,
)
PARTS = st.lists(
    st.builds("{} {{ {} }}".format, st.sampled_from(["when", "unless"]), CONDITIONS), max_size=2
)


def written(effect, who, which, parts):
    return f"{effect} ({who}, action, {which}) {' '.join(parts)};"


RULES = st.tuples(st.sampled_from(WHO), st.sampled_from(WHICH), PARTS)


def _turned(part):
    """The same condition, asked for the other way round."""
    word, condition = part.split(" ", 1)
    return f"{'when' if word == 'unless' else 'unless'} {condition}"


@st.composite
def pairs(draw):
    """A forbid, and a permit that often asks for the same and more."""
    who, which, parts = draw(RULES)
    more_who, more_which, more = draw(RULES)
    turned = [_turned(part) if draw(st.integers(0, 3)) == 0 else part for part in parts]
    permit = (more_who, more_which, [*more, *turned])
    who, which = (
        draw(st.sampled_from([one, other]))
        for one, other in ((who, "principal"), (which, "resource"))
    )
    return written("forbid", who, which, parts), written("permit", *permit)


def conjuncts_of(text):
    told = json.loads(cedarpy.policies_to_json_str(text))
    return conjuncts(next(iter(told["staticPolicies"].values())))


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(pairs(), st.lists(CALLS, min_size=4, max_size=8))
def test_what_a_forbid_is_said_to_cover_cedar_never_permits(pair, calls):
    forbid, permit = pair
    assume(covers(conjuncts_of(forbid), conjuncts_of(permit), TIERS))
    engine = CedarPolicies(Policies(rules=(policy("forbid", forbid), policy("permit", permit))))

    for facts in calls:
        offer = OfferFacts(*(facts[name] for name in OFFERED))
        call = {name: fact for name, fact in facts.items() if name not in OFFERED}
        for caller in CALLERS:
            for model in MODELS:
                try:
                    verdict = engine.verdict(caller, model, call, offer)
                except ConfigurationError:
                    continue  # A policy that fails refuses the call anyway.
                assert not verdict.is_permitted
