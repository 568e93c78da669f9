"""Events of EventBridge as sightings: what is malformed is told, and never tried again."""

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.anomaly_events import EventNotUnderstood, sighting_from
from cost_sentry.adapters.anomaly_record import anomaly_document
from cost_sentry.domain.anomaly import Anomaly, Evidence, Severity, Signal
from cost_sentry.domain.incident import Sighting
from tests.fakes.builders import NOON

TOLD = Anomaly(
    scope=("application", "search/web"),
    since=NOON - timedelta(minutes=5),
    now=NOON,
    severity=Severity.CRITICAL,
    expected_picodollars_per_minute=3 * 10**12,
    seen_picodollars_per_minute=12 * 10**12,
    factor_percent=400,
    evidence=Evidence(
        signal=Signal.CALLS,
        window_minutes=3,
        calls_percent=390,
        tokens_per_call_percent=103,
        cost_per_token_percent=None,
    ),
)
"""As the detector raises it."""


def told(anomaly=TOLD):
    return {
        "source": "cost-sentry",
        "detail-type": "Anomaly",
        "detail": json.loads(json.dumps(anomaly_document(anomaly))),
    }


ANOMALY = told()
# As the user guide of CloudWatch shows them, "Alarm events and EventBridge".
ALARM = {
    "source": "aws.cloudwatch",
    "detail-type": "CloudWatch Alarm State Change",
    "detail": {
        "alarmName": "CostSentry-dev-anomaly-critical-search",
        "state": {
            "value": "ALARM",
            "timestamp": "2026-11-21T11:59:40.985+0000",
            "reason": "Thresholds Crossed",
        },
        "previousState": {"value": "OK", "timestamp": "2026-11-21T11:00:00.000+0000"},
        "configuration": {
            "metrics": [
                {"id": "band", "expression": "ANOMALY_DETECTION_BAND(m1)", "returnData": True},
                {
                    "id": "m1",
                    "metricStat": {
                        "metric": {
                            "namespace": "CostSentry",
                            "name": "Spend",
                            "dimensions": {"team": "search", "service": "project_entries"},
                        },
                        "period": 60,
                        "stat": "Sum",
                    },
                },
            ]
        },
    },
}


def changed(event, path, value):
    event = copy.deepcopy(event)
    inner = event
    for part in path[:-1]:
        inner = inner[part]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return event


def dimensions(**given):
    path = ("detail", "configuration", "metrics", 1, "metricStat", "metric", "dimensions")
    return changed(ALARM, path, given)


def test_the_detectors_event_says_who_since_when_and_how_much():
    assert sighting_from(ANOMALY, NOON) == Sighting(
        scope={"team": "search", "application": "web"},
        severity=Severity.CRITICAL,
        since=NOON - timedelta(minutes=5),
        seen_at=NOON,
        source="detector",
        usual=3 * 10**12,
        seen=12 * 10**12,
        percent=400,
        how="calls 390 %, tokens a call 103 %",
        is_compared=True,
    )


def test_a_scope_without_a_past_has_no_usual_rate():
    new = replace(TOLD.evidence, signal=Signal.NEW, calls_percent=None)
    anomaly = replace(TOLD, expected_picodollars_per_minute=0, evidence=new)

    seen = sighting_from(told(anomaly), NOON)

    assert (seen.usual, seen.percent, seen.how) == (None, None, "tokens a call 103 %")


def test_a_model_is_known_without_its_geography():
    anomaly = replace(TOLD, scope=("model", "us.amazon.nova-pro-v1:0"))

    assert sighting_from(told(anomaly), NOON).scope == {"model": "amazon.nova-pro-v1:0"}


def test_an_alarm_says_who_by_its_dimensions_and_how_bad_by_its_name():
    seen = sighting_from(ALARM, NOON)

    assert (seen.scope, seen.severity) == ({"team": "search"}, Severity.CRITICAL)
    assert seen.seen_at == datetime(2026, 11, 21, 11, 59, 40, 985000, tzinfo=UTC)
    assert (seen.usual, seen.seen, seen.has_ended) == (None, None, False)


def test_an_alarm_that_is_ok_again_says_that_it_is_over():
    assert sighting_from(changed(ALARM, ("detail", "state", "value"), "OK"), NOON).has_ended


@pytest.mark.parametrize(
    ("given", "scope"),
    [
        ({"team": "search", "application": "web"}, {"team": "search", "application": "web"}),
        (
            {"ModelId": "us.amazon.nova-pro-v1:0"},
            {"model": "amazon.nova-pro-v1:0"},
        ),
        ({"model": "amazon.nova-pro-v1:0"}, {"model": "amazon.nova-pro-v1:0"}),
    ],
)
def test_a_scope_is_what_budgets_have(given, scope):
    assert sighting_from(dimensions(**given), NOON).scope == scope


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({}, "an event of None, None tells of no anomaly"),
        ({"source": "aws.ec2", "detail-type": "x"}, "tells of no anomaly"),
        (changed(ANOMALY, ("detail",), None), "malformed Anomaly"),
        (changed(ANOMALY, ("detail", "version"), 2), "only 1"),
        (
            changed(ANOMALY, ("detail", "scope"), {"kind": "user", "id": "x"}),
            "allowed: team, application, model",
        ),
        (
            changed(ANOMALY, ("detail", "scope"), {"kind": "application", "id": "x"}),
            "allowed: team/application",
        ),
        (changed(ANOMALY, ("detail", "scope", "id"), "/web"), "a name of 0 characters"),
        (
            changed(ANOMALY, ("detail", "scope"), {"kind": "team", "id": "x" * 129}),
            "a name of 129 characters",
        ),
        (changed(ANOMALY, ("detail", "severity"), "bad"), "Severity"),
        (changed(ANOMALY, ("detail", "since"), "soon"), "isoformat"),
        (changed(ANOMALY, ("detail", "since"), "2026-11-21T11:55:00"), "offset from UTC"),
        (changed(ANOMALY, ("detail", "now"), "2026-11-21T12:06:00+00:00"), "which is to come"),
        (changed(ANOMALY, ("detail", "seenUsdPerMinute"), "-1"), "non-negative"),
        (changed(ALARM, ("detail", "state", "value"), "INSUFFICIENT_DATA"), "allowed: ALARM, OK"),
        (changed(ALARM, ("detail", "configuration", "metrics"), []), "none of its metrics"),
        (dimensions(FunctionName="admit"), "none of its metrics"),
    ],
)
def test_what_is_malformed_or_of_nobody_is_told_in_one_sentence(event, says):
    with pytest.raises(EventNotUnderstood) as caught:
        sighting_from(event, NOON)

    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
paths = [(ANOMALY, ("detail", name)) for name in ANOMALY["detail"]] + [
    (ALARM, ("detail", "state")),
    (ALARM, ("detail", "configuration")),
    (ALARM, ("detail",)),
]


@given(st.sampled_from(paths), json_values)
def test_whatever_stands_in_a_field_it_is_a_sighting_or_not_understood(place, value):
    event, path = place
    try:
        seen = sighting_from(changed(event, path, value), NOON)
    except EventNotUnderstood:
        return
    assert isinstance(seen, Sighting)
