"""What is asked of CloudWatch, and what is made of its answers and of its silence."""

from datetime import timedelta

import pytest
from botocore.stub import Stubber

from cost_sentry.adapters.endpoint_figures import CloudWatchFigures
from cost_sentry.application.endpoint_ports import EndpointThrottled
from cost_sentry.domain.endpoint import EndpointKind, Snapshot
from tests.fakes.builders import NOON
from tests.fakes.stubbed_sagemaker import client
from tests.unit.domain.test_endpoint_plan import endpoint

MINUTE = timedelta(minutes=1)
SINCE = NOON - 60 * MINUTE
PLAIN = endpoint("chat", parts=("main",))
COMPONENTS = endpoint("ics", kind=EndpointKind.COMPONENTS, parts=("a", "b"))


class Answers:
    """CloudWatch that answers each metric as told; a metric not told has no values."""

    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.values: dict[tuple[str, str], dict] = {}
        self.status: dict[str, str] = {}

    def get_paginator(self, _name):
        return self

    def paginate(self, **asked):
        self.asked.append(asked)
        results = []
        for query in asked["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            part = metric["Dimensions"][-1]["Value"]
            values = self.values.get((metric["MetricName"], part), {})
            results.append(
                {
                    "Id": query["Id"],
                    "Timestamps": list(values),
                    "Values": list(values.values()),
                    "StatusCode": self.status.get(part, "Complete"),
                }
            )
        # In two pages, as CloudWatch may.
        half = len(results) // 2
        yield {"MetricDataResults": results[:half]}
        yield {"MetricDataResults": results[half:]}


def every_minute(value: float = 1, until: int = 0) -> dict:
    return {NOON - n * MINUTE: value for n in range(until + 1, 60)}


@pytest.fixture
def cloudwatch():
    return Answers()


def activity(cloudwatch, one=PLAIN):
    return CloudWatchFigures(cloudwatch).activities([one], SINCE, NOON).get(one.name)


def test_an_idle_endpoint_is_heard_and_was_not_called(cloudwatch):
    cloudwatch.values["CPUUtilization", "main"] = every_minute()
    cloudwatch.values["ConcurrentRequestsPerModel", "main"] = every_minute(0)

    found = activity(cloudwatch)

    assert (found.last_call_at, found.in_flight) == (None, 0)
    assert (found.heard_since, found.heard_until) == (NOON - 59 * MINUTE, NOON)


def test_silence_of_everything_is_ignorance_and_not_idleness(cloudwatch):
    found = activity(cloudwatch)

    assert (found.heard_since, found.in_flight) == (None, None)


def test_a_gap_of_half_an_hour_is_seen(cloudwatch):
    cloudwatch.values["CPUUtilization", "main"] = every_minute(until=30)

    assert activity(cloudwatch).heard_until == NOON - 30 * MINUTE


def test_calls_and_what_runs_are_counted(cloudwatch):
    cloudwatch.values["CPUUtilization", "main"] = every_minute()
    cloudwatch.values["Invocations", "main"] = {NOON - 12 * MINUTE: 3.0, NOON - 40 * MINUTE: 9.0}
    cloudwatch.values["ConcurrentRequestsPerModel", "main"] = {NOON - MINUTE: 1.2}

    found = activity(cloudwatch)

    assert (found.last_call_at, found.in_flight) == (NOON - 11 * MINUTE, 2)


def test_what_ran_long_ago_says_nothing_of_now(cloudwatch):
    cloudwatch.values["ConcurrentRequestsPerModel", "main"] = {NOON - 20 * MINUTE: 0.0}

    assert activity(cloudwatch).in_flight is None


def test_one_component_that_is_not_heard_hides_the_endpoint(cloudwatch):
    cloudwatch.values["CPUUtilizationNormalized", "a"] = every_minute()
    cloudwatch.values["ConcurrentRequestsPerCopy", "a"] = every_minute(0)

    found = activity(cloudwatch, COMPONENTS)

    assert (found.heard_since, found.in_flight) == (None, None)


def test_calls_of_all_components_count(cloudwatch):
    cloudwatch.values["Invocations", "a"] = {NOON - 30 * MINUTE: 1.0}
    cloudwatch.values["Invocations", "b"] = {NOON - 3 * MINUTE: 1.0}

    assert activity(cloudwatch, COMPONENTS).last_call_at == NOON - 2 * MINUTE


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_what_cloudwatch_could_not_read_whole_is_missing(cloudwatch, status):
    cloudwatch.status["main"] = status

    assert activity(cloudwatch) is None


def test_many_endpoints_are_asked_for_in_batches_of_five_hundred(cloudwatch):
    many = [endpoint(f"e{n}", parts=(f"p{n}",)) for n in range(200)]

    found = CloudWatchFigures(cloudwatch).activities(many, SINCE, NOON)

    assert [len(one["MetricDataQueries"]) for one in cloudwatch.asked] == [500, 100]
    assert len(found) == 200


def test_a_long_look_is_by_five_minutes(cloudwatch):
    CloudWatchFigures(cloudwatch).activities([PLAIN], NOON - timedelta(days=2), NOON)

    periods = {q["MetricStat"]["Period"] for q in cloudwatch.asked[0]["MetricDataQueries"]}
    assert periods == {300}


def test_who_is_called_in_vain_is_told_by_the_endpoint(cloudwatch):
    sleepers = [Snapshot(endpoint=one, content="{}") for one in (COMPONENTS, PLAIN)]
    cloudwatch.values["NoCapacityInvocationFailures", "b"] = {NOON - MINUTE: 1.0}

    figures = CloudWatchFigures(cloudwatch)

    assert figures.called_in_vain(sleepers, SINCE, NOON) == {"ics"}
    cloudwatch.values.clear()
    assert figures.called_in_vain(sleepers, SINCE, NOON) == set()


def test_what_is_sent_is_what_cloudwatch_takes_and_a_throttle_is_named():
    real = client("cloudwatch")
    stub = Stubber(real)
    stub.add_response("get_metric_data", {"MetricDataResults": []})
    stub.add_client_error("get_metric_data", "Throttling")
    figures = CloudWatchFigures(real)

    with stub:
        assert figures.activities([PLAIN], SINCE, NOON) == {}
        with pytest.raises(EndpointThrottled):
            figures.activities([PLAIN], SINCE, NOON)
