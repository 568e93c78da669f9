"""Reservations and endings as the ledger writes them down, read by position, with no code of ours.

They are JSON lists; docs/reference/ledger-items.md says what stands where.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_FORM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldView:
    """A reservation."""

    request_id: str
    place: str
    """The shard whose item held it: ``team/application``, or with ``#`` and its bits."""
    model_used: str
    input_bound_tokens: int
    output_limit_tokens: int
    quote_picodollars: int
    amounts: Mapping[str, int]
    """What it holds, by window: ``budget@window``."""
    units: Mapping[str, str]
    """Of each amount, by window."""
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndView:
    """How a reservation ended."""

    state: str
    cost_picodollars: int
    tokens: int
    usage: Sequence[int] | None
    """Tokens in, out, from a cache, and into it for two times of life."""
    estimated: bool

    def charges(self, held: HeldView) -> dict[str, int]:
        """What it posts, by window."""
        if self.state == "VOIDED":
            return dict.fromkeys(held.amounts, 0)
        return {
            purse: self._charge(unit, held.amounts[purse]) for purse, unit in held.units.items()
        }

    def _charge(self, unit: str, held: int) -> int:
        """What stays of a hold when its call has ended."""
        match unit:
            case "usd":
                return self.cost_picodollars
            case "tokens":
                return self.tokens
            case "in_flight":
                return 0
            case "input_tokens" | "output_tokens" if self.usage is not None:
                fresh, output, *cached = self.usage
                return output if unit == "output_tokens" else fresh + sum(cached)
            case _:
                return held


def journaled_reservation(record: Sequence[Any]) -> HeldView:
    """A reservation as the journal has it: whole."""
    form, request_id, account, shard, *held = record
    if form != _FORM:
        raise ValueError(f"a reservation of form {form!r}; only {_FORM} is documented")
    return held_reservation(held, request_id, f"{account}#{shard}" if shard else account)


def held_reservation(record: Sequence[Any], request_id: str, place: str) -> HeldView:
    """A reservation as a shard has it: without what its place says."""
    _attempt, _digest, _decision, asked, used, _book, bound, output, quote, *rest = record
    holds, tags, _priority, _reserved_at, _expires_at, *_in_run = rest
    return HeldView(
        request_id=request_id,
        place=place,
        model_used=asked if used is None else used,
        input_bound_tokens=bound,
        output_limit_tokens=output,
        quote_picodollars=quote,
        amounts={f"{budget}@{window}": amount for budget, window, _unit, amount in holds},
        units={f"{budget}@{window}": unit for budget, window, unit, _amount in holds},
        tags=tags,
    )


def ending(record: Sequence[Any]) -> EndView:
    """How it ended."""
    state, _resolved_at, cost, tokens, usage, estimated, _reason = record
    return EndView(
        state=state, cost_picodollars=cost, tokens=tokens, usage=usage, estimated=estimated
    )
