"""What a run found, as rows of text: for the terminal and for the page alike."""

from collections.abc import Iterator
from typing import Any

from benchmarks.budget.usd_per_million import PUBLISHED_DESIGN_USD
from benchmarks.shared.tables import Table, percent, text

Json = dict[str, Any]
_SIDES = {
    "ours": "ours",
    "litellm_default": "LiteLLM, default",
    "litellm_strict": "LiteLLM, strict",
}


def closed_loop(figures: Json) -> Table:
    """Both sides of the closed loop."""
    found = figures["closed_loop"]
    rows = [
        (
            name,
            str(found[side]["runs"]),
            str(found[side]["runs_over_budget"]),
            str(found[side]["refusals"]),
            f"{found[side]['false_refusals']} ({_false_share(found[side])})",
            percent(found[side]["used_mean"]),
        )
        for side, name in _SIDES.items()
        if found.get(side)
    ]
    columns = ("side", "runs", "over budget", "refusals", "of these false", "used")
    return Table("Closed loop", columns, rows)


def _false_share(side: Json) -> str:
    return percent(side["false_refusals"] / max(1, side["refusals"]))


def burst(figures: Json) -> Table:
    """Admitted, by scope type."""
    rows = [
        (side, name, str(one["callers"]), str(one["pays_for"]), str(one["admitted"]))
        for side, known in (("ours", "ours"), ("LiteLLM", "litellm"))
        for name, one in figures["burst"][known].items()
    ]
    return Table("Burst", ("side", "budget on", "callers", "pays for", "admitted"), rows)


def weight(figures: Json) -> Table:
    """CPU and cold start."""
    cpu, cold = figures["decision_cpu_us"], figures["cold_start"]
    rows = [
        (
            name,
            f"{cpu[side]['p50']} µs",
            f"{cpu[side]['p99']} µs",
            f"{cold[side]['seconds']} s",
            f"{cold[side]['rss_mb']} MB",
        )
        for side, name in (("ours", "ours"), ("litellm", "LiteLLM"))
        if cpu[side] and cold[side]
    ]
    return Table("Weight", ("side", "CPU p50", "CPU p99", "cold start", "memory"), rows)


def wire(figures: Json) -> Table:
    """Round trips and write units by budgets on a call."""
    rows = [
        (budgets, str(one["round_trips"]), str(one["write_units"]))
        for budgets, one in figures["wire"].items()
    ]
    return Table("At the wire, a call", ("budgets", "round trips", "write units"), rows)


def hot_budget(figures: Json) -> Table:
    """One budget under load."""
    head = ("calls/s", "admitted/s", "shards", "item KB p99", "p50 ms", "p99 ms", "false", "unused")
    rows = [
        (
            load,
            text(one["admitted_per_second"]),
            str(one["shards"]),
            str(one["item_kb_p99"]),
            text(one["admit_ms_p50"]),
            text(one["admit_ms_p99"]),
            str(one["false_refusals"]),
            percent(one["unused_ratio"]),
        )
        for load, one in figures["hot_budget"].items()
    ]
    return Table("One hot budget, modelled", head, rows)


def cost(figures: Json) -> Table:
    """A million calls, line by line."""
    found = figures["usd_per_million_calls"]
    rows = [(what, f"${dollars:.2f}") for what, dollars in found["items"].items()]
    rows += [
        ("in all", f"${found['total']:.2f}"),
        ("the published CloudWatch design", f"${PUBLISHED_DESIGN_USD:.2f}"),
    ]
    return Table("A million calls of 5 s, 3 budgets", ("line", "USD"), rows)


def all_tables(figures: Json) -> Iterator[Table]:
    """In the order in which they are shown."""
    for make in (closed_loop, burst, weight, wire, hot_budget, cost):
        yield make(figures)
