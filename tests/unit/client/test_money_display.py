"""Amounts in tables: short, and never rounded to the side that misleads."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.money import PICODOLLARS_PER_DOLLAR as DOLLAR
from cost_sentry_client.money_display import left_text, shown_amount, spent_text, used_percent

AMOUNTS = st.integers(min_value=-(10**19), max_value=10**19)


@pytest.mark.parametrize(
    ("amount", "spent", "left"),
    [
        (0, "$0.00", "$0.00"),
        (1, "$0.000001", "$0.00"),
        (770_000, "$0.000001", "$0.00"),
        (12 * DOLLAR // 100, "$0.12", "$0.12"),
        (DOLLAR // 3, "$0.3334", "$0.3333"),
        (25 * DOLLAR, "$25.00", "$25.00"),
        (1_234_567 * DOLLAR // 1000, "$1,234.57", "$1,234.56"),
        (1_234_567 * DOLLAR, "$1.235 M", "$1.234 M"),
        (-DOLLAR // 3, "-$0.3333", "-$0.3334"),
    ],
)
def test_dollars_keep_the_decimals_that_their_size_needs(amount, spent, left):
    assert (spent_text(Unit.USD, amount), left_text(Unit.USD, amount)) == (spent, left)


@pytest.mark.parametrize(
    ("amount", "spent", "left"),
    [
        (0, "0 tok", "0 tok"),
        (999_999, "999,999 tok", "999,999 tok"),
        (1_234_567, "1.235 M tok", "1.234 M tok"),
        (-5, "-5 tok", "-5 tok"),
    ],
)
def test_tokens_are_whole_until_a_million(amount, spent, left):
    assert (spent_text(Unit.TOKENS, amount), left_text(Unit.TOKENS, amount)) == (spent, left)


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        (Unit.INPUT_TOKENS, "40 tok in"),
        (Unit.OUTPUT_TOKENS, "40 tok out"),
        (Unit.REQUESTS, "40 req"),
        (Unit.IN_FLIGHT, "40 calls"),
    ],
)
def test_counts_say_in_short_what_they_count(unit, shown):
    assert spent_text(unit, 40) == left_text(unit, 40) == shown


@given(AMOUNTS, st.sampled_from(Unit), AMOUNTS)
def test_spent_is_never_shown_below_nor_left_above_what_it_is(amount, unit, of):
    true = Decimal(amount) / DOLLAR if unit is Unit.USD else Decimal(amount)

    assert _value(shown_amount(unit, amount, of=of, up=True)) >= true
    assert _value(shown_amount(unit, amount, of=of, up=False)) <= true


@given(AMOUNTS, st.sampled_from(Unit))
def test_an_amount_below_a_billion_fits_in_eleven_characters(amount, unit):
    dollar = DOLLAR if unit is Unit.USD else 1
    amount = amount % (10**9 * dollar)

    assert len(shown_amount(unit, amount, of=amount, up=True)) <= 11


@pytest.mark.parametrize(
    ("limit", "used", "text"),
    [
        (100, 0, "0 %"),
        (100, 1, "1 %"),
        (1000, 1, "0 %"),
        (10_000, 7919, "79 %"),
        (10**13, 10**13 - 1, "99 %"),
        (100, 100, "100 %"),
        (100, 117, "117 %"),
        (0, 0, "–"),
    ],
)
def test_used_is_all_of_it_only_when_nothing_is_left(limit, used, text):
    assert used_percent(limit, used) == text


def _value(text: str) -> Decimal:
    digits = text.replace("$", "").replace(",", "").replace(" tok", "")
    if digits.endswith(" M"):
        return Decimal(digits.removesuffix(" M")) * 10**6
    return Decimal(digits)
