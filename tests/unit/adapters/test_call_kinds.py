"""Which calls policies can tell apart."""

import json

import cedarpy
import pytest

from cost_sentry.adapters.call_kinds import Traits, looked_at

CALL = {
    "tags": ["team=search", "environment=production"],
    "tagNames": ["team", "environment"],
    "priority": "normal",
    "maxTokens": 500,
    "outputTokens": 500,
    "inputTokensMax": 1_200,
    "rung": 0,
    "hour": 14,
    "weekday": 3,
    "depth": 0,
}


def seen(*conditions):
    rules = []
    for condition in conditions:
        text = f"forbid (principal, action, resource) when {{ {condition} }};"
        told = json.loads(cedarpy.policies_to_json_str(text))
        rules += told["staticPolicies"].values()
    return looked_at(rules)


def are_one_kind(condition, **changes):
    found = seen(condition)
    traits = Traits(found, found.names)
    other = {name: fact for name, fact in {**CALL, **changes}.items() if fact is not None}
    return traits.of(CALL) == traits.of(other)


@pytest.mark.parametrize(
    ("condition", "changes", "is_one"),
    [
        ("context.outputTokens > 4096", {"outputTokens": 4095}, True),
        ("context.outputTokens > 4096", {"outputTokens": 4097}, False),
        ("4096 >= context.outputTokens", {"outputTokens": 4097}, False),
        ("context.outputTokens == 600", {"outputTokens": 601}, False),
        ("context.outputTokens == 600", {"outputTokens": 599}, True),
        ("context.outputTokens > 4096", {"inputTokensMax": 9, "tags": [], "hour": 1}, True),
        ("context.outputTokens * 2 > 4096", {"outputTokens": 501}, False),
        ("context.outputTokens > context.inputTokensMax", {"inputTokensMax": 1_201}, False),
        ("context has maxTokens", {"maxTokens": 1}, True),
        ("context has maxTokens", {"maxTokens": None}, False),
        ("context has maxTokens && context.maxTokens > 9", {"maxTokens": None}, False),
        ('context.tags.contains("environment=test")', {"tags": ["a=b"]}, True),
        ('context.tags.contains("environment=test")', {"tags": ["environment=test"]}, False),
        ('context.tagNames.containsAll(["team", "project"])', {"tagNames": ["team"]}, True),
        ('context.tagNames.containsAll(["team", "project"])', {"tagNames": ["project"]}, False),
        ('context.tagNames.containsAny(["project"])', {"tagNames": ["x"]}, True),
        ("context.tags.containsAll(context.tagNames)", {"tags": ["a=b"]}, False),
        ("context.tags.isEmpty()", {"tags": ["a=b"]}, False),
        ('context.tags == ["a=b"]', {"tags": ["a=c"]}, False),
        ('context.priority == CostSentry::Priority::"low"', {"priority": "critical"}, False),
        ("[1, 2].contains(context.hour)", {"hour": 13}, False),
        ("if context.rung == 0 then context.hour < 9 else context.hour < 8", {"hour": 15}, True),
        ("if context.rung == 0 then context.hour < 9 else context.hour < 8", {"rung": 1}, False),
        ('principal.team == "search" && resource.outputCents > 5', {"hour": 3}, True),
    ],
)
def test_calls_are_one_kind_unless_a_condition_can_tell_them_apart(condition, changes, is_one):
    assert are_one_kind(condition, **changes) is is_one


def test_only_what_conditions_look_at_is_told():
    found = seen("context.hour > 8", 'context.tags.contains("team=search") && context.rung + 1 > 2')

    assert found.told(CALL) == {"tags": ["team=search"], "rung": 0, "hour": 14}
    assert seen("context.tags.isEmpty()").told(CALL) == {"tags": CALL["tags"]}
    assert seen("context == context").told(CALL) == CALL
    assert seen("true").told(CALL) == {}


@pytest.mark.parametrize("condition", ["context == context", "{it: context} == {it: 1}"])
def test_a_condition_may_look_at_everything(condition):
    assert seen(condition).everything
    assert not seen("context.hour == 1", '{Var: "context"} == {Var: "context"}').everything


def test_of_all_traits_a_policy_sees_its_own():
    early, tagged = seen("context.hour < 8"), seen('context.tags.contains("a=b")')
    traits = Traits(seen("context.hour < 8", 'context.tags.contains("a=b")'), {"hour", "tags"})
    other = {**CALL, "tags": ["a=b"]}

    assert traits.of(CALL) != traits.of(other)
    assert traits.seen_by(early)(traits.of(CALL)) == traits.seen_by(early)(traits.of(other))
    assert traits.seen_by(tagged)(traits.of(CALL)) != traits.seen_by(tagged)(traits.of(other))
    assert traits.seen_by(seen("true"))(traits.of(CALL)) is None


def test_a_fact_of_another_type_than_the_condition_takes_it_for_is_no_fault_here():
    strange = {**CALL, "outputTokens": ["a"], "tags": "a"}
    found = seen("context.outputTokens > 5", 'context.tags.contains("a")')
    traits = Traits(found, found.names)

    assert traits.of(strange) != traits.of(CALL)


def test_a_member_of_a_record_may_have_any_name():
    """In Cedar's JSON a constant is a mapping with the member Value, and a record may have it."""
    inner = {".": {"left": {"Var": "context"}, "attr": "outputTokens"}}
    record = {".": {"left": {"Record": {"Value": inner}}, "attr": "Value"}}
    rule = {
        "conditions": [{"kind": "when", "body": {">": {"left": record, "right": {"Value": 4}}}}]
    }

    assert looked_at([rule]).exact == {"outputTokens"}
