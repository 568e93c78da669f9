"""Units, windows and time zones: which go together, and what is meant where nothing is said."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.window import WindowKind
from tests.fakes.sentry_files import GOOD, load, problems


def with_budget(fields: str) -> str:
    return f"{GOOD}  - {{id: more, {fields}}}\n"


def loaded(file, fields: str):
    return load(file, with_budget(fields)).config.budgets[-1]


@pytest.mark.parametrize("unit", list(Unit))
def test_every_unit_can_be_counted(file, unit):
    window = "session" if unit.is_of_a_run else "none"
    budget = loaded(file, f"unit: {unit}, window: {window}, limit: 30")

    assert budget.unit is unit
    assert budget.limit == (30 * 10**12 if unit is Unit.USD else 30)


@pytest.mark.parametrize("window", list(WindowKind))
def test_every_window_can_limit_requests(file, window):
    budget = loaded(file, f"unit: requests, window: {window}, limit: 30")

    assert (budget.unit, budget.window, budget.time_zone) == (Unit.REQUESTS, window, UTC)


def test_a_budget_has_the_time_zone_it_names_and_utc_otherwise(file):
    assert loaded(file, "unit: usd, window: day, limit: 1").time_zone is UTC
    assert loaded(file, "unit: usd, window: day, limit: 1, timeZone: UTC").time_zone is UTC
    berlin = loaded(file, "unit: usd, window: day, limit: 1, timeZone: Europe/Berlin")
    assert berlin.time_zone is ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules"])
def test_a_time_zone_that_only_this_machine_may_know_is_refused(file, zone):
    fields = f"unit: usd, window: day, limit: 1, timeZone: {zone}"
    policies = f"policies: {{files: [x.cedar], timeZone: {zone}}}\n"

    for text in (with_budget(fields), GOOD + policies):
        told = [one.problem for one in problems(file, text)]
        assert f'there is no time zone "{zone}"' in told


@pytest.mark.parametrize(
    ("fields", "thresholds"),
    [
        ("unit: usd, window: day", (50, 80, 100)),
        ("unit: requests, window: day", (50, 80, 100)),
        ("unit: requests, window: minute", ()),
        ("unit: usd, window: hour", ()),
        ("unit: in_flight, window: none", ()),
        ("unit: usd, window: session", ()),
        ("unit: in_flight, window: none, thresholds: []", ()),
        ("unit: usd, window: hour, thresholds: [100]", (100,)),
        ("unit: usd, window: day, thresholds: []", ()),
    ],
)
def test_nobody_gets_a_mail_each_minute_who_did_not_ask_for_it(file, fields, thresholds):
    assert loaded(file, f"{fields}, limit: 30").thresholds_percent == thresholds


@pytest.mark.parametrize(
    ("fields", "field", "problem", "allowed"),
    [
        ("unit: in_flight, window: minute", "window", "not counted per minute", "none"),
        (
            "unit: retries, window: day",
            "window",
            "unit retries is counted in an agent run",
            "session",
        ),
        ("unit: depth, window: none", "window", "unit depth is counted in an agent run", "session"),
        ("unit: children, window: day", "window", "unit children is counted in", "session"),
        (
            "unit: children, window: session, thresholds: [50]",
            *("thresholds", "children is never spent", "no thresholds with unit children"),
        ),
        (
            "unit: depth, window: session, stages: {criticalOnly: 90}",
            *("stages.criticalOnly", "levels below the root do not run out", "that is spent"),
        ),
        (
            "unit: usd, window: session, timeZone: Europe/Berlin",
            *("timeZone", "a session has no calendar", "no timeZone with window session"),
        ),
        (
            "unit: in_flight, window: none, thresholds: [50]",
            *("thresholds", "no threshold is ever reached", "no thresholds"),
        ),
        (
            "unit: usd, window: day, timeZone: Europe/Berln",
            *("timeZone", '"Europe/Berln" (did you mean Europe/Berlin', "such as Europe/Berlin"),
        ),
        (
            "unit: usd, window: day, timeZone: europe/berlin",
            *("timeZone", "there is no time zone", "such as Europe/Berlin"),
        ),
        (
            "unit: usd, window: day, timeZone: ../zoneinfo/UTC",
            *("timeZone", "not accepted", "a time zone of the tz database"),
        ),
        ("unit: usd, window: day, timeZone: +01:00", "timeZone", "not accepted", "Europe/Berlin"),
        (
            "unit: usd, window: none, timeZone: Asia/Tokyo",
            *("timeZone", "never resets", "no timeZone with window none"),
        ),
        (
            "unit: requests, window: minute, timeZone: Asia/Tokyo",
            *("timeZone", "the same in every time zone", "no timeZone with window minute"),
        ),
    ],
)
def test_fails_on_what_does_not_go_together(file, fields, field, problem, allowed):
    (found,) = problems(file, with_budget(f"{fields}, limit: 30"))

    assert (found.line, found.field) == (19, f"budgets[2].{field}")
    assert problem in found.problem
    assert allowed in found.allowed


@pytest.mark.parametrize("unit", ["depth", "children"])
def test_the_tree_of_a_run_is_of_no_model(file, unit):
    model = "amazon.nova-lite-v1:0"
    scope = f"scope: {{model: '{model}'}}"
    found = problems(file, with_budget(f"unit: {unit}, window: session, limit: 3, {scope}"))

    told = {one.field: one for one in found}["budgets[2].scope.model"]
    assert f"unit {unit} is of the tree of a run" in told.problem
    assert told.allowed == "a scope without model"


@pytest.mark.parametrize("unit", ["depth", "children", "requests", "in_flight"])
def test_every_unit_may_be_in_shadow_mode(file, unit):
    assert loaded(file, f"unit: {unit}, window: session, limit: 3, mode: shadow").is_shadow


@pytest.mark.parametrize(
    ("unit", "limit", "allowed"),
    [
        ("requests", "1.5", "whole requests"),
        ("requests", "1000000000001", "at most 1000000000000 requests"),
        ("in_flight", "0.5", "whole calls in flight"),
        ("in_flight", "0", "above 0, at most 1000000 calls in flight"),
        ("output_tokens", "0.5", "whole output tokens"),
        ("children", "1001", "from 0, at most 1000 children"),
        ("depth", "33", "from 0, at most 32 levels below the root"),
    ],
)
def test_fails_on_a_limit_that_is_no_count(file, unit, limit, allowed):
    window = "session" if Unit(unit).is_of_a_run else "none"
    (found,) = problems(file, with_budget(f"unit: {unit}, window: {window}, limit: {limit}"))

    assert allowed in found.allowed


@pytest.mark.parametrize("unit", ["depth", "children"])
def test_the_root_of_a_run_may_be_alone(file, unit):
    assert loaded(file, f"unit: {unit}, window: session, limit: 0").limit == 0


def test_a_cap_on_calls_in_flight_alone_leaves_a_team_uncovered(file):
    text = GOOD.replace("id: all\n", "id: all\n    scope: {team: search}\n")
    capped = f"{text}  - {{id: more, unit: in_flight, window: none, limit: 40}}\n"
    counted = f"{text}  - {{id: more, unit: requests, window: day, limit: 40}}\n"

    assert [w.field for w in load(file, capped).warnings] == ["teams.growth"]
    assert load(file, counted).warnings == ()
