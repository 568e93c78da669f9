"""A rung can stand in: it is listed, priced, and cheaper than the model above it."""

import pytest

from tests.fakes.sentry_files import GOOD, problems


@pytest.mark.parametrize(
    ("ladder", "index", "problem"),
    [
        ("us.amazon.nova-pro-v1:0", 0, "a model on its own ladder"),
        ("us.amazon.nova-lite-v1:0, us.amazon.nova-lite-v1:0", 1, "named twice"),
        ("us.amazon.nova-micro-v1:0", 0, "is not listed under models (did you mean us."),
        ("us.amazon.nova-premier-v1:0", 0, "is not cheaper than us.amazon.nova-pro-v1:0"),
    ],
)
def test_fails_on_a_rung_that_cannot_stand_in(file, ladder, index, problem):
    text = GOOD.replace("ladder: [us.amazon.nova-lite-v1:0]", f"ladder: [{ladder}]")
    text = text.replace("budgets:", "  us.amazon.nova-premier-v1:0:\nbudgets:")

    (found,) = problems(file, text)

    assert (found.line, found.field) == (6, f'models."us.amazon.nova-pro-v1:0".ladder[{index}]')
    assert problem in found.problem


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
