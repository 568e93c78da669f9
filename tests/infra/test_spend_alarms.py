"""Every team and model has CloudWatch's own eyes on its spending, and is responded for."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match

from cost_sentry.adapters.anomaly_events import sighting_from
from infra.spend_alarms import SPEND_ALARMS, TIMES_EVEN_RATE, SpendAlarms
from infra.watched_spend import WatchedScope, read_watched

EXAMPLE = Path("examples/sentry.yaml")
TWO_BUDGETS = """
- {scope: {}, unit: usd, window: day, limit: 144}
- {scope: {team: search}, unit: usd, window: day, limit: 14.4}
"""
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def spend_alarms(template):
    return [
        alarm["Properties"]
        for alarm in template.of_type("AWS::CloudWatch::Alarm").values()
        if "-anomaly-" in str(alarm["Properties"].get("AlarmName"))
    ]


def measured(alarm):
    """Dimension and value of the metric that the alarm looks at."""
    [metric] = [
        m["MetricStat"]["Metric"] for m in alarm.get("Metrics", ()) if "MetricStat" in m
    ] or [alarm]
    assert (metric["Namespace"], metric["MetricName"]) == ("CostSentry", "SpendUsd")
    [dimension] = metric["Dimensions"]
    return dimension["Name"], dimension["Value"]


def test_each_team_and_model_of_the_file_has_a_band_and_a_threshold_without_history(template):
    watched = read_watched(EXAMPLE)
    scopes = {(scope.dimension, scope.value) for scope in watched.scopes}
    alarms = spend_alarms(template)
    on_band = [measured(one) for one in alarms if "ThresholdMetricId" in one]
    on_threshold = [measured(one) for one in alarms if "ThresholdMetricId" not in one]

    assert (len(scopes) > 0, watched.unwatched) == (True, ())
    assert sorted(on_band) == sorted(on_threshold) == sorted(scopes)


def test_what_such_an_alarm_tells_is_understood_as_an_anomaly_of_that_team_or_model(template):
    for alarm in spend_alarms(template):
        dimension, value = measured(alarm)
        metric = {"namespace": "CostSentry", "name": "SpendUsd", "dimensions": {dimension: value}}
        event = {
            "source": "aws.cloudwatch",
            "detail-type": "CloudWatch Alarm State Change",
            "detail": {
                "alarmName": alarm["AlarmName"],
                "state": {"value": "ALARM", "timestamp": "2026-11-21T11:59:00.000+0000"},
                "configuration": {"metrics": [{"id": "m", "metricStat": {"metric": metric}}]},
            },
        }

        sighting = sighting_from(event, NOW)

        assert dict(sighting.scope) == {dimension: value}
        assert f"-anomaly-{sighting.severity.value}-" in alarm["AlarmName"]


def test_one_incident_is_one_mail_so_the_alarms_that_open_it_mail_nobody_themselves(template):
    alarms = spend_alarms(template)
    [starts] = [
        rule["Properties"]
        for rule in template.of_type("AWS::Events::Rule").values()
        if "alarms about spending" in rule["Properties"].get("Description", "")
    ]
    [named] = starts["EventPattern"]["detail"]["alarmName"]

    assert alarms
    for alarm in alarms:
        assert alarm["AlarmName"].startswith(named["prefix"])
        assert not {"AlarmActions", "OKActions", "InsufficientDataActions"} & alarm.keys()


@pytest.mark.parametrize(
    ("budgets", "rate"),
    [
        ("", None),
        ("- {scope: {}, unit: usd, window: month, limit: 432}", "0.01"),
        ("- {scope: {team: search}, unit: usd, window: day, limit: 1.44}", "0.001"),
        ("- {scope: {team: other}, unit: usd, window: day, limit: 1.44}", None),
        ("- {scope: {team: search, user: ann}, unit: usd, window: day, limit: 1.44}", None),
        ("- {scope: {}, unit: tokens, window: day, limit: 1440}", None),
        ("- {scope: {}, unit: usd, window: minute, limit: 1}", None),
        ("- {scope: {}, unit: usd, window: day, limit: much}", None),
        (TWO_BUDGETS, "0.01"),
    ],
)
def test_the_tightest_dollar_budget_of_all_its_calls_says_what_is_even(tmp_path, budgets, rate):
    file = tmp_path / "sentry.yaml"
    file.write_text(f"teams: {{search: {{}}}}\nbudgets:\n{budgets}\n", encoding="utf-8")

    [scope] = read_watched(file).scopes

    assert scope == WatchedScope(
        dimension="team", value="search", usd_per_minute=rate and Decimal(rate)
    )


def test_a_model_of_two_geographies_is_watched_once(tmp_path):
    file = tmp_path / "sentry.yaml"
    models = "{us.amazon.nova-pro-v1:0: {}, eu.amazon.nova-pro-v1:0: {}}"
    file.write_text(f"models: {models}\n", encoding="utf-8")

    assert [scope.value for scope in read_watched(file).scopes] == ["amazon.nova-pro-v1:0"]


MANY = "teams: {{{teams}}}\nmodels: {{{models}}}\n{more}"


def written(tmp_path, teams, models, more=""):
    file = tmp_path / "sentry.yaml"
    named = {
        "teams": ", ".join(f"t{n}: {{}}" for n in range(teams)),
        "models": ", ".join(f"amazon.m{n}-v1:0: {{}}" for n in range(models)),
    }
    file.write_text(MANY.format(**named, more=more), encoding="utf-8")
    return read_watched(file)


@pytest.mark.parametrize(("teams", "models"), [(30, 30), (200, 1), (1, 200), (0, 25), (25, 0)])
def test_neither_teams_nor_models_leave_the_others_without_alarms(tmp_path, teams, models):
    watched = written(tmp_path, teams, models)

    of_teams = sum(scope.dimension == "team" for scope in watched.watched)

    assert len(watched.watched) == 20
    assert of_teams >= min(teams, 10)
    assert 20 - of_teams >= min(models, 10)
    assert len(watched.unwatched) == teams + models - 20


def test_the_file_says_how_many_have_alarms(tmp_path):
    watched = written(tmp_path, 3, 3, "alerts: {watchedMax: 3}")

    assert [scope.value for scope in watched.watched] == ["t0", "amazon.m0-v1:0", "t1"]
    assert written(tmp_path, 3, 3, "alerts: {watchedMax: 0}").watched == ()


def test_synthesis_tells_who_has_no_alarms_and_who_watches_them_instead(tmp_path):
    told = {}
    for most in (3, 9):
        stack = cdk.Stack(cdk.App(), "Sentry")
        spenders = written(tmp_path, 3, 3, f"alerts: {{watchedMax: {most}}}")
        SpendAlarms(stack, "SpendAlarms", spenders=spenders)
        found = Annotations.from_stack(stack).find_info("*", Match.any_value())
        told[most] = [str(one.entry.data) for one in found]

    assert told[9] == []
    [text] = told[3]
    for unwatched in ("team t2", "model amazon.m1-v1:0", "model amazon.m2-v1:0", "own detector"):
        assert unwatched in text


def test_half_of_a_days_limit_in_an_hour_is_critical():
    assert TIMES_EVEN_RATE * 60 * 2 == 24 * 60
    assert {row.name for row in SPEND_ALARMS} == {"warning", "critical"}
