"""Policies speak of what there is: tags, teams, applications and environments."""

import pytest

from tests.fakes.sentry_files import GOOD
from tests.unit.client.config_file.test_policy_files import (
    NAMED,
    PERMIT,
    folder,
    forbid,
    load,
    problems,
)

__all__ = ["folder"]

ABOUT_TAGS = 'when {{ context.tagNames.contains("{0}") || context.tags.contains("{0}=x") }}'


@pytest.mark.parametrize(
    ("tag", "before", "after"),
    [
        ("project", "teams:", "defaults: {knownTags: [project]}\nteams:"),
        ("environment", "search: {", "search: {applications: {web: {environment: x}}, "),
    ],
)
def test_a_tag_that_sentry_yaml_knows_may_be_spoken_of(folder, tag, before, after):
    text = forbid(ABOUT_TAGS.format(tag)) + PERMIT

    [(_, _, _, problem)] = problems(folder, text)

    assert problem.startswith(f'it speaks of tag "{tag}"')
    assert load(folder, text, yaml=GOOD.replace(before, after, 1) + NAMED).config.policies.rules


WITH_APPLICATIONS = GOOD.replace(
    "search: {", "search: {applications: {web: {environment: production}}, "
)
ALL_NAMED = WITH_APPLICATIONS.replace("growth:", "growth: {applications: {ads: }}")


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ('principal.team == "serach"', 'there is no team "serach" (did you mean search?)'),
        ('["growth", "x"].contains(principal.team)', 'there is no team "x"'),
        (
            'principal has environment && principal.environment != "producton"',
            'no application has environment "producton" (did you mean production?)',
        ),
        ('principal.name == "wbe"', 'there is no application "wbe" (did you mean web?)'),
    ],
)
def test_a_caller_that_there_is_not_is_told_with_those_that_there_are(folder, condition, told):
    text = forbid(f"when {{ {condition} }}") + PERMIT

    [(_, _, field, problem)] = problems(folder, text, yaml=ALL_NAMED + NAMED)

    assert (field, problem) == ("it", told)


def test_an_application_that_a_team_may_have_without_naming_it_is_a_warning(folder):
    text = forbid('when { principal.name == "wbe" }') + PERMIT

    warnings = load(folder, text, yaml=WITH_APPLICATIONS + NAMED).warnings

    told = 'sentry.yaml names no application "wbe" (did you mean web?)'
    assert told in [one.problem for one in warnings]


def test_callers_that_there_are_may_be_spoken_of(folder):
    words = (("team", "growth"), ("environment", "production"), ("name", "ads"))
    ask = " || ".join(f'(principal has {n} && principal.{n} == "{v}")' for n, v in words)

    text = forbid(f"unless {{ {ask} }}") + PERMIT
    assert not load(folder, text, yaml=ALL_NAMED + NAMED).warnings
