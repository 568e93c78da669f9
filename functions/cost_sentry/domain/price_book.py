"""Versioned prices, the quote before a call and the cost after it. All in picodollars per token."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRates:
    """Picodollars per token by bucket. ``None`` is unknown, never free."""

    input: int
    output: int
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None


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
