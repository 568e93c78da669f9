"""What a simulation tells: for people in 80 columns, for machines to the last picodollar."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from cost_sentry.application.simulated_answers import Repeatable
from cost_sentry.application.simulated_call import CallEnd
from cost_sentry.domain.budget import BudgetMode, Stages, Unit
from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.retry import RetryRules
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.simulation.assumptions import assumptions
from cost_sentry_client.simulation.comparison import compare
from cost_sentry_client.simulation.report import comparison_report, headline
from cost_sentry_client.simulation.report_json import comparison_json
from cost_sentry_client.simulation.source import CallSource
from tests.fakes.admissions import CHEAP, DEAR, SmallBook, config
from tests.fakes.builders import allowance, budget
from tests.fakes.cached_calls import teams
from tests.fakes.policies import policies, policy
from tests.fakes.simulations import call, usage

RICH = config(budget("search-daily", 10**15))
POOR = config(budget("search-daily", 2_100))
NONE = config(budget("search-daily", 0))


def compared(before, after, *calls, posted=None):
    calls = calls or [call(f"r{n}", at=n / 10) for n in range(4)]
    return compare(
        calls, before, after, price_book=SmallBook(), posted=posted or {}, progress=lambda _: None
    )


def page(found, *said):
    out = io.StringIO()
    console = Console(file=out, width=80, highlight=False, emoji=False)
    for part in comparison_report(found, said):
        console.print(part, markup=False, soft_wrap=isinstance(part, str))
    return out.getvalue()


def test_two_configurations_that_decide_alike_say_so_first():
    found = compared(RICH, replace(RICH, output_tokens_default=60))

    assert headline(found) == ("Both configurations decide all 4 calls alike; they cost $0.000001.")
    assert page(found).startswith(headline(found))
    assert "who is affected" not in page(found)


def test_the_first_sentence_says_how_many_change_how_and_what_it_costs():
    found = compared(RICH, POOR)

    first = headline(found)

    assert first.startswith("3 of 4 calls would be decided otherwise: 3 refused")
    assert "instead of $0.000001 (-$0.000001, -75.0 %)." in first


def test_what_the_first_sentence_counts_adds_up_to_all_that_change():
    ladder = config(budget("search-daily", 3_000))
    found = compared(ladder, POOR, *[call(f"r{n}", at=n / 10) for n in range(9)])

    numbers = [int(w) for w in headline(found).replace(",", "").split() if w.isdigit()]

    assert numbers[0] == sum(numbers[2:]) == found.tally.changed


def test_a_spend_of_nothing_before_has_no_percentage():
    found = compared(NONE, RICH)

    assert "(+$0.000001, new)" in headline(found)
    assert "new" in page(found)


def test_who_is_affected_is_told_with_what_decides_and_the_first_calls():
    told = page(compared(RICH, POOR))

    assert "search/web" in told
    assert "allowed as asked → refused" in told
    assert "budget search-daily" in told
    assert "2026-11-21 12:00:00" in told
    assert "r1: BUDGET_EXHAUSTED, budget search-daily has too little left" in " ".join(told.split())


def test_every_page_fits_80_columns_whatever_names_it_has():
    long = {"team": "a-team-with-a-long-name-" * 3, "application": "an application " * 6}
    model = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    calls = [call(f"r{n}" * 30, at=n, tags=long, model_id=model) for n in range(30)]
    before = config(budget("b" * 60, 10**15, scope={}), models={model: Model(id=model)})

    told = page(compared(before, replace(before, teams={}), *calls), "assumed " * 40)

    assert max(len(line) for line in told.splitlines()) <= 80
    assert "…" not in told


def test_amounts_for_machines_are_whole_picodollars_as_strings():
    document = json.loads(json.dumps(comparison_json(compared(RICH, POOR))))

    assert document["spend"]["total"] == {
        "beforePicodollars": "2800",
        "afterPicodollars": "700",
        "differencePicodollars": "-2100",
    }
    assert document["spend"]["byTeam"] == [{"team": "search", **document["spend"]["total"]}]
    assert [row["modelId"] for row in document["spend"]["byModel"]] == [DEAR]
    assert (document["calls"], document["changed"]) == (4, 3)
    assert document["decisions"] == [
        {"outcome": "allowed as asked", "code": "WITHIN_BUDGETS", "before": 4, "after": 1},
        {"outcome": "refused", "code": "BUDGET_EXHAUSTED", "before": 0, "after": 3},
    ]
    (row,) = document["affected"]
    assert (row["team"], row["application"], row["calls"]) == ("search", "web", 3)
    assert (row["before"], row["after"]) == ("allowed as asked", "refused")
    assert row["by"] == "budget search-daily"
    assert [example["requestId"] for example in row["examples"]] == ["r1", "r2", "r3"]
    assert row["examples"][0]["at"] == "2026-11-21T12:00:00.100000+00:00"
    assert row["examples"][0]["after"]["code"] == "BUDGET_EXHAUSTED"


def test_a_policy_in_shadow_mode_is_told_and_changes_nothing():
    text = f'forbid (principal, action, resource == CostSentry::Model::"{DEAR}");'
    shadow = policies("UTC", policy("no-dear", text, shadow=True))
    found = compared(RICH, replace(RICH, policies=shadow))

    assert found.tally.changed == 0
    assert comparison_json(found)["shadow"] == [{"policy": "no-dear", "calls": 4}]
    assert "policy no-dear" in page(found)


def test_a_budget_in_shadow_mode_is_told_as_one_and_changes_nothing():
    shadow = budget("trial", 2_100, mode=BudgetMode.SHADOW)
    calls = [call(f"r{n}", at=60 * n) for n in range(4)]
    found = compared(RICH, replace(RICH, budgets=(*RICH.budgets, shadow)), *calls)

    assert found.tally.changed == 0
    assert comparison_json(found)["shadow"] == [{"budget": "trial", "calls": 3}]
    assert "budget trial" in page(found)


@pytest.mark.parametrize(
    ("stages", "code"),
    [
        (Stages(prefer_ladder_percent=10), "REROUTED_TO_SAVE"),
        (Stages(lower_output_percent=10), "OUTPUT_LIMIT_LOWERED"),
        (Stages(critical_only_percent=10), "CRITICAL_ONLY"),
    ],
    ids=str,
)
def test_the_budget_whose_stage_is_in_force_is_what_decides(stages, code):
    staged = config(budget("staged", 5_000, stages=stages), *RICH.budgets)
    found = compared(RICH, staged, *[call(f"r{n}", at=60 * n) for n in range(4)])

    rows = comparison_json(found)["affected"]
    assert {row["by"] for row in rows} == {"budget staged"}
    assert {one["after"]["code"] for row in rows for one in row["examples"]} == {code}


def test_a_policy_that_strikes_is_what_decides():
    text = f'forbid (principal, action, resource == CostSentry::Model::"{DEAR}");'
    found = compared(RICH, replace(RICH, policies=policies(no_dear=text)))

    (row,) = comparison_json(found)["affected"]
    assert (row["by"], row["after"]) == ("policy no-dear", "rerouted")
    assert [m["modelId"] for m in comparison_json(found)["spend"]["byModel"]] == [DEAR, CHEAP]


def said(before, after, calls, **source):
    given = {"name": "calls.jsonl", "calls": calls, **source}
    found = compared(before, after, *calls, posted=given.get("posted"))
    return " ".join(assumptions(CallSource(**given), found, before, after, "book-1"))


@pytest.mark.parametrize(
    ("calls", "sentence"),
    [
        ([call("r1", usage=None, end=CallEnd.UNKNOWN)], "each costs the most that it can"),
        (
            [call("r1"), call("r2", at=9, usage=None, end=CallEnd.UNKNOWN)],
            "1 call does not say what was used. Such a call, where it runs, uses 50 % of",
        ),
        (
            [call("r1", usage=usage(50, 25), output_limit_sent_tokens=25, is_lowered=True)],
            "1 answer ended at an output limit that was lowered, or was the default: nobody knows",
        ),
        ([call("r1", duration=None)], "1 call does not say how long it took: 3.0 s."),
        (
            [call("r1"), call("r2", at=9, duration=None)],
            "1 call does not say how long it took: 2.0 s, the mean of the others.",
        ),
    ],
)
def test_what_is_assumed_of_calls_that_do_not_say_it_is_told(calls, sentence):
    assert sentence in said(RICH, RICH, calls)


@pytest.mark.parametrize(
    "rules", [{"circuit_breaker": CircuitRules()}, {"retries": RetryRules()}], ids=str
)
def test_whoever_tries_circuits_or_retries_is_told_that_they_are_not_simulated(rules):
    sentence = "`circuitBreaker` and `retries` are not simulated"

    assert sentence in said(RICH, replace(RICH, **rules), [call("r1")])
    assert sentence in said(replace(RICH, **rules), RICH, [call("r1")])
    assert sentence not in said(RICH, RICH, [call("r1")])


def test_what_is_assumed_of_the_ledgers_and_prices_is_told():
    calls = [call("r1")]

    assert "Both ledgers start empty." in said(RICH, RICH, calls)
    assert "start empty" not in said(RICH, RICH, calls, posted={"search-daily@2026-11-21": 5})
    assert "the prices of book-1" in said(RICH, RICH, calls)
    assert said(RICH, RICH, calls, notes=("Left out: 3.",)).startswith("Left out: 3.")


def test_calls_set_aside_for_outages_are_told_only_where_there_are_some():
    outage: EmergencyAllowance = allowance()
    with_some = replace(RICH, emergency_allowances=(outage,))

    assert "set aside for outages" in said(RICH, with_some, [call("r1")])
    assert "outages" not in said(RICH, RICH, [call("r1")])


def test_a_configuration_that_could_not_be_applied_is_simulated_and_told():
    tokens = config(budget("search-daily", 10**9, unit=Unit.TOKENS, window=WindowKind.MONTH))

    assert "`config apply` would refuse the new configuration: budget search-daily counts" in said(
        RICH, tokens, [call("r1")]
    )


def test_how_many_recorded_decisions_are_made_again_is_told():
    recorded = [call("r1", recorded=("ALLOW", DEAR, 100)), call("r2", at=9, recorded=None)]

    assert "Of 1 recorded decisions the configuration before makes 1 again." in said(
        RICH, RICH, recorded
    )


CACHED = replace(RICH, teams=teams())
SAME = [call(f"r{n}", at=10 * n, repeatable=Repeatable.ALWAYS) for n in range(20)]


def test_calls_that_a_cache_would_answer_are_told_with_what_that_spares():
    found = compared(RICH, CACHED, *SAME)

    assert headline(found).startswith(
        "19 of 20 calls would be decided otherwise: 19 answered from a cache."
    )
    told = [line.split() for line in page(found).splitlines()]
    assert ["calls", "0", "19", "+19"] in told
    document = comparison_json(found)
    assert document["cache"] == {
        "hitsBefore": 0,
        "hitsAfter": 19,
        "avoided": {
            "beforePicodollars": "0",
            "afterPicodollars": str(19 * 700),
            "differencePicodollars": str(19 * 700),
        },
    }
    assert document["spend"]["total"]["afterPicodollars"] == "700"


def test_a_page_without_hits_has_no_table_of_them():
    assert "answered from a cache" not in page(compared(RICH, POOR))


@pytest.mark.parametrize(
    ("repeatable", "sentence"),
    [
        (Repeatable.ALWAYS, "Caches start empty."),
        (Repeatable.UNSAID, "1 call does not say at which temperature: answered from a cache only"),
        (Repeatable.NO_TEXT, "All calls lack messages, so nobody knows whether they are asked"),
    ],
)
def test_what_is_assumed_of_caches_is_told_where_there_is_one(repeatable, sentence):
    calls = [call("r1", repeatable=repeatable)]

    assert sentence in said(RICH, CACHED, calls)
    assert sentence in said(CACHED, RICH, calls)
    assert sentence not in said(RICH, RICH, calls)


def test_answers_that_are_taken_to_be_cut_short_are_told_where_there_is_a_cache():
    calls = [call(f"r{n}", at=10 * n, usage=usage(answer=100 - n)) for n in range(2)]

    assert "1 call used the whole output limit: taken to be cut short" in said(RICH, CACHED, calls)
    assert "whole output limit" not in said(RICH, RICH, calls)
