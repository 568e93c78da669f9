"""Every team and model has CloudWatch's own eyes on its spending, and is responded for."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from cost_sentry.adapters.anomaly_events import sighting_from
from infra.spend_alarms import SCOPES_MAX, SPEND_ALARMS, TIMES_EVEN_RATE
from infra.watched_spend import WatchedScope, read_watched

EXAMPLE = Path("examples/sentry.yaml")
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
    scopes = {(scope.dimension, scope.value) for scope in read_watched(EXAMPLE)}
    alarms = spend_alarms(template)
    on_band = [measured(one) for one in alarms if "ThresholdMetricId" in one]
    on_threshold = [measured(one) for one in alarms if "ThresholdMetricId" not in one]

    assert 0 < len(scopes) <= SCOPES_MAX
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
        (
            "- {scope: {}, unit: usd, window: day, limit: 144}\n"
            "- {scope: {team: search}, unit: usd, window: day, limit: 14.4}",
            "0.01",
        ),
    ],
)
def test_the_tightest_dollar_budget_of_all_its_calls_says_what_is_even(tmp_path, budgets, rate):
    file = tmp_path / "sentry.yaml"
    file.write_text(f"teams: {{search: {{}}}}\nbudgets:\n{budgets}\n", encoding="utf-8")

    [scope] = read_watched(file)

    assert scope == WatchedScope(
        dimension="team", value="search", usd_per_minute=rate and Decimal(rate)
    )


def test_a_model_of_two_geographies_is_watched_once(tmp_path):
    file = tmp_path / "sentry.yaml"
    models = "{us.amazon.nova-pro-v1:0: {}, eu.amazon.nova-pro-v1:0: {}}"
    file.write_text(f"models: {models}\n", encoding="utf-8")

    assert [scope.value for scope in read_watched(file)] == ["amazon.nova-pro-v1:0"]


def test_half_of_a_days_limit_in_an_hour_is_critical():
    assert TIMES_EVEN_RATE * 60 * 2 == 24 * 60
    assert {row.name for row in SPEND_ALARMS} == {"warning", "critical"}
