"""The benchmark of decisions: its shape, what it learns from, and what it claims."""

import json
import pathlib
from dataclasses import replace
from datetime import date
from subprocess import run

import pytest
from rich.console import Console

from benchmarks.decisions.__main__ import FIGURES
from benchmarks.decisions.answered import FILES, answered, is_shown, prices
from benchmarks.decisions.decision_world import LADDER, calls, check_prices, configuration
from benchmarks.decisions.fit import document, shown_prompts, text_of
from benchmarks.decisions.page import kept
from benchmarks.decisions.plan import FULL, QUICK
from benchmarks.decisions.round_trips import BARE, RULED, round_trips
from benchmarks.decisions.run import measure
from benchmarks.decisions.tables import all_tables, claims, said_of, targets
from benchmarks.shared.checkout import checkout, in_words
from benchmarks.shared.terminal import COLUMNS_MAX, rendered
from cost_sentry.adapters.packaged_complexity import COMPLEXITY
from tests.benchmarks.decisions_shape import DATA_SETS, ROUTERS, ROW, SHAPE
from tests.benchmarks.shape import misshapen


@pytest.fixture(scope="module")
def quick():
    return measure(QUICK, lambda _what: None)


def check_shape(figures):
    assert misshapen(figures, SHAPE) == []
    assert tuple(figures["routing"]) == DATA_SETS
    for rows in figures["routing"].values():
        assert tuple(row["router"] for row in rows) == ROUTERS
        for row in rows:
            assert misshapen(row, ROW) == []
            for name in ("accuracy_interval", "gain_interval"):
                low, high = row[name]
                assert low <= high


@pytest.mark.slow
def test_a_quick_run_has_the_shape(quick) -> None:
    check_shape(quick["figures"])


@pytest.mark.slow
def test_a_report_fits_on_a_terminal(quick, tmp_path: pathlib.Path) -> None:
    with (tmp_path / "report").open("w") as file:
        console = Console(file=file, width=COLUMNS_MAX)
        for table in all_tables(quick):
            console.print(rendered(table))

    lines = (tmp_path / "report").read_text().splitlines()
    assert len(lines) > 100
    assert max(map(len, lines)) <= COLUMNS_MAX


def test_what_is_kept_is_a_whole_run() -> None:
    results = kept()

    check_shape(results["figures"])
    assert results["about"]["splits"] == FULL.splits
    assert results["details"]["decide_cpu_us"]["policies"] == 100
    assert results["details"]["decide_cpu_us"]["candidates"] == 20


def test_what_is_kept_says_of_always_cheap_and_always_dear_what_the_data_say() -> None:
    for name in FILES:
        rows = {row["router"]: row for row in kept()["figures"]["routing"][name]}
        prompts = answered(name)

        for router, right in (("always cheap", "cheap"), ("always dear", "dear")):
            accuracy = sum(getattr(prompt, right) for prompt in prompts) / len(prompts)
            assert rows[router]["accuracy"] == pytest.approx(accuracy, abs=1e-4)
        assert rows["always dear"]["cost_ratio_to_always_dear"] == 1


def test_the_packaged_weights_are_what_the_data_teach() -> None:
    on = date.fromisoformat(json.loads(COMPLEXITY.read_text(encoding="utf-8"))["date"])

    assert COMPLEXITY.read_text(encoding="utf-8") == text_of(document(on))


def test_packaged_weights_are_learned_from_the_shown_half_alone() -> None:
    for name, shown in shown_prompts().items():
        prompts = answered(name)
        assert len({prompt.text for prompt in prompts}) == len(prompts)
        assert all(is_shown(prompt.text) for prompt in shown)
        assert 0.45 < len(shown) / len(prompts) < 0.55


@pytest.mark.parametrize(("name", "count"), [("gsm8k", 1_319), ("mmlu", 7_634)])
def test_a_prompt_that_a_file_holds_twice_is_one(name, count) -> None:
    assert len(answered(name)) == count


def test_a_prompt_costs_its_tokens_and_its_answers_at_list_price() -> None:
    prompt = answered("mmlu")[0]
    tokens = -(-len(prompt.text.encode()) // 4)

    assert prompt.cheap_picodollars == 450_000 * tokens + 700_000
    assert prompt.dear_picodollars == 10_000_000 * tokens + 30_000_000
    assert prices()["seen"] <= date.fromisoformat(kept()["about"]["date"]).isoformat()


def test_the_configuration_has_a_hundred_policies_and_a_ladder_that_descends() -> None:
    check_prices()
    config = configuration()

    assert len(config.policies.rules) == 100
    assert len({rule.id for rule in config.policies.rules}) == 100
    assert config.models[LADDER[0]].ladder == LADDER[1:]
    assert len(LADDER) == 20


def test_calls_are_new_ones_of_the_same_applications() -> None:
    one, other = (calls(["hello"], seed) for seed in (1, 2))
    some, more = ([next(these) for _ in range(300)] for these in (one, other))

    assert {call.account for call in some} == {call.account for call in more}
    assert {call.digest for call in some}.isdisjoint({call.digest for call in more})


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ([0.001, 0.02], "better"),
        ([-0.02, -0.001], "worse"),
        ([0.0, 0.02], "no difference shown"),
        ([-0.01, 0.01], "no difference shown"),
    ],
)
def test_nothing_is_claimed_while_the_interval_holds_zero(interval, said) -> None:
    assert said_of(interval) == said


def test_a_saving_is_told_only_where_ours_is_better() -> None:
    for row in claims(kept()).rows:
        assert (row[3] != "–") is (row[2] == "better")


def test_a_figure_that_is_missed_says_so() -> None:
    results = {
        "figures": {
            "decide_cpu_us": {"p50": 300.1, "p99": 900.0},
            "cold_start": {"seconds": 0.4, "rss_mb": 81},
        },
        "details": {
            "decide_cpu_us": {"every candidate": {"p50": 392.4, "p99": 900.0}},
            "round_trips": {
                "kinds": {
                    BARE: {"deciding": 1, "noting, mean": 0.0},
                    RULED: {"deciding": 1, "noting, mean": 0.3},
                }
            },
        },
    }

    verdicts = [row[-1] for row in targets(results).rows]
    assert verdicts == ["no", "no", "yes", "no", "yes", "no"]


def test_policies_and_routing_add_no_round_trip_to_a_decision() -> None:
    plan = replace(QUICK, warm_up_trips=60, counted_calls=20)
    found = round_trips(["hello"], plan, lambda _what: None)["kinds"]

    assert {one["deciding"] for one in found.values()} == {1}
    assert found[BARE]["noting, mean"] == 0
    assert found[RULED]["noting, mean"] == 1


def test_the_commit_that_was_measured_is_told_and_whether_files_were_changed() -> None:
    assert in_words({"commit": "20ded4b", "changed": False}) == "20ded4b"
    assert in_words({"commit": "20ded4b", "changed": True}).startswith("20ded4b, and files")
    assert in_words({"commit": None, "changed": None}) == "not known"
    assert set(checkout()) == {"commit", "changed"}


def test_what_the_run_before_has_written_does_not_count_as_changed(tmp_path) -> None:
    written, code = tmp_path / "benchmarks/budget/results.json", tmp_path / "benchmarks/run.py"
    written.parent.mkdir(parents=True)
    for file in (written, code):
        file.write_text("1")
    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "all")):
        run((*git, *command), check=True)  # noqa: S603 - as written here

    written.write_text("2")
    assert checkout(tmp_path)["changed"] is False

    code.write_text("2")
    assert checkout(tmp_path)["changed"] is True


def test_that_all_candidates_are_asked_about_is_a_figure_of_its_own() -> None:
    results = kept()
    asked = results["details"]["decide_cpu_us"]["every candidate"]["p50"]

    (row,) = [row for row in targets(results).rows if "all 20 candidates" in row[0]]

    assert row[1:3] == (f"{asked} µs", "≤ 300 µs")
    assert row[3] == ("yes" if asked <= 300 else "no")


def test_the_figures_lie_where_they_are_looked_for() -> None:
    assert FIGURES.parts[-2:] == ("build", "bench-decisions.json")
