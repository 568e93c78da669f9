"""What is remembered of a verdict changes no verdict."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.adapters import cedar_policies
from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.application.policy_ports import CallerFacts, ModelFacts, OfferFacts
from cost_sentry.domain.errors import ConfigurationError
from tests.fakes.policies import policies, policy

WEB = CallerFacts(account="search/web", team="search", application="web")
CALLERS = [
    WEB,
    CallerFacts(account="search/lab", team="search", application="lab", environment="test"),
    CallerFacts(account="growth/web", team="growth", application="web", environment="prod"),
    CallerFacts(account="growth/-", team="growth", application="-", environment="dev"),
]
APPLICATION = 'CostSentry::Application::"search/web"'
GROWTH = 'CostSentry::Team::"growth"'
HEADS = [
    "principal",
    "principal is CostSentry::Application",
    f"principal == {APPLICATION}",
    f"principal in {GROWTH}",
    f"principal is CostSentry::Application in {GROWTH}",
]
ABOUT_CALLERS = [
    'principal.team == "search"',
    '"web" != principal.name',
    'principal.name like "w*"',
    "principal has environment",
    'principal has environment && principal.environment == "test"',
    'principal.environment == "prod"',
    f"principal == {APPLICATION}",
    f"{APPLICATION} == principal",
    f"principal in {GROWTH}",
    f"principal in [{APPLICATION}, {GROWTH}]",
    f"[{APPLICATION}].contains(principal)",
    f"{APPLICATION} in {GROWTH}",
    f'{APPLICATION}.team == "search"',
    f"{APPLICATION} has environment",
    "{it: principal}.it has environment",
    "principal.name == principal.team",
    "principal != resource",
]
MODELS = [
    ModelFacts(
        model_id=f"maker.{name}-v1:0",
        provider="maker",
        geography="us",
        price_class="high",
        output_cents=cents,
    )
    for name, cents in (("small", 5), ("large", 500))
]
NUMBERS = st.sampled_from(["outputTokens", "inputTokensMax", "rung", "hour", "maxTokens"])
SMALL = st.integers(0, 4)
OFFERED = ("outputTokens", "inputTokensMax", "rung")
TAGS = st.lists(st.sampled_from(["a=1", "a=2", "b=1"]), unique=True)
QUOTED = TAGS.map(lambda tags: ", ".join(f'"{tag}"' for tag in tags))

LEAVES = st.one_of(
    st.sampled_from(ABOUT_CALLERS),
    st.builds(
        lambda name, op, number: f"context.{name} {op} {number}",
        NUMBERS,
        st.sampled_from(["<", "<=", "==", "!=", ">", ">="]),
        SMALL,
    ),
    st.builds(lambda number, name: f"{number} < context.{name}", SMALL, NUMBERS),
    st.builds(lambda one, other: f"context.{one} < context.{other} + 1", NUMBERS, NUMBERS),
    st.builds(lambda tag: f'context.tags.contains("{tag}")', st.sampled_from(["a=1", "b=1"])),
    st.builds(lambda tags: f"context.tags.containsAll([{tags}])", QUOTED),
    st.builds(lambda tags: f"context.tags.containsAny([{tags}])", QUOTED),
    st.builds(lambda tags: f"context.tags == [{tags}]", QUOTED),
    st.sampled_from(
        [
            "context has maxTokens",
            'context.priority == CostSentry::Priority::"low"',
            "resource.outputCents > 50",
        ]
    ),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("!({})".format, inner),
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) || ({})".format, inner, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
    ),
    max_leaves=4,
)
CALLS = st.fixed_dictionaries(
    {
        "tags": TAGS,
        "tagNames": st.just(["a"]),
        "priority": st.sampled_from(["low", "normal"]),
        "outputTokens": SMALL,
        "inputTokensMax": SMALL,
        "rung": SMALL,
        "hour": SMALL,
        "weekday": st.just(1),
        "depth": SMALL,
    },
    optional={"maxTokens": SMALL},
)
ASKED = st.lists(
    st.tuples(st.sampled_from(CALLERS), st.sampled_from(MODELS), CALLS), min_size=8, max_size=16
)
RULES = st.lists(st.tuples(st.sampled_from(HEADS), CONDITIONS), min_size=1, max_size=3)


def given_policies(conditions, shadowed):
    written = [
        policy(f"p{letter}", f"forbid ({head}, action, resource) when {{ {condition} }};",
               shadow=number in shadowed)
        for number, (letter, (head, condition)) in enumerate(
            zip(string.ascii_lowercase, conditions, strict=False)
        )
    ]  # fmt: skip
    return policies("UTC", *written)


def verdict(engine, model, facts, caller=WEB):
    offer = OfferFacts(*(facts.get(name, 0) for name in OFFERED))
    call = {name: fact for name, fact in facts.items() if name not in OFFERED}
    return engine.verdict(caller, model, call, offer)


def answer(engine, caller, model, facts):
    try:
        return verdict(engine, model, facts, caller)
    except ConfigurationError:
        return "fault"


@settings(max_examples=100, deadline=None)
@given(RULES, st.sets(st.integers(0, 2)), ASKED)
def test_an_engine_that_was_asked_before_says_what_a_new_one_says(conditions, shadowed, asked):
    rules = given_policies(conditions, shadowed)
    old = CedarPolicies(rules)

    for caller, model, call in asked:
        new = CedarPolicies(rules)
        assert answer(old, caller, model, call) == answer(new, caller, model, call)


@pytest.mark.parametrize("condition", ABOUT_CALLERS)
@pytest.mark.parametrize("head", HEADS)
def test_each_caller_is_told_what_a_new_engine_tells_whoever_was_asked_about_before(
    head, condition
):
    rules = given_policies([(head, condition)], ())
    old, facts = CedarPolicies(rules), {"tags": [], "priority": "low"}

    for caller in CALLERS * 2:
        new = CedarPolicies(rules)
        assert answer(old, caller, MODELS[0], facts) == answer(new, caller, MODELS[0], facts)


@pytest.mark.parametrize(
    "condition", ["{} < 2", "{} <= 2", "{} == 2", "{} != 2", "{} > 2", "2 <= {}"]
)
def test_each_side_of_a_constant_and_the_constant_itself_are_asked_about(condition):
    rules = given_policies([("principal", condition.format("context.hour"))], ())
    engine = CedarPolicies(rules)

    for hour in (2, 1, 3, 0, 4, 2):
        is_permitted = verdict(engine, MODELS[0], {"hour": hour}).is_permitted
        assert is_permitted is not eval(condition.format(hour))  # noqa: S307 - of this very list


def test_whether_a_call_has_a_fact_is_asked_about():
    engine = CedarPolicies(given_policies([("principal", "context has maxTokens")], ()))

    assert verdict(engine, MODELS[0], {"hour": 1}).is_permitted
    assert not verdict(engine, MODELS[0], {"hour": 1, "maxTokens": 1}).is_permitted


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cedar_policies, "VERDICTS_KNOWN_MAX", 3)
    engine = CedarPolicies(given_policies([("principal", "context.hour + 1 > 3")], ()))

    for hour in range(20):
        call = {"hour": hour, "tags": [], "priority": "low"}
        assert verdict(engine, MODELS[0], call).is_permitted is (hour <= 2)
        assert len(engine._known) <= 3
