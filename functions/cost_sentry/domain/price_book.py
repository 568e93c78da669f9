"""Versioned prices, the quote before a call and the cost after it. All in picodollars per token."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cost_sentry.domain.errors import invariant
from cost_sentry.domain.usage import TokenUsage

CACHE_WRITE_BOUND_RATIO = 2
"""No known model asks more for a cached token than twice its input rate.

That is Anthropic's rate for the one-hour cache (Bedrock user guide, "Prompt caching"; AWS price
list), and the dearest ratio in the book. A test compares every row of the book with it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRates:
    """Picodollars per token by bucket. ``None`` is unknown, never free."""

    input: int
    output: int
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None

    @property
    def cache_read_bound(self) -> int:
        """What a token read from the cache costs at most; the input rate where unknown."""
        return self.input if self.cache_read is None else self.cache_read

    @property
    def cache_write_5m_bound(self) -> int:
        """What a token written for five minutes costs at most."""
        return self._write_bound if self.cache_write_5m is None else self.cache_write_5m

    @property
    def cache_write_1h_bound(self) -> int:
        """What a token written for an hour costs at most."""
        return self._write_bound if self.cache_write_1h is None else self.cache_write_1h

    @property
    def _write_bound(self) -> int:
        known = (self.cache_write_5m or 0, self.cache_write_1h or 0)
        return max(CACHE_WRITE_BOUND_RATIO * self.input, *known)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextTier:
    """Rates of the whole call once its prompt is longer than ``above_prompt_tokens``."""

    above_prompt_tokens: int
    rates: TokenRates


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """What one model costs in one place."""

    model_id: str
    rates: TokenRates
    context_tiers: tuple[ContextTier, ...] = ()
    """Ascending by ``above_prompt_tokens``."""
    caches_unasked: bool = False
    """The model writes, and bills, its prompt cache without a cache point in the request."""


def dearest_of(prices: Sequence[ModelPrice], *, model_id: str) -> ModelPrice:
    """A price that no quote or cost at any of ``prices`` exceeds, rate by rate and tier by tier."""
    limits = sorted({t.above_prompt_tokens for p in prices for t in p.context_tiers})
    return ModelPrice(
        model_id=model_id,
        rates=_dearest_rates([p.rates for p in prices]),
        context_tiers=tuple(
            ContextTier(
                above_prompt_tokens=limit,
                rates=_dearest_rates([rates_at(p, limit + 1) for p in prices]),
            )
            for limit in limits
        ),
        caches_unasked=any(p.caches_unasked for p in prices),
    )


def quote_picodollars(
    price: ModelPrice, *, input_bound_tokens: int, output_limit_tokens: int, writes_cache: bool
) -> int:
    """The most that a call within these bounds can cost (P7).

    Every token of the prompt is charged at the dearest bucket it may fall into, every token of the
    answer is written, and the dearest context tier that a prompt up to the bound can reach counts:
    the real prompt may be shorter, and no law says that longer is dearer.

    ``writes_cache``: the request holds a cache point, so any of its tokens may be written for five
    minutes or an hour. Rates that the book does not know are bounded, never left out.
    """
    if input_bound_tokens < 0 or output_limit_tokens < 0:
        _check_counts(input_bound_tokens, output_limit_tokens)
    writes = writes_cache or price.caches_unasked
    if not price.context_tiers:
        dearest = _input_bound(price.rates, writes_cache=writes)
        return dearest * input_bound_tokens + price.rates.output * output_limit_tokens
    return max(
        _input_bound(rates, writes_cache=writes) * input_bound_tokens
        + rates.output * output_limit_tokens
        for rates in _reachable(price, input_bound_tokens)
    )


def affordable_output_tokens(
    price: ModelPrice,
    *,
    amount_picodollars: int,
    input_bound_tokens: int,
    output_limit_tokens: int,
    writes_cache: bool,
) -> int:
    """The largest output limit, at most the one given, whose quote is at most this amount.

    Negative if the amount does not pay for the input alone. Exact: one token more would cost more
    than the amount, unless the answer is the limit given.
    """
    _check_counts(input_bound_tokens, output_limit_tokens)
    writes = writes_cache or price.caches_unasked
    affordable = output_limit_tokens
    for rates in _reachable(price, input_bound_tokens):
        rest = amount_picodollars - _input_bound(rates, writes_cache=writes) * input_bound_tokens
        if rest < 0:
            return -1
        if rates.output:
            affordable = min(affordable, rest // rates.output)
    return affordable


def cost_picodollars(price: ModelPrice, usage: TokenUsage) -> int:
    """What a call that used these tokens costs: every bucket, exactly, never rounded.

    The whole call is charged in the tier of its prompt, cached tokens included. A bucket whose
    rate is unknown is charged at its bound: the input rate for a cache read,
    ``CACHE_WRITE_BOUND_RATIO`` times that for a cache write.
    """
    _check_counts(
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_5m_tokens,
        usage.cache_write_1h_tokens,
    )
    rates = rates_at(price, usage.prompt_tokens)
    return (
        rates.input * usage.input_tokens
        + rates.output * usage.output_tokens
        + rates.cache_read_bound * usage.cache_read_tokens
        + rates.cache_write_5m_bound * usage.cache_write_5m_tokens
        + rates.cache_write_1h_bound * usage.cache_write_1h_tokens
    )


def rates_at(price: ModelPrice, prompt_tokens: int) -> TokenRates:
    """Rates of a call whose prompt has this length."""
    if not price.context_tiers:
        return price.rates
    *_, rates = _reachable(price, prompt_tokens)
    return rates


def _dearest_rates(rates: Sequence[TokenRates]) -> TokenRates:
    """The bound stands in for a bucket that only some of them know."""
    reads = any(r.cache_read is not None for r in rates)
    writes_5m = any(r.cache_write_5m is not None for r in rates)
    writes_1h = any(r.cache_write_1h is not None for r in rates)
    return TokenRates(
        input=max(r.input for r in rates),
        output=max(r.output for r in rates),
        cache_read=max(r.cache_read_bound for r in rates) if reads else None,
        cache_write_5m=max(r.cache_write_5m_bound for r in rates) if writes_5m else None,
        cache_write_1h=max(r.cache_write_1h_bound for r in rates) if writes_1h else None,
    )


def _reachable(price: ModelPrice, prompt_tokens: int) -> Iterator[TokenRates]:
    """Rates of every tier up to this prompt length; the last one is its own."""
    yield price.rates
    for tier in price.context_tiers:
        if prompt_tokens > tier.above_prompt_tokens:
            yield tier.rates


def _input_bound(rates: TokenRates, *, writes_cache: bool) -> int:
    reads = max(rates.input, rates.cache_read_bound)
    if not writes_cache:
        return reads
    return max(reads, rates.cache_write_5m_bound, rates.cache_write_1h_bound)


def _check_counts(*tokens: int) -> None:
    invariant(min(tokens) >= 0, "P7", f"a count of tokens is negative: {min(tokens)}")
