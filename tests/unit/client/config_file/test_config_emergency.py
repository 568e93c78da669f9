"""Emergency allowances: only calls that every one of their budgets can set aside for a day."""

import pytest

from cost_sentry.domain.emergency import EmergencyAllowance
from tests.fakes.sentry_files import GOOD, load, problems

FIELDS = {
    "id": "outage",
    "scope": "{team: search, application: web}",
    "model": '"us.amazon.nova-pro-v1:0"',
    "callsPerDay": "20",
    "inputTokensMax": "5000",
    "outputTokensMax": "1000",
}
BUDGETS = GOOD.count("- id:")


def entry(**changes: str) -> str:
    fields = {**FIELDS, **changes}
    return ", ".join(f"{name}: {value}" for name, value in fields.items() if value)


def with_allowances(*entries: str, more: str = "") -> str:
    listed = "".join(f"  - {{{one}}}\n" for one in entries)
    return f"{GOOD}{more}emergencyAllowances:\n{listed}"


def found_in(file, *entries: str, more: str = ""):
    [found] = problems(file, with_allowances(*entries, more=more))
    return found


def test_there_are_none_unless_somebody_asks_for_them(file):
    document = load(file, GOOD)

    assert document.config.emergency_allowances == ()
    assert "emergencyAllowances" not in document.document


def test_an_allowance_says_who_may_call_what_how_often_and_how_much(file):
    document = load(file, with_allowances(entry()))

    assert document.config.emergency_allowances == (
        EmergencyAllowance(
            id="outage",
            scope={"team": "search", "application": "web"},
            model_id="us.amazon.nova-pro-v1:0",
            calls_per_day=20,
            input_tokens_max=5_000,
            output_tokens_max=1_000,
        ),
    )


@pytest.mark.parametrize(
    ("changes", "field", "problem", "allowed"),
    [
        ({"callsPerDay": "101"}, ".callsPerDay", '"101" is too large', "at most 100"),
        ({"callsPerDay": "0"}, ".callsPerDay", '"0" is too small', "at least 1"),
        ({"callsPerDay": ""}, ".callsPerDay", "it is missing", "paid for in advance"),
        ({"calls": "1"}, ".calls", "unknown field (did you mean callsPerDay?)", "id, scope"),
        ({"scope": "{}"}, ".scope", "it is empty", "at least 1 entry"),
        ({"scope": "{application: web}"}, ".scope", "it names no team", "the tag team"),
        ({"scope": "{team: serch}"}, ".scope.team", "(did you mean search?)", "one of the teams"),
        (
            {"scope": "{team: search, model: amazon.nova-pro-v1:0}"},
            *(".scope.model", "its field model does", "tags that callers send"),
        ),
        (
            {"model": '"us.amazon.nova-por-v1:0"'},
            *(".model", "not listed under models (did you mean us.amazon.nova-pro-v1:0", "one of"),
        ),
    ],
)
def test_fails_on_a_field_that_nobody_could_follow(file, changes, field, problem, allowed):
    found = found_in(file, entry(**changes))

    assert found.field == f"emergencyAllowances[0]{field}"
    assert problem in found.problem
    assert allowed in found.allowed


def test_fails_on_an_id_that_is_taken(file):
    found = found_in(file, entry(callsPerDay="1"), entry(callsPerDay="1"))

    assert found.field == "emergencyAllowances[1].id"
    assert found.problem == '"outage" is already the id of emergencyAllowances[0]'


@pytest.mark.parametrize("window", ["minute", "hour"])
def test_fails_where_a_budget_has_a_window_shorter_than_a_day(file, window):
    more = f"  - {{id: rate, unit: requests, window: {window}, limit: 100}}\n"

    found = found_in(file, entry(), more=more)

    assert found.field == "emergencyAllowances[0]"
    assert found.problem.startswith(f"budget rate has a window of a {window}")


@pytest.mark.parametrize("unit", ["usd", "requests", "retries", "depth", "children"])
def test_fails_where_a_budget_counts_by_session(file, unit):
    more = f"  - {{id: run, scope: {{team: search}}, unit: {unit}, window: session, limit: 9}}\n"

    found = found_in(file, entry(), more=more)

    assert found.field == "emergencyAllowances[0]"
    assert found.problem == (
        "budget run counts by session, and nobody knows the session of a call before it is made"
    )


def test_a_budget_of_sessions_in_shadow_mode_or_of_other_calls_is_in_nobodys_way(file):
    shadow = "  - {id: run, unit: usd, window: session, limit: 9, mode: shadow}\n"
    other = "  - {id: other, scope: {team: growth}, unit: usd, window: session, limit: 9}\n"

    allowances = load(file, with_allowances(entry(), more=shadow + other)).config

    assert allowances.emergency_allowances


def test_fails_where_a_budget_counts_calls_in_flight(file):
    more = "  - {id: places, unit: in_flight, window: none, limit: 100}\n"

    assert "in flight in budget places" in found_in(file, entry(), more=more).problem


def test_a_budget_of_other_calls_may_have_any_window(file):
    more = "  - {id: rate, scope: {team: growth}, unit: requests, window: minute, limit: 1}\n"

    assert load(file, with_allowances(entry(), more=more)).config.emergency_allowances


def test_fails_on_calls_that_a_budget_cannot_hold_and_says_by_how_much(file):
    found = found_in(file, entry(callsPerDay="26"))

    assert found.problem == (
        "26 such calls hold 6000 tokens each and 156000 tokens in all, more than the limit of"
        " budget pro-tokens, 150000 tokens"
    )


def test_fails_on_calls_that_a_budget_cannot_hold_beside_those_of_another_allowance(file):
    found = found_in(file, entry(), entry(id="more", callsPerDay="6"))

    assert found.field == "emergencyAllowances[1]"
    assert "with those of the allowances above, 156000 tokens in all" in found.problem


def test_fails_on_calls_that_are_dearer_than_a_budget_of_dollars(file):
    lite = '"us.amazon.nova-lite-v1:0"'
    dear = {"inputTokensMax": "1000000", "outputTokensMax": "1000000", "callsPerDay": "42"}

    found = found_in(file, entry(model=lite, **dear))

    assert "hold 0.30 usd each and 12.60 usd in all, more than the limit of budget all" in (
        found.problem
    )


def test_fails_where_no_budget_covers_the_calls(file):
    text = with_allowances(entry()).replace("id: all\n", "id: all\n    scope: {team: growth}\n")

    [found] = problems(file, text.replace("team: search, model", "team: growth, model"))

    assert found.problem.startswith("no budget covers its calls")
