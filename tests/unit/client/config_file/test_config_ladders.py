"""A rung can stand in: it is listed, priced, and cheaper than the model above it."""

import pytest

from tests.fakes.sentry_files import GOOD, load, problems


@pytest.mark.parametrize(
    ("ladder", "index", "problem"),
    [
        ("us.amazon.nova-pro-v1:0", 0, "a model on its own ladder"),
        ("us.amazon.nova-lite-v1:0, us.amazon.nova-lite-v1:0", 1, "named twice"),
        ("us.amazon.nova-micro-v1:0", 0, "has a price, but is not listed under"),
        ("us.amazon.nova-mikro-v1:0", 0, "is not listed under models (did you mean us."),
        ("us.amazon.nova-premier-v1:0", 0, "is not cheaper than us.amazon.nova-pro-v1:0"),
    ],
)
def test_fails_on_a_rung_that_cannot_stand_in(file, ladder, index, problem):
    text = GOOD.replace("ladder: [us.amazon.nova-lite-v1:0]", f"ladder: [{ladder}]")
    text = text.replace("budgets:", "  us.amazon.nova-premier-v1:0:\nbudgets:")

    (found,) = problems(file, text)

    assert (found.line, found.field) == (6, f'models."us.amazon.nova-pro-v1:0".ladder[{index}]')
    assert problem in found.problem


SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
EUROPE = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
LITE, MINISTRAL = "us.amazon.nova-lite-v1:0", "mistral.ministral-3-3b-instruct"


def with_ladder(*rungs: str) -> str:
    listed = "".join(f"  {rung}:\n" for rung in (HAIKU, EUROPE, MINISTRAL))
    return GOOD.replace(
        "budgets:", f"  {SONNET}: {{ladder: [{', '.join(rungs)}]}}\n{listed}budgets:"
    )


def test_a_ladder_leads_down(file):
    [found] = problems(file, with_ladder(LITE, HAIKU))

    assert (found.line, found.field) == (8, f'models."{SONNET}".ladder[1]')
    assert f'"{HAIKU}" is dearer than {LITE}, which comes before it: 1.10 / 5.50' in found.problem
    assert f'"{HAIKU}" before "{LITE}"' in found.allowed


@pytest.mark.parametrize("rungs", [(HAIKU, EUROPE, LITE), (EUROPE, HAIKU, LITE)])
def test_rungs_of_one_price_may_stand_in_any_order(file, rungs):
    assert load(file, with_ladder(*rungs)).config.models[SONNET].ladder == rungs


@pytest.mark.parametrize("rungs", [(LITE, MINISTRAL), (MINISTRAL, LITE)])
def test_of_two_rungs_of_which_each_is_cheaper_for_some_calls_either_may_come_first(file, rungs):
    """One costs $0.06 and $0.24 for a million tokens in and out, the other $0.10 both ways."""
    assert load(file, with_ladder(*rungs)).config.models[SONNET].ladder == rungs


def test_two_models_cannot_each_be_the_cheaper_one(file):
    text = GOOD.replace(
        "nova-lite-v1:0:\n", "nova-lite-v1:0: {ladder: [us.amazon.nova-pro-v1:0]}\n"
    )

    (found,) = problems(file, text)

    assert found.line == 7
    assert "0.80 / 3.20 against 0.06 / 0.24 dollars per million tokens" in found.problem


def test_fails_on_a_model_without_a_price_and_suggests_those_with_one(file):
    text = GOOD.replace(
        "  us.amazon.nova-lite-v1:0:\n",
        "  us.amazon.nova-lite-v1:0:\n  us.amazon.nova-litle-v1:0:\n",
    )

    (found,) = problems(file, text)

    assert found.line == 8
    assert "did you mean us.amazon.nova-lite-v1:0" in found.problem
    assert "never free" in found.allowed
