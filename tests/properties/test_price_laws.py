"""P7, for any prices at all: a call within its bounds never costs more than its quote."""

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.price_book import (
    ContextTier,
    ModelPrice,
    TokenRates,
    affordable_output_tokens,
    cost_picodollars,
    dearest_of,
    quote_picodollars,
)
from cost_sentry.domain.usage import TokenUsage

rate = st.integers(0, 10**8)
maybe = st.none() | rate
rates = st.builds(
    TokenRates,
    input=rate,
    output=rate,
    cache_read=maybe,
    cache_write_5m=maybe,
    cache_write_1h=maybe,
)
tiers = st.lists(
    st.builds(ContextTier, above_prompt_tokens=st.integers(0, 3000), rates=rates),
    max_size=3,
    unique_by=lambda tier: tier.above_prompt_tokens,
).map(lambda found: tuple(sorted(found, key=lambda tier: tier.above_prompt_tokens)))
prices = st.builds(
    ModelPrice,
    model_id=st.just("a.model"),
    rates=rates,
    context_tiers=tiers,
    caches_unasked=st.booleans(),
)
count = st.integers(0, 1500)


@st.composite
def calls(draw):
    """A price, a usage, and bounds that the usage keeps to."""
    price = draw(prices)
    asked = draw(st.booleans())
    writes = asked or price.caches_unasked
    usage = TokenUsage(
        input_tokens=draw(count),
        output_tokens=draw(count),
        cache_read_tokens=draw(count),
        cache_write_5m_tokens=draw(count) if writes else 0,
        cache_write_1h_tokens=draw(count) if writes else 0,
    )
    return price, usage, asked, draw(st.integers(0, 100)), draw(st.integers(0, 100))


@given(calls())
def test_cost_never_exceeds_the_quote_of_bounds_that_were_kept(call):
    price, usage, asked, spare_input, spare_output = call

    quote = quote_picodollars(
        price,
        input_bound_tokens=usage.prompt_tokens + spare_input,
        output_limit_tokens=usage.output_tokens + spare_output,
        writes_cache=asked,
    )

    assert 0 <= cost_picodollars(price, usage) <= quote


several = st.lists(prices, min_size=1, max_size=4)
usages = st.builds(
    TokenUsage,
    input_tokens=count,
    output_tokens=count,
    cache_read_tokens=count,
    cache_write_5m_tokens=count,
    cache_write_1h_tokens=count,
)


@given(several, usages, st.booleans())
def test_no_price_costs_or_quotes_more_than_the_dearest_of_several(places, usage, writes):
    def quote(price: ModelPrice) -> int:
        return quote_picodollars(
            price,
            input_bound_tokens=usage.prompt_tokens,
            output_limit_tokens=usage.output_tokens,
            writes_cache=writes,
        )

    dearest = dearest_of(places, model_id="a.model")

    assert max(cost_picodollars(p, usage) for p in places) <= cost_picodollars(dearest, usage)
    assert max(quote(p) for p in places) <= quote(dearest)


@given(prices)
def test_the_dearest_of_one_price_is_that_price(price):
    assert dearest_of([price], model_id=price.model_id) == price


bounds = st.tuples(count, count)


@given(prices, bounds, bounds, st.booleans())
def test_wider_bounds_never_lower_the_quote(price, narrow, extra, writes):
    def quote(bound: int, limit: int) -> int:
        return quote_picodollars(
            price, input_bound_tokens=bound, output_limit_tokens=limit, writes_cache=writes
        )

    wide = (narrow[0] + extra[0], narrow[1] + extra[1])

    assert quote(*narrow) <= quote(*wide)


@given(prices, count, count)
def test_asking_for_the_cache_never_lowers_the_quote(price, prompt, answer):
    def quote(*, writes_cache: bool) -> int:
        return quote_picodollars(
            price,
            input_bound_tokens=prompt,
            output_limit_tokens=answer,
            writes_cache=writes_cache,
        )

    assert quote(writes_cache=False) <= quote(writes_cache=True)


@given(prices, count, count, st.integers(-1, 3 * 10**11), st.booleans())
def test_the_affordable_output_is_paid_for_to_the_picodollar_and_one_token_more_is_not(
    price, prompt, asked, amount, writes
):
    def quote(limit: int) -> int:
        return quote_picodollars(
            price, input_bound_tokens=prompt, output_limit_tokens=limit, writes_cache=writes
        )

    affordable = affordable_output_tokens(
        price,
        amount_picodollars=amount,
        input_bound_tokens=prompt,
        output_limit_tokens=asked,
        writes_cache=writes,
    )

    assert affordable <= asked
    if affordable < 0:
        assert quote(0) > amount
    else:
        assert quote(affordable) <= amount
        assert affordable == asked or quote(affordable + 1) > amount


@given(prices, count, count, st.booleans())
def test_exactly_the_quote_pays_for_the_whole_output(price, prompt, asked, writes):
    bounds = {"input_bound_tokens": prompt, "output_limit_tokens": asked, "writes_cache": writes}

    quote = quote_picodollars(price, **bounds)

    assert affordable_output_tokens(price, amount_picodollars=quote, **bounds) == asked


@given(rates.filter(lambda found: found.input > 0), st.integers(1, 10**6))
def test_tokens_of_an_unknown_bucket_are_never_free(found, tokens):
    usage = TokenUsage(
        input_tokens=0,
        output_tokens=0,
        cache_read_tokens=tokens if found.cache_read is None else 0,
        cache_write_5m_tokens=tokens if found.cache_write_5m is None else 0,
        cache_write_1h_tokens=tokens if found.cache_write_1h is None else 0,
    )

    cost = cost_picodollars(ModelPrice(model_id="a.model", rates=found), usage)

    assert cost >= found.input * usage.prompt_tokens
