"""The benchmark itself: its shape, its verdict, and what it counts with."""

import json
import pathlib

import pytest
from rich.console import Console

from benchmarks.budget.__main__ import FIGURES
from benchmarks.budget.cloudwatch_design import cloudwatch_design
from benchmarks.budget.page import kept
from benchmarks.budget.plan import FULL, QUICK
from benchmarks.budget.promises import broken_promises
from benchmarks.budget.report import print_report
from benchmarks.budget.run import measure
from benchmarks.budget.targets import targets
from benchmarks.shared.terminal import COLUMNS_MAX
from tests.benchmarks.shape import SHAPE, misshapen


def whole_run():
    """Figures of a run in which everything is well, of the shape that runs are compared in."""
    loop = {
        "runs": 20,
        "runs_over_budget": 0,
        "refusals": 9,
        "false_refusals": 0,
        "used_mean": 0.99,
    }
    burst = {"callers": 500, "pays_for": 10, "admitted": 10}
    percentiles = {"p50": 60.0, "p99": 300.0}
    hot = {
        "admitted_per_second": 50.0,
        "shards": 64,
        "item_kb_p99": 2.5,
        "admit_ms_p50": 5.0,
        "admit_ms_p99": 30.0,
        "false_refusals": 0,
        "unused_ratio": 0.001,
    }
    wire = {"round_trips": 2.0, "write_units": 4.0}
    return {
        "closed_loop": {side: dict(loop) for side in SHAPE["closed_loop"]},
        "burst": {
            "ours": {scope: dict(burst) for scope in ("team", "user")},
            "litellm": {"team": dict(burst)},
        },
        "cloudwatch_design": {"overshoot_usd": 180.0, "ours_overshoot_usd": 0.0},
        "reserved_over_real": {"mean": 2.0, "sum_over_sum": 1.4, "workload": "a trace"},
        "decision_cpu_us": {side: dict(percentiles) for side in ("ours", "litellm")},
        "cold_start": {side: {"seconds": 0.3, "rss_mb": 60} for side in ("ours", "litellm")},
        "wire": {budgets: dict(wire) for budgets in ("1", "3", "6")},
        "hot_budget": {str(load): dict(hot) for load in FULL.loads_per_second},
        "usd_per_million_calls": {"total": 10.0, "items": {"waiting": 6.21}},
    }


@pytest.fixture(scope="module")
def quick():
    return measure(QUICK, lambda _what: None, litellm=False)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_quick_run_has_the_shape_and_keeps_every_promise(quick) -> None:
    assert misshapen(quick["figures"], litellm=False) == []
    assert broken_promises(quick["figures"]) == []
    assert quick["about"]["notes"] == ["LiteLLM's side is left out of this run."]


@pytest.mark.slow
def test_a_report_fits_on_a_terminal(quick, tmp_path: pathlib.Path) -> None:
    with (tmp_path / "report").open("w") as file:
        print_report(Console(file=file, width=COLUMNS_MAX), quick, [])

    lines = (tmp_path / "report").read_text().splitlines()
    assert len(lines) > 50
    assert max(map(len, lines)) <= COLUMNS_MAX


def test_what_is_kept_is_a_whole_run_with_both_sides() -> None:
    results = kept()

    assert misshapen(results["figures"]) == []
    assert list(results["figures"]["hot_budget"]) == [str(load) for load in FULL.loads_per_second]
    assert results["figures"]["closed_loop"]["litellm_strict"]["runs"] == FULL.seeds
    assert broken_promises(results["figures"]) == []


def test_what_nobody_knows_is_not_reached() -> None:
    figures = whole_run()
    figures["hot_budget"]["5000"].update(unused_ratio=None, admit_ms_p50=None)

    rows = {row[0]: (row[1], row[-1]) for row in targets(figures).rows}

    assert rows["unused at exhaustion, 5,000/s"] == rows["admission p50 at 5,000/s"] == ("–", "no")
    assert rows["admission p99 at 5,000/s"] == ("30.0 ms", "yes")


def test_a_missing_figure_or_a_wrong_one_is_seen() -> None:
    figures = whole_run()
    del figures["wire"]["3"]
    figures["cold_start"]["ours"]["rss_mb"] = "46"

    assert [problem.split(":")[0] for problem in misshapen(figures)] == [
        ".cold_start.ours.rss_mb",
        ".wire",
    ]


def test_each_broken_promise_is_told() -> None:
    figures = whole_run()
    figures["closed_loop"]["ours"].update(runs_over_budget=1, false_refusals=2)
    figures["burst"]["ours"]["team"]["admitted"] = 11
    figures["burst"]["ours"]["user"]["admitted"] = 9
    figures["cloudwatch_design"]["ours_overshoot_usd"] = 0.02
    figures["hot_budget"]["5000"]["false_refusals"] = 3

    told = [promise.partition(":")[0] for promise in broken_promises(figures)]

    assert told == ["P1", "P2", "P1", "P2", "P1", "P2"]


def test_litellm_breaks_none_of_our_promises() -> None:
    figures = whole_run()
    figures["closed_loop"]["litellm_default"]["runs_over_budget"] = 20

    assert broken_promises(figures) == broken_promises(whole_run())


def test_a_check_of_late_metrics_overshoots_by_the_spend_of_their_lateness() -> None:
    figures, told = cloudwatch_design(QUICK, lambda _what: None)

    assert figures["overshoot_usd"] == pytest.approx(0.02 * 50 * QUICK.cloudwatch_seconds)
    assert figures["ours_overshoot_usd"] == 0
    assert told["ours_spent_usd"] > 0.99 * told["limit_usd"]


def test_the_figures_lie_where_they_are_looked_for() -> None:
    assert FIGURES.parts[-2:] == ("build", "bench-budget.json")
    assert json.dumps(list(SHAPE))
