"""The figures to reach, and how a run stands to each."""

from collections.abc import Iterator
from typing import Any

from benchmarks.budget.usd_per_million import PUBLISHED_DESIGN_USD
from benchmarks.shared.tables import NOTHING, Table, percent, text, verdict

Json = dict[str, Any]
Row = tuple[str, str, str, str, str]
_HOT = "5000"
_HELD = "≤ 1.5", "2.11"
"""Published for adaptive holds, without a word on how they are averaged: arXiv 2606.04056."""


def targets(figures: Json) -> Table:
    """Figure, ours, what is to be reached, what others have, and the verdict."""
    head = ("figure", "ours", "reach", "beside", "reached")
    return Table("Figures to reach", head, list(_rows(figures)))


def _rows(figures: Json) -> Iterator[Row]:
    yield from _correctness(figures)
    yield from _weight(figures)
    yield from _hot_budget(figures["hot_budget"])
    total = figures["usd_per_million_calls"]["total"]
    published = f"${PUBLISHED_DESIGN_USD:.2f}"
    yield _row("a million calls, 5 s, 3 budgets", f"${total:.2f}", "≤ $10", published, total <= 10)


def _correctness(figures: Json) -> Iterator[Row]:
    loops, bursts = figures["closed_loop"], figures["burst"]
    ours, default, strict = (loops[k] for k in ("ours", "litellm_default", "litellm_strict"))
    over = ours["runs_over_budget"] + _bursts_over(bursts["ours"])
    theirs = NOTHING
    if default:
        theirs = f"{default['runs_over_budget'] + _bursts_over(bursts['litellm'])}"
    yield _row("loops and bursts over budget", str(over), "0", theirs, over == 0)
    wrong = ours["false_refusals"]
    theirs = f"{strict['false_refusals']} of {strict['refusals']}" if strict else NOTHING
    yield _row("false refusals", str(wrong), "0", theirs, wrong == 0)
    theirs = percent(strict["used_mean"]) if strict else NOTHING
    used = ours["used_mean"]
    yield _row("budget used, closed loop", percent(used), "≥ 98 %", theirs, used >= 0.98)
    late = figures["cloudwatch_design"]
    past, theirs = late["ours_overshoot_usd"], f"${late['overshoot_usd']:.2f}"
    yield _row("past the limit, late metrics", f"${past:.2f}", "$0", theirs, past == 0)
    ratio = figures["reserved_over_real"]["mean"]
    yield _row("held ÷ real cost, mean of calls", f"{ratio:.2f}", *_HELD, ratio <= 1.5)
    ratio = figures["reserved_over_real"]["sum_over_sum"]
    yield _row("held ÷ real cost, in all", f"{ratio:.2f}", *_HELD, ratio <= 1.5)


def _bursts_over(bursts: Json) -> int:
    return sum(one["admitted"] > one["pays_for"] for one in bursts.values())


def _weight(figures: Json) -> Iterator[Row]:
    three = figures["wire"]["3"]
    trips, units = three["round_trips"], three["write_units"]
    yield _row("round trips a call, 3 budgets", str(trips), "2", NOTHING, round(trips, 1) <= 2)
    yield _row("write units a call, 3 budgets", str(units), "≤ 6", NOTHING, units <= 6)
    cpu, cold = figures["decision_cpu_us"], figures["cold_start"]
    p50 = cpu["ours"]["p50"]
    theirs = f"{cpu['litellm']['p50']} µs" if cpu["litellm"] else NOTHING
    yield _row("decision CPU, p50", f"{p50} µs", "≤ 100 µs", theirs, p50 <= 100)
    seconds, memory = cold["ours"]["seconds"], cold["ours"]["rss_mb"]
    there = cold["litellm"]
    theirs = f"{there['seconds']} s" if there else NOTHING
    yield _row("cold start", f"{seconds} s", "≤ 0.3 s", theirs, seconds <= 0.3)
    theirs = f"{there['rss_mb']} MB" if there else NOTHING
    yield _row("memory at cold start", f"{memory} MB", "≤ 60 MB", theirs, memory <= 60)


def _hot_budget(by_load: Json) -> Iterator[Row]:
    """The most that was admitted under any load; all else under the one that is asked for."""
    found = by_load.get(_HOT)
    if found is None:
        return
    rates = [one["admitted_per_second"] for one in by_load.values()]
    rate = max((rate for rate in rates if rate is not None), default=None)
    unused, p50, p99 = found["unused_ratio"], found["admit_ms_p50"], found["admit_ms_p99"]
    yield _row(
        "admitted a second, one budget",
        text(rate),
        "≥ 5000",
        "about 1000",
        rate is not None and rate >= 5000,
    )
    yield _row(
        "unused at exhaustion, 5,000/s", percent(unused), "≤ 1 %", NOTHING, _at_most(unused, 0.01)
    )
    yield _row("admission p50 at 5,000/s", text(p50, " ms"), "≤ 10 ms", NOTHING, _at_most(p50, 10))
    yield _row(
        "admission p99 at 5,000/s", text(p99, " ms"), "≤ 50 ms", "113.8 ms", _at_most(p99, 50)
    )


def _at_most(figure: float | None, most: float) -> bool:
    """What nobody knows is not reached."""
    return figure is not None and figure <= most


def _row(figure: str, ours: str, reach: str, beside: str, reached: bool) -> Row:  # noqa: FBT001
    return figure, ours, reach, beside, verdict(reached)
