"""How the sentry chose a model, for people: the ``routing`` block of an answer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from cost_sentry.domain.budget import Unit, parse_amount
from cost_sentry_client.money_display import spent_text
from cost_sentry_client.tables import facts_table

if TYPE_CHECKING:
    from rich.console import RenderableType


def routing_report(routing: Mapping[str, Any]) -> "list[RenderableType]":
    """Why this tier, then the models in order, then those that were passed over."""
    rows = []
    for number, place in enumerate(routing["order"], start=1):
        is_offered = place["expectedUsd"] is not None
        cost = f", about {_dollars(place['expectedUsd'])}" if is_offered else ""
        mark = f"{number}." if is_offered else "–"
        rows.append((mark, f"{place['modelId']}: {place['reason']}{cost}"))
    return [Text(f"chosen by the sentry: {routing['message']}"), facts_table(rows)]


def model_text(asked: str | None, used: str | None, *, is_routed: bool) -> str:
    """The model of a call, and what stood in its place; of a refusal what was asked for."""
    if used in (None, asked):
        return asked or "none named"
    return f"{used}, chosen for {asked}" if is_routed else f"{used} instead of {asked}"


def _dollars(text: str) -> str:
    return spent_text(Unit.USD, parse_amount(Unit.USD, text))
