"""A value that nothing can have is warned of, with the nearest that is one."""

import pytest

from tests.fakes.sentry_files import GOOD
from tests.unit.client.config_file.test_policy_files import NAMED, PERMIT, folder, forbid, load

__all__ = ["folder"]

ALL_NAMED = GOOD.replace(
    "search: {", "search: {applications: {web: {environment: production}}, "
).replace("growth:", "growth: {applications: {ads: {environment: development}}}")


def told(folder, condition, yaml=ALL_NAMED):
    text = forbid(f"when {{ {condition} }}") + PERMIT
    return [one.problem for one in load(folder, text, yaml=yaml + NAMED).warnings]


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (
            'context.tags.contains("team=serch")',
            'no call has tag team with value "serch" (did you mean search?)',
        ),
        (
            'context.tags.contains("environment=prodction")',
            'no call has tag environment with value "prodction" (did you mean production?)',
        ),
        (
            'context.tags.contains("application=wbe")',
            'no call has tag application with value "wbe" (did you mean web?)',
        ),
        (
            'context.granted.contains("premum")',
            'there is no price class "premum" (did you mean premium?)',
        ),
    ],
)
def test_a_value_that_nothing_has_is_warned_of(folder, condition, problem):
    assert problem in told(folder, condition)


def test_a_region_that_aws_does_not_have_is_warned_of(folder):
    [problem] = told(folder, 'resource has region && resource.region == "us-esat-1"')

    assert problem.startswith('there is no AWS Region "us-esat-1" (did you mean us-')


@pytest.mark.parametrize(
    "condition",
    [
        'context.tags.contains("team=search")',
        'context.tags.contains("environment=production")',
        'context.tags.contains("user=x")',
        'context.granted.contains("premium")',
        'resource has region && resource.region == "eu-central-1"',
    ],
)
def test_a_value_that_something_may_have_is_in_order(folder, condition):
    assert not any("there is no" in one or "no call has" in one for one in told(folder, condition))


def test_an_environment_that_a_call_may_claim_is_in_order(folder):
    condition = 'context.tags.contains("environment=x")'
    some = ALL_NAMED.replace("{environment: development}", "")

    assert not any("no call has" in one for one in told(folder, condition, yaml=some))
