"""Policies that go by what callers may say of themselves are accepted, and warned of."""

import pytest

from tests.fakes.sentry_files import GOOD
from tests.unit.client.config_file.test_policy_files import NAMED, PERMIT, folder, forbid, load

__all__ = ["folder"]

YAML = GOOD.replace("teams:", "defaults: {requiredTags: [environment]}\nteams:") + NAMED
WEB = "applications: {web: {environment: production}, batch: {}}, "


def told(folder, text, search=""):
    yaml = YAML.replace("search: {", f"search: {{{search}", 1)
    found = load(folder, text + PERMIT, yaml=yaml).warnings
    warnings = [one for one in found if not one.field.startswith("teams.")]
    assert all((one.line, one.field) == (1, "it") for one in warnings)
    return [one.problem for one in warnings]


@pytest.mark.parametrize(
    "condition",
    [
        'principal == CostSentry::Application::"search/web"',
        'principal in CostSentry::Team::"search" && principal.name == "web"',
        'context.tags.contains("application=web")',
    ],
)
def test_an_application_of_a_team_that_names_none_is_what_requests_say(folder, condition):
    [problem] = told(folder, forbid(f"when {{ {condition} }}"))

    assert problem.startswith("which application of search")
    assert problem.endswith("calls is what requests say")


def test_an_application_in_the_head_of_a_policy_may_be_claimed_too(folder):
    text = forbid("").replace("(principal", '(principal == CostSentry::Application::"search/web"')

    assert told(folder, text) == ["which application of search calls is what requests say"]
    assert told(folder, text, search=WEB) == []


def test_an_environment_that_is_not_configured_is_what_requests_say(folder):
    text = forbid('when { context.tags.contains("environment=production") }')

    assert told(folder, text) == ['the tag "environment" of search, growth is what requests say']
    assert told(folder, text, search=WEB) == [
        'the tag "environment" of search/batch, growth is what requests say'
    ]


def test_an_environment_of_applications_that_have_one_is_no_claim(folder):
    text = forbid('when { context.tags.contains("environment=production") }')
    head = text.replace("(principal", '(principal == CostSentry::Application::"search/web"')
    teams = text.replace("(principal", '(principal in CostSentry::Team::"search"')

    assert told(folder, head, search=WEB) == []
    assert told(folder, teams, search=WEB.replace(", batch: {}", "")) == []
    assert told(folder, teams, search=WEB) == [
        'the tag "environment" of search/batch is what requests say'
    ]


@pytest.mark.parametrize(
    "condition",
    [
        'principal in CostSentry::Team::"search"',
        'principal has environment && principal.environment == "production"',
        'context.tags.contains("team=search")',
        'context.tagNames.containsAll(["application", "environment"])',
    ],
)
def test_what_the_sentry_itself_knows_is_no_claim(folder, condition):
    assert told(folder, forbid(f"when {{ {condition} }}"), search=WEB) == []
