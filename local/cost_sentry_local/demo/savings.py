"""What rerouting saved: the same tokens at the asked model's list price, less the real cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.list_prices import ListPrices


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """All calls that asked for one model and got another. Picodollars."""

    model_asked: str
    model_used: str
    calls: int
    asked_cost: int
    real_cost: int

    @property
    def saved(self) -> int:
        """What the stand-in was cheaper by."""
        return self.asked_cost - self.real_cost


def savings(answers: Iterable[Answer], prices: ListPrices) -> list[Saving]:
    """One line per pair of models, the largest saving first."""
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for answer in answers:
        if answer.outcome is Outcome.REROUTED:
            asked, used = answer.sentry["modelAsked"], answer.sentry["modelUsed"]
            usage = answer.response["usage"]
            costs = _cost(asked, usage, prices), _cost(used, usage, prices)
            found.setdefault((asked, used), []).append(costs)
    lines = [
        Saving(
            model_asked=asked,
            model_used=used,
            calls=len(costs),
            asked_cost=sum(dear for dear, _ in costs),
            real_cost=sum(cheap for _, cheap in costs),
        )
        for (asked, used), costs in found.items()
    ]
    return sorted(lines, key=lambda line: line.saved, reverse=True)


def _cost(model_id: str, usage: Mapping[str, Any], prices: ListPrices) -> int:
    return prices.cost(
        model_id,
        fresh=usage["inputTokens"],
        output=usage["outputTokens"],
        cache_read=usage.get("cacheReadInputTokens", 0),
        cache_write=usage.get("cacheWriteInputTokens", 0),
    )
