"""What `sentry.yaml` says of endpoints that sleep: defaults, bounds, and what is easily misread."""

from zoneinfo import ZoneInfo

import pytest

from cost_sentry.application.config_changes import plan_config
from cost_sentry.application.config_document import config_from_document
from cost_sentry.domain.endpoint_rules import EndpointGroup, EndpointRules, JobRules
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.timetable import Timetable
from tests.fakes.sentry_files import GOOD, load, problems

WHOLE = f"""{GOOD}
endpoints:
  idleMinutes: 45
  upMinutesMin: 20
  wakeMinutesMax: 60
  actionsPerRunMax: 3
  dryRun: true
  protected: [{{environment: live}}]
  instancePrices: {{ml.p5.48xlarge: 63.296}}
  jobs: {{warnPercent: 70}}
  groups:
    - id: office
      scope: {{use: office}}
      idleMinutes: 60
      instead: us.amazon.nova-lite-v1:0
      probe: '{{"inputs": "hello"}}'
      hours:
        days: [mon, tue, fri]
        opens: 8:00
        closes: "18:30"
        timeZone: Europe/Berlin
    - id: all
"""

ON_MARS = "{days: [mon], opens: '8:00', closes: '9:00', timeZone: Mars/Base}"


def test_without_them_nothing_sleeps_and_the_document_is_as_before(file):
    loaded = load(file, GOOD)

    assert loaded.config.endpoints is None
    assert "endpoints" not in loaded.document


def test_empty_ones_have_the_defaults_and_protect_production(file):
    rules = load(file, f"{GOOD}endpoints: {{}}\n").config.endpoints

    assert rules == EndpointRules()
    assert rules.protected == ({"environment": "prod"}, {"environment": "production"})


def test_what_is_named_is_what_the_sentry_decides_by(file):
    loaded = load(file, WHOLE)

    hours = Timetable(
        days=frozenset({0, 1, 4}),
        opens_minute=480,
        closes_minute=1110,
        zone=ZoneInfo("Europe/Berlin"),
    )
    office = EndpointGroup(
        id="office",
        scope={"use": "office"},
        timetable=hours,
        idle_minutes=60,
        instead="us.amazon.nova-lite-v1:0",
        probe='{"inputs": "hello"}',
    )
    assert loaded.config.endpoints == EndpointRules(
        idle_minutes=45,
        up_minutes_min=20,
        wake_minutes_max=60,
        actions_per_run_max=3,
        is_dry_run=True,
        protected=({"environment": "live"},),
        groups=(office, EndpointGroup(id="all")),
        instance_prices={"ml.p5.48xlarge": picodollars("63.296")},
        jobs=JobRules(warn_percent=70),
    )
    assert config_from_document(loaded.document) == loaded.config


def test_a_change_of_them_is_told_field_by_field_and_group_by_group(file):
    none, some = load(file, GOOD).config, load(file, WHOLE).config
    other = load(file, WHOLE.replace("idleMinutes: 45", "idleMinutes: 50")).config
    limits = {budget.id: budget.limit for budget in none.budgets}

    added = [change.text for change in plan_config(none, some, limits)]
    changed = [change.text for change in plan_config(some, other, limits)]
    removed = [change.text for change in plan_config(some, none, limits)]

    assert any(text.startswith("added endpoints: idleMinutes 45") for text in added)
    assert any(text.startswith("added endpoint group office: place 1") for text in added)
    assert changed == ["changed endpoints: idleMinutes 45 → 50"]
    assert "removed endpoints" in removed


@pytest.mark.parametrize(
    ("text", "field", "allowed"),
    [
        ("endpoints:", "endpoints", "endpoints: {}"),
        ("endpoints: {idleMinutes: 5}", "endpoints.idleMinutes", "at least 15"),
        ("endpoints: {upMinutesMin: 1}", "endpoints.upMinutesMin", "at least 5"),
        ("endpoints: {protected: [{}]}", "endpoints.protected[0]", "at least one tag"),
        ("endpoints: {jobs: {warnPercent: 0}}", "endpoints.jobs.warnPercent", "at least 1"),
        (
            "endpoints: {groups: [{id: a, instead: eu.amazon.nova-pro-v1:0}]}",
            "endpoints.groups[0].instead",
            "us.amazon.nova-lite-v1:0",
        ),
        ("endpoints: {groups: [{id: a}, {id: a}]}", "endpoints.groups[1].id", "each id once"),
        ("endpoints: {groups: [{id: a, probe: hello}]}", "endpoints.groups[0].probe", "JSON"),
        (
            "endpoints: {groups: [{id: a, hours: {days: [mon], opens: '25:00', closes: '1:00'}}]}",
            "endpoints.groups[0].hours.opens",
            "a time of day",
        ),
        (
            "endpoints: {groups: [{id: a, hours: {days: [mon], opens: '24:00', closes: '1:00'}}]}",
            "endpoints.groups[0].hours.opens",
            "23:59",
        ),
        (
            "endpoints: {groups: [{id: a, hours: {days: [mon], opens: '8:00', closes: '0:00'}}]}",
            "endpoints.groups[0].hours.closes",
            "24:00",
        ),
        (
            f"endpoints: {{groups: [{{id: a, hours: {ON_MARS}}}]}}",
            "endpoints.groups[0].hours.timeZone",
            "",
        ),
    ],
)
def test_what_cannot_be_meant_is_named_with_what_is_allowed(file, text, field, allowed):
    (problem,) = problems(file, f"{GOOD}{text}\n")

    assert problem.field == field
    assert allowed in problem.allowed
