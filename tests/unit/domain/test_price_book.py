import dataclasses

import pytest

from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.price_book import (
    ContextTier,
    ModelPrice,
    TokenRates,
    cost_picodollars,
    quote_picodollars,
)
from cost_sentry.domain.usage import TokenUsage

RATES = TokenRates(input=100, output=500, cache_read=10, cache_write_5m=125, cache_write_1h=200)
LONG = TokenRates(input=200, output=750, cache_read=20, cache_write_5m=250, cache_write_1h=400)
FLAT = ModelPrice(model_id="a.flat", rates=RATES)
TIERED = ModelPrice(
    model_id="a.tiered",
    rates=RATES,
    context_tiers=(ContextTier(above_prompt_tokens=1000, rates=LONG),),
)
UNKNOWN_CACHE = ModelPrice(model_id="a.bare", rates=TokenRates(input=100, output=500))


def quote(price, input_bound_tokens, output_limit_tokens, *, writes_cache=False):
    return quote_picodollars(
        price,
        input_bound_tokens=input_bound_tokens,
        output_limit_tokens=output_limit_tokens,
        writes_cache=writes_cache,
    )


def test_a_plain_call_is_quoted_at_input_and_output_rates():
    assert quote(FLAT, 10, 4) == 10 * 100 + 4 * 500


def test_a_cache_point_quotes_every_prompt_token_at_the_dearest_write():
    assert quote(FLAT, 10, 4, writes_cache=True) == 10 * 200 + 4 * 500


def test_a_prompt_that_may_pass_the_long_context_line_is_quoted_beyond_it():
    assert quote(TIERED, 1000, 1) == 1000 * 100 + 500
    assert quote(TIERED, 1001, 1) == 1001 * 200 + 750


def test_a_cheaper_long_tier_does_not_lower_the_quote_because_the_prompt_may_be_shorter():
    discount = dataclasses.replace(
        TIERED,
        context_tiers=(ContextTier(above_prompt_tokens=1000, rates=TokenRates(input=1, output=1)),),
    )

    assert quote(discount, 2000, 1) == 2000 * 100 + 500


def test_unknown_cache_writes_are_quoted_at_twice_the_input_rate():
    assert quote(UNKNOWN_CACHE, 10, 0, writes_cache=True) == 10 * 200


def test_a_model_that_caches_by_itself_is_quoted_as_if_asked_to():
    unasked = dataclasses.replace(FLAT, caches_unasked=True)

    assert quote(unasked, 10, 4) == quote(FLAT, 10, 4, writes_cache=True)


def test_every_token_kind_is_charged_at_its_own_rate():
    usage = TokenUsage(
        input_tokens=1,
        output_tokens=2,
        cache_read_tokens=3,
        cache_write_5m_tokens=4,
        cache_write_1h_tokens=5,
    )

    assert cost_picodollars(FLAT, usage) == 1 * 100 + 2 * 500 + 3 * 10 + 4 * 125 + 5 * 200


def test_cached_tokens_count_towards_the_long_context_line():
    below = TokenUsage(input_tokens=1, output_tokens=1, cache_read_tokens=999)
    above = TokenUsage(input_tokens=1, output_tokens=1, cache_read_tokens=1000)

    assert cost_picodollars(TIERED, below) == 100 + 500 + 999 * 10
    assert cost_picodollars(TIERED, above) == 200 + 750 + 1000 * 20


@pytest.mark.parametrize(
    ("bucket", "rate"),
    [("cache_read_tokens", 100), ("cache_write_5m_tokens", 200), ("cache_write_1h_tokens", 200)],
)
def test_a_bucket_without_a_known_rate_is_charged_at_its_bound_and_never_free(bucket, rate):
    usage = TokenUsage(input_tokens=0, output_tokens=0, **{bucket: 7})

    assert cost_picodollars(UNKNOWN_CACHE, usage) == 7 * rate


def test_a_dearer_known_write_bounds_the_unknown_one():
    odd = ModelPrice(model_id="a.odd", rates=TokenRates(input=1, output=1, cache_write_5m=30))
    usage = TokenUsage(input_tokens=0, output_tokens=0, cache_write_1h_tokens=1)

    assert cost_picodollars(odd, usage) == 30


def test_a_negative_count_is_a_bug_and_never_money_back():
    with pytest.raises(InvariantViolated, match="-1"):
        quote(FLAT, -1, 4)
    with pytest.raises(InvariantViolated, match="-2"):
        cost_picodollars(FLAT, TokenUsage(input_tokens=1, output_tokens=-2))
