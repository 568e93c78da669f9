"""A price of the flexible service tier is a price, and no more than the standard one."""

import pytest

from cost_sentry.domain.service_tier import FlexPrice
from tests.fakes.sentry_files import GOOD, load, problems

LITE = "us.amazon.nova-lite-v1:0"


def priced(flex):
    return GOOD.replace("lite-v1:0:\n", f"lite-v1:0: {{flex: {{{flex}}}}}\n")


def test_dollars_for_a_million_tokens_are_picodollars_for_each(file):
    found = load(file, priced("input: 0.03, output: 0.12"))

    assert found.config.models[LITE].flex == FlexPrice(input=30_000, output=120_000)


@pytest.mark.parametrize(
    ("flex", "field", "problem"),
    [
        ("input: 0, output: 0.12", "input", '"0" dollars for a million tokens is no price'),
        ("input: 0.0000001, output: 0.1", "input", "is no price"),
        ("input: 0.03, output: 0.25", "output", "is more than the standard tier asks"),
        ("input: 0.03", "output", "it is missing"),
        ("input: 0.03, output: 0.12, cache: 1", "cache", "unknown field"),
    ],
)
def test_fails_on_a_price_that_is_none(file, flex, field, problem):
    (found,) = problems(file, priced(flex))

    assert (found.line, found.field) == (7, f'models."{LITE}".flex.{field}')
    assert problem in found.problem
