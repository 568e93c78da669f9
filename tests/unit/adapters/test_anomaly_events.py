"""Events of EventBridge as sightings: what is malformed is told, and never tried again."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.anomaly_events import EventNotUnderstood, sighting_from
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.incident import Sighting
from tests.fakes.builders import NOON

ANOMALY = {
    "source": "cost-sentry",
    "detail-type": "Anomaly",
    "detail": {
        "version": 1,
        "scope": ["application", "search/web"],
        "since": "2026-11-21T11:55:00+00:00",
        "now": "2026-11-21T12:00:00+00:00",
        "severity": "critical",
        "expectedPicodollarsPerMinute": "3000000000000",
        "seenPicodollarsPerMinute": "12000000000000",
        "factorPercent": 400,
    },
}
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
    )


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
        (changed(ANOMALY, ("detail", "version"), 2), "version 2; only 1"),
        (changed(ANOMALY, ("detail", "scope"), ["user", "x"]), "allowed: team, application, model"),
        (changed(ANOMALY, ("detail", "scope"), ["application", "x"]), "allowed: team/application"),
        (changed(ANOMALY, ("detail", "scope"), ["team", ""]), "a name of 0 characters"),
        (changed(ANOMALY, ("detail", "scope"), ["team", "x" * 129]), "a name of 129 characters"),
        (changed(ANOMALY, ("detail", "severity"), "bad"), "Severity"),
        (changed(ANOMALY, ("detail", "since"), "soon"), "isoformat"),
        (changed(ANOMALY, ("detail", "since"), "2026-11-21T11:55:00"), "has no time zone"),
        (changed(ANOMALY, ("detail", "now"), "2026-11-21T12:06:00+00:00"), "which is to come"),
        (changed(ANOMALY, ("detail", "seenPicodollarsPerMinute"), "-1"), "an amount of -1"),
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
