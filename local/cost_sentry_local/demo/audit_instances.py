"""What wakes of endpoints may be charged: from the stand-in's own log, and the list's rows."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import cost_sentry
from cost_sentry_local.demo.ledger_records import HeldView

PRICES = Path(cost_sentry.__file__).parent / "data" / "instance_prices.toml"
MODEL_PREFIX = "sagemaker:"
"""Where the ledger has the model of a call."""
_PICODOLLARS, _MINUTES_PER_HOUR = 10**12, 60


def hourly_picodollars(instance_type: str, path: Path = PRICES) -> int:
    """By the list; ``KeyError`` of a type that is not in it."""
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["usd_per_hour"]
    return int(Decimal(listed[instance_type]) * _PICODOLLARS)


def wakes_owed(
    held: Iterable[HeldView], spans: Sequence[Mapping[str, Any]], minutes: int
) -> dict[str, int]:
    """Picodollars by the wake's reservation: its instances, for the minutes that they are paid for.

    Args:
        held: reservations, whatever for.
        spans: which instances there were, oldest first.
        minutes: that a wake is paid for.
    """
    wakes = sorted(
        (one.model_used.removeprefix(MODEL_PREFIX), one.request_id)
        for one in held
        if one.model_used.startswith(MODEL_PREFIX)
    )
    owed: dict[str, int] = {}
    for endpoint, request_id in wakes:
        woken = [span for span in spans if span["endpoint"] == endpoint][1:]
        before = sum(name.startswith(f"wake:{endpoint}:") for name in owed)
        # A wake that brought no instances back owes nothing, and its charge is a breach.
        span = woken[before] if before < len(woken) else None
        hourly = 0 if span is None else span["count"] * hourly_picodollars(span["instanceType"])
        owed[request_id] = -(-hourly * minutes // _MINUTES_PER_HOUR)
    return owed
