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
