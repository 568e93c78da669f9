"""Which of our own promises a run has broken; LiteLLM's figures are never judged."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def broken_promises(figures: Json) -> list[str]:
    """In words; empty if every budget held and nobody was refused wrongly."""
    return [*_closed_loop(figures), *_burst(figures), *_late_metrics(figures), *_hot(figures)]


def _closed_loop(figures: Json) -> Iterator[str]:
    ours = figures["closed_loop"]["ours"]
    if ours["runs_over_budget"]:
        yield f"P1: {ours['runs_over_budget']} of {ours['runs']} closed loops ended over budget"
    if ours["false_refusals"]:
        yield f"P2: {ours['false_refusals']} refusals of closed loops were false"


def _burst(figures: Json) -> Iterator[str]:
    for name, burst in figures["burst"]["ours"].items():
        if burst["admitted"] > burst["pays_for"]:
            yield f"P1: burst on {name}: {burst['admitted']} admitted, {burst['pays_for']} paid for"
        if burst["admitted"] < burst["pays_for"]:
            yield f"P2: burst on {name}: {burst['admitted']} admitted of {burst['pays_for']}"


def _late_metrics(figures: Json) -> Iterator[str]:
    over = figures["cloudwatch_design"]["ours_overshoot_usd"]
    if over > 0:
        yield f"P1: {over} USD over budget on the traffic of late metrics"


def _hot(figures: Json) -> Iterator[str]:
    for load, hot in figures["hot_budget"].items():
        if hot["false_refusals"]:
            yield f"P2: {hot['false_refusals']} false refusals at {load} calls a second"
