from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.budget import Unit, amount_text, parse_amount
from cost_sentry.domain.money import dollars_text, picodollars

AMOUNTS = st.integers(min_value=0, max_value=10**24)


@given(AMOUNTS, st.sampled_from(list(Unit)))
def test_an_amount_survives_its_own_text(amount, unit):
    assert parse_amount(unit, amount_text(unit, amount)) == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (1, "0.000000000001"),
        (12_500_000_000_000, "12.50"),
        (-3 * 10**11, "-0.30"),
    ],
)
def test_dollars_are_exact_and_have_at_least_two_decimals(amount, text):
    assert dollars_text(amount) == text


@pytest.mark.parametrize("dollars", ["-1", "NaN", "Infinity", "1e-13", "ten", ""])
def test_what_is_no_whole_number_of_picodollars_is_refused(dollars):
    with pytest.raises(ValueError, match="dollars"):
        picodollars(dollars)


@pytest.mark.parametrize("tokens", ["-1", "NaN", "1.5", "many"])
def test_what_is_no_whole_number_of_tokens_is_refused(tokens):
    with pytest.raises(ValueError, match="tokens"):
        parse_amount(Unit.TOKENS, tokens)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize(
    "text",
    [
        *("1e1000000", "1e999999999999999999", "9e99999999999999999999", "1e39", "1" + 38 * "0"),
        *("1e-1000000", "1e-999999999999999999", "1." + 60 * "0" + "1", "sNaN"),
    ],
)
def test_an_amount_of_absurdly_many_digits_is_refused_at_once(unit, text):
    with pytest.raises(ValueError, match="not a whole, non-negative number"):
        parse_amount(unit, text)


def test_an_amount_has_at_most_the_digits_that_dynamodb_keeps():
    assert parse_amount(Unit.TOKENS, "9" * 38) == 10**38 - 1
    assert picodollars("1" + 25 * "0") == 10**37
    assert picodollars("0.5" + 100 * "0") == 5 * 10**11
    assert picodollars("0e1000000") == 0


def test_decimal_dollars_are_not_rounded():
    assert picodollars(Decimal("0.000000000001")) == 1
