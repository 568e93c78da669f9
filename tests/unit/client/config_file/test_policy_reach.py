"""Checking a file asks Cedar itself what is left to callers and to names of routing."""

import pytest

from cost_sentry_client.config_file import policy_trials
from tests.fakes.sentry_files import GOOD
from tests.unit.client.config_file.test_policy_files import (
    NAMED,
    NOTED,
    PERMIT,
    folder,
    forbid,
    load,
    problems,
)

__all__ = ["folder"]

TIERS = (
    GOOD.replace("{ladder: [us.amazon.nova-lite-v1:0]}", "{tier: middle}")
    .replace("lite-v1:0:", "lite-v1:0: {tier: small}")
    .replace("search: {", "search: {applications: {web: {environment: x}, lab: {environment: y}}, ")
)
ROUTING = """\
routing:
  virtualModels:
    auto: {}
    best: {tier: middle}
  taskTypes:
    review: {tier: middle}
"""
YAML = TIERS + ROUTING + NAMED
PRO = 'resource == CostSentry::Model::"amazon.nova-pro-v1:0"'
NO_PRO = forbid(f"when {{ {PRO} }}")
NOBODY = "policies permit no caller any model, so every call would be refused"


def warnings(folder, *texts, **more):
    return [(one.field, one.problem) for one in load(folder, *texts, **more).warnings]


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([forbid('unless { resource.geography == "eu" }') + PERMIT], id="geography"),
        pytest.param([NOTED + "permit (principal, action, resource) when { false };"], id="never"),
        pytest.param(
            [
                forbid("when { context.hour >= 8 }")
                + NOTED
                + "permit (principal, action, resource) when { context.hour >= 9 };"
            ],
            id="hours that never meet",
        ),
        pytest.param(
            [
                forbid('unless { principal.team == "growth" }')
                + NOTED
                + 'permit (principal in CostSentry::Team::"search", action, resource);'
            ],
            id="a team by its text",
        ),
    ],
)
def test_a_set_that_refuses_everybody_is_refused(folder, texts):
    [(_, _, _, problem)] = problems(folder, *texts, yaml=YAML)

    assert problem.startswith(NOBODY)


def test_names_of_routing_without_a_permitted_candidate_are_refused(folder):
    found = problems(folder, NO_PRO + PERMIT, yaml=YAML)

    told = "has no permitted candidate: nobody may call any of its models (forbidden by it)"
    assert [(field, problem) for _, _, field, problem in found] == [
        ("routing.virtualModels.best", f'"best" {told}'),
        ("routing.taskTypes.review", f'"taskType=review" {told}'),
    ]
    assert [line for _, line, *_ in found] == [22, 24]


@pytest.mark.parametrize(
    "text",
    [
        forbid(f"when {{ {PRO} }} unless {{ context.hour == 3 && context.depth == 2 }}"),
        forbid(
            f'when {{ {PRO} }} unless {{ context.tags.containsAll(["user=a", "team=growth"]) }}'
        ),
        forbid(f'when {{ {PRO} && principal.team == "search" }}'),
        forbid(f"when {{ {PRO} && context.pinned }}"),
        forbid(f"when {{ {PRO} }}", mode="shadow"),
    ],
    ids=["at an hour", "with tags", "for one team", "where the router chooses", "in shadow mode"],
)
def test_a_candidate_that_some_call_may_have_is_enough(folder, text):
    assert load(folder, text + PERMIT, yaml=YAML).config.routing.virtual_models


def test_a_name_of_routing_without_a_candidate_for_one_application_is_warned_of(folder):
    text = forbid(f'when {{ {PRO} && principal.name == "lab" }}')

    found = dict(warnings(folder, text + PERMIT, yaml=YAML))

    assert found["routing.virtualModels.best"] == (
        '"best" has no permitted candidate for search/lab (forbidden by it)'
    )
    assert "routing.virtualModels.auto" not in found


def test_a_rung_of_a_ladder_is_a_candidate_too(folder):
    laddered = YAML.replace(
        "{tier: middle}", "{tier: middle, ladder: [us.amazon.nova-lite-v1:0]}", 1
    )

    assert not warnings(folder, NO_PRO + PERMIT, yaml=laddered)


def test_a_caller_with_no_permitted_model_is_warned_of(folder):
    text = forbid('when { principal has environment && principal.environment == "y" }')

    [(field, problem)] = warnings(folder, text + PERMIT, yaml=YAML)

    assert field == "teams.search"
    assert problem == 'policies permit no model to lab of "search" (forbidden by it)'


@pytest.mark.parametrize(
    "guard",
    ['resource.geography == "us"', "context.hour > 30", 'principal.team == "search"'],
    ids=["forbidden", "never met", "by another's text"],
)
def test_a_permit_that_permits_nothing_is_warned_of(folder, guard):
    permit = 'permit (principal in CostSentry::Team::"growth", action, resource)'
    dead = f'@id("dead") @sentence("x") {permit} when {{ {guard} }};'
    rest = PERMIT.replace("resource);", 'resource) when { principal.team == "search" };')
    text = forbid('when { principal.team == "growth" && resource.geography == "us" }')

    found = dict(warnings(folder, text + dead + rest, yaml=TIERS + NAMED))

    assert found["dead"].startswith("it permits nothing")
    assert set(found) == {"dead", "teams.growth"}


def test_the_region_of_a_deployment_may_be_any_that_policies_speak_of(folder):
    here = TIERS.replace("us.amazon", "amazon")
    for guard in ('resource.region like "eu-*"', 'resource.region == "us-east-1"'):
        text = forbid(f"unless {{ resource has region && {guard} }}")
        assert not warnings(folder, text + PERMIT, yaml=here + NAMED)


def test_where_not_all_kinds_of_calls_were_tried_it_is_a_warning_that_says_so(folder):
    odd = "context.inputTokensMax * 7 == context.outputTokens * 12345"
    text = forbid(f"when {{ {PRO} }} unless {{ {odd} }}")

    found = dict(warnings(folder, text + PERMIT, yaml=YAML))

    assert set(found) == {"routing.virtualModels.best", "routing.taskTypes.review"}
    assert all("in none of the calls that were tried" in problem for problem in found.values())


def test_what_was_not_asked_is_told_and_nothing_is_said_of_it(folder, monkeypatch):
    monkeypatch.setattr(policy_trials, "WORK_MAX", 20)

    [(field, problem)] = warnings(folder, NO_PRO + PERMIT, yaml=YAML)

    assert field == "policies"
    assert "not every caller, model and kind of call was tried" in problem
