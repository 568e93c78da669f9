"""A permit that some forbid always overrules is seen, whatever the two look like."""

import json

import cedarpy
import pytest

from cost_sentry_client.config_file.policy_cover import conjuncts, covers

HAIKU = 'resource == CostSentry::Model::"anthropic.claude-haiku"'
ANTHROPIC = 'resource in CostSentry::Provider::"anthropic"'
WEB = 'principal == CostSentry::Application::"search/web"'
SEARCH = 'principal in CostSentry::Team::"search"'
ANY = ("principal", "action", "resource")
A, B, C = "context.hour < 8", 'context.tags.contains("x=y")', "context.depth > 2"
TIERS = {"anthropic.claude-haiku": "small"}


def rule(effect, *head, then=""):
    heads = head or ANY
    text = f"{effect} ({', '.join(heads)}) {then};"
    told = json.loads(cedarpy.policies_to_json_str(text))
    return conjuncts(next(iter(told["staticPolicies"].values())))


def when(text):
    return f"when {{ {text} }}"


def unless(text):
    return f"unless {{ {text} }}"


def heads(principal="principal", resource="resource"):
    return (principal, "action", resource)


@pytest.mark.parametrize(
    ("forbid", "permit"),
    [
        (heads(), heads(WEB)),
        (heads(SEARCH), heads(WEB)),
        (heads(SEARCH), heads(SEARCH)),
        (heads(resource=ANTHROPIC), heads(resource=HAIKU)),
        (heads(SEARCH, ANTHROPIC), heads(WEB, HAIKU)),
        (heads('principal in CostSentry::Application::"search/web"'), heads(WEB)),
        (heads("principal is CostSentry::Application"), heads()),
        (("principal", 'action == CostSentry::Action::"invoke"', "resource"), heads()),
        (heads('principal in CostSentry::Team::"a/b%"'),
         heads('principal == CostSentry::Application::"a%2Fb%25/web"')),
    ],
)  # fmt: skip
def test_a_head_covers_what_lies_within_it(forbid, permit):
    assert covers(rule("forbid", *forbid), rule("permit", *permit), TIERS)


@pytest.mark.parametrize(
    ("forbid", "permit"),
    [
        (heads(WEB), heads(SEARCH)),
        (heads(WEB), heads()),
        (heads(SEARCH), heads('principal == CostSentry::Application::"support/web"')),
        (heads(SEARCH), heads('principal == CostSentry::Application::"search"')),
        (heads(resource=HAIKU), heads(resource=ANTHROPIC)),
        (heads(resource=ANTHROPIC), heads(WEB)),
        (heads('principal == CostSentry::Team::"search"'), heads(SEARCH)),
    ],
)
def test_a_head_covers_nothing_beside_it(forbid, permit):
    assert not covers(rule("forbid", *forbid), rule("permit", *permit), TIERS)


@pytest.mark.parametrize(
    ("forbid", "permit"),
    [
        ("", when(A)),
        (when(A), when(A)),
        (when(A), when(f"{A} && {B}")),
        (when(f"{B} && {A}"), when(f"{A} && {B}")),
        (when(f"{A} && {C}"), when(f"{C} && ({B} && {A})")),
        (when(A), f"{when(B)} {when(A)}"),
        (unless(A), unless(f"{A} || {B}")),
        (when(f"!({A})"), unless(A)),
        (unless(f"!({A})"), when(A)),
        (unless(f"{A} || {B}"), when(f"!({B}) && !({A})")),
        (when("context.hour == 3"), unless("3 != context.hour")),
        (when("true"), ""),
        (when(SEARCH), when(WEB)),
        (when(f"{ANTHROPIC} && {A}"), when(f"{A} && {HAIKU}")),
        (when('resource.tier == CostSentry::Tier::"small"'), when(HAIKU)),
    ],
)  # fmt: skip
def test_a_condition_covers_what_asks_for_it_and_for_more(forbid, permit):
    assert covers(rule("forbid", then=forbid), rule("permit", then=permit), TIERS)


@pytest.mark.parametrize(
    ("forbid", "permit"),
    [
        (when(A), ""),
        (when(A), when(B)),
        (when(f"{A} && {B}"), when(A)),
        (when(A), when(f"{A} || {B}")),
        (when(A), unless(A)),
        (unless(f"{A} && {B}"), when(A)),
        (when("false"), ""),
        (when('resource.tier == CostSentry::Tier::"large"'), when(HAIKU)),
        (unless(SEARCH), unless(WEB)),
    ],
)
def test_a_condition_covers_nothing_that_may_be_otherwise(forbid, permit):
    assert not covers(rule("forbid", then=forbid), rule("permit", then=permit), TIERS)


def test_a_head_and_a_condition_say_the_same():
    assert covers(rule("forbid", then=when(SEARCH)), rule("permit", *heads(WEB)), TIERS)
    assert covers(rule("forbid", *heads(SEARCH)), rule("permit", then=when(WEB)), TIERS)
