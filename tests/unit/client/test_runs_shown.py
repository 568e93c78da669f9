"""`cost-sentry budget` says of agent runs what is known, and never zero of what is not."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.dynamodb_run_trees import DynamoDbRunTrees
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.session import Edge, in_run
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.run_report import RUNS_SHOWN_MAX
from tests.fakes.builders import budget, hold, reservation, resolution
from tests.unit.client.conftest import configuration, cost_sentry

STEPS = budget("steps", 4, unit=Unit.REQUESTS, window=WindowKind.SESSION)
DEPTH = budget("depth", 2, unit=Unit.DEPTH, window=WindowKind.SESSION)
FAN_OUT = budget("fan-out", 3, unit=Unit.CHILDREN, window=WindowKind.SESSION)


def run_id(now, seconds_ago, number=1):
    digits = f"{int((now - timedelta(seconds=seconds_ago)).timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-{number:012x}"


@pytest.fixture
def now(desk):
    desk.apply(configuration(budgets=(STEPS, DEPTH, FAN_OUT)))
    return desk.operator.clock.now()


def step(desk, run, number, now, *, ends=True, caller="search"):
    ledger = DynamoDbLedger(desk.operator._calls, pause)
    [of] = in_run([STEPS], f"{run}.{caller}")
    held = reservation(f"r{number}", hold(1, of, now), now=now)
    assert isinstance(ledger.reserve(held), Reserved)
    if ends:
        ledger.resolve(held, resolution(0, resolved_at=now))


def test_the_newest_runs_are_shown_with_what_each_has_spent(desk, now):
    older, newer, over = (run_id(now, ago) for ago in (600, 60, 100_000))
    for number, run in enumerate((older, older, newer)):
        step(desk, run, number, now)
    step(desk, newer, 3, now, ends=False)
    step(desk, over, 4, now)

    shown = cost_sentry("budget", "show", "steps")
    machine = cost_sentry("budget", "show", "steps", "--json").json

    told = [(one["window"], one["posted"], one["pending"], one["left"]) for one in machine["runs"]]
    assert told == [
        (f"session-{newer}.search", "1", "1", "2"),
        (f"session-{older}.search", "2", "0", "2"),
    ]
    assert [machine[name] for name in ("window", "posted", "pending", "left")] == [None] * 4
    assert machine["resetsAt"] is None
    assert shown.stdout.index(newer) < shown.stdout.index(older)
    assert over not in shown.stdout
    assert "One run: --window session- and its id." in " ".join(shown.stdout.split())
    assert "never; a new session has its own limit" in shown.stdout
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80


def test_of_many_runs_a_few_are_shown(desk, now):
    for number in range(RUNS_SHOWN_MAX + 2):
        step(desk, run_id(now, 60, number), number, now)

    runs = cost_sentry("budget", "show", "steps", "--json").json["runs"]

    assert len(runs) == RUNS_SHOWN_MAX
    assert runs[0]["window"].endswith(f"{RUNS_SHOWN_MAX + 1:012x}.search")


def test_one_run_is_shown_to_the_last_digit(desk, now):
    run = run_id(now, 60)
    step(desk, run, 1, now)

    shown = cost_sentry("budget", "show", "steps", "--window", f"session-{run}", "--json").json

    told = shown["window"], shown["posted"], shown["left"]
    assert told == (f"session-{run}.search", "1", "3")
    assert shown["resetsAt"] is None
    assert "runs" not in shown


def test_of_several_callers_runs_of_one_id_one_is_to_be_named(desk, now):
    run = run_id(now, 60)
    for number, caller in enumerate(("search_web", "support", "support")):
        step(desk, run, number, now, caller=caller)

    either = cost_sentry("budget", "show", "steps", "--window", f"session-{run}")
    one = cost_sentry("budget", "show", "steps", "--window", f"session-{run}.support", "--json")

    assert either.code == 2
    assert f"session-{run}.search_web, session-{run}.support" in "".join(either.stderr.split("\n"))
    assert (one.json["posted"], one.json["left"]) == ("2", "2")


def test_of_a_run_that_is_over_nothing_is_shown_as_zero(desk, now):
    spent, empty = run_id(now, 90_000, 1), run_id(now, 90_000, 2)
    step(desk, spent, 1, now)

    kept, gone = (
        cost_sentry("budget", "show", "steps", "--window", f"session-{run}", "--json").json
        for run in (spent, empty)
    )
    text = cost_sentry("budget", "show", "steps", "--window", f"session-{empty}").stdout

    assert (kept["posted"], gone["posted"], gone["left"]) == ("1", None, None)
    assert "It spent nothing, or what it spent is kept no more." in " ".join(text.split())


def test_a_budget_of_which_no_run_has_spent_says_so(desk, now):
    shown = cost_sentry("budget", "show", "steps").stdout

    assert "No run that may still call has spent of it." in shown
    assert "posted" not in shown


def test_what_is_not_held_is_not_counted_and_a_tree_is_told_of_one_run(desk, now):
    run = run_id(now, 60)
    trees = DynamoDbRunTrees(desk.operator._calls, pause)
    for edge in (Edge((), "a"), Edge((), "b"), Edge(("a",), "b")):
        trees.join(FAN_OUT, f"{run}.search", edge)
    window = ("--window", f"session-{run}")

    depth = cost_sentry("budget", "show", "depth").stdout
    machine = cost_sentry("budget", "show", "fan-out", *window, "--json").json
    tree = cost_sentry("budget", "show", "fan-out", *window).stdout

    assert "No call holds any of it" in depth
    assert "posted" not in depth
    assert (machine["agentsWithChildren"], machine["childrenMost"]) == (2, 2)
    assert machine["posted"] is None
    assert "2 agents have children, at most 2 each." in tree


def test_a_list_names_no_window_and_no_amounts_of_runs(desk, now):
    listed = cost_sentry("budget", "list", "--json").json
    table = cost_sentry("budget", "list").stdout

    assert [(one["window"], one["posted"], one["left"]) for one in listed] == [(None,) * 3] * 3
    assert table.count("each session") == 3


def test_a_window_that_is_no_run_is_told_how_runs_are_called(desk, now):
    ended = cost_sentry("budget", "show", "steps", "--window", "2026-11-21")

    assert ended.code == 2
    assert "its windows are called session- and the id of an agent run" in ended.stderr
