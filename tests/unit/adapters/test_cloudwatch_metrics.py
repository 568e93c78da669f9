"""Points of CloudWatch as counts of a minute: none twice, none that is none, and all of them."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from cost_sentry.adapters.cloudwatch_metrics import (
    LISTED_FOR,
    METRICS,
    PAGES_MAX,
    QUERIES_MAX,
    CloudWatchMetrics,
)
from cost_sentry.application.usage_ports import MetricsUnavailable
from cost_sentry.domain.meter import Counts
from tests.fakes.builders import NOON
from tests.fakes.reconciliations import MINUTE, NOVA

OTHER = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
UNTIL = NOON + 10 * MINUTE


class FakeCloudWatch:
    """Answers with points by model and metric; ``pages`` cuts answers into so many."""

    def __init__(self, points=None, listed=(), errors=()):
        self.points, self.listed = points or {}, list(listed)
        self.errors, self.queries, self.lists = list(errors), [], 0
        self.statuses, self.pages, self.whole_lists = {}, 1, 0

    def list_metrics(self, **asked):
        assert asked["Namespace"] == "AWS/Bedrock"
        assert asked.get("RecentlyActive") in ("PT3H", None)
        self._fail()
        self.lists += 1
        self.whole_lists += "RecentlyActive" not in asked
        half = len(self.listed) // 2
        if "NextToken" not in asked and half:
            return {"Metrics": self.listed[:half], "NextToken": "more"}
        return {"Metrics": self.listed[half:]}

    def get_metric_data(self, **asked):
        self._fail()
        queries = asked["MetricDataQueries"]
        assert len(queries) <= QUERIES_MAX
        page = int(asked.get("NextToken", 0))
        if page == 0:
            self.queries.append(queries)
        found = [self._result(query, page) for query in queries]
        more = {"NextToken": str(page + 1)} if page + 1 < self.pages else {}
        return {"MetricDataResults": found, **more}

    def _result(self, query, page):
        metric = query["MetricStat"]["Metric"]
        name = metric["Dimensions"][0]["Value"], metric["MetricName"]
        points = self.points.get(name, [])[page :: self.pages]
        status = self.statuses.get(name, "Complete")
        return {
            "Id": query["Id"],
            "StatusCode": status if page + 1 == self.pages else "PartialData",
            "Timestamps": [at for at, _ in points],
            "Values": [value for _, value in points],
        }

    def _fail(self):
        if self.errors:
            raise self.errors.pop(0)


def listed(model, *names):
    dimensions = [{"Name": "ModelId", "Value": model}]
    return [{"MetricName": name, "Dimensions": dimensions} for name in names]


def throttled():
    return ClientError({"Error": {"Code": "Throttling", "Message": "slow"}}, "GetMetricData")


def test_every_metric_becomes_its_count_of_its_minute():
    points = {(NOVA, name): [(NOON, float(n + 1))] for n, name in enumerate(METRICS)}

    found = CloudWatchMetrics(FakeCloudWatch(points)).minutes([NOVA], NOON, UNTIL)

    assert found == {
        NOVA: {
            NOON: Counts(
                calls=1,
                input_tokens=2,
                output_tokens=3,
                cache_read_tokens=5,
                cache_write_tokens=7,
            )
        }
    }


@pytest.mark.parametrize("name", ["CacheReadInputTokens", "CacheReadInputTokenCount"])
def test_tokens_of_the_cache_count_under_whichever_name_they_have_and_never_under_both(name):
    alone = FakeCloudWatch({(NOVA, name): [(NOON, 9.0)]})
    both = FakeCloudWatch(
        {(NOVA, n): [(NOON, 9.0)] for n in ("CacheReadInputTokens", "CacheReadInputTokenCount")}
    )

    for client in (alone, both):
        [counts] = CloudWatchMetrics(client).minutes([NOVA], NOON, UNTIL)[NOVA].values()
        assert counts == Counts(cache_read_tokens=9)


def test_points_on_several_pages_are_all_read():
    client = FakeCloudWatch({(NOVA, "Invocations"): [(NOON + n * MINUTE, 1.0) for n in range(9)]})
    client.pages = 4

    assert len(CloudWatchMetrics(client).minutes([NOVA], NOON, UNTIL)[NOVA]) == 9


def test_many_models_are_asked_about_in_parts_of_five_hundred():
    models = [f"amazon.model-{n}" for n in range(100)]
    client = FakeCloudWatch({(models[-1], "Invocations"): [(NOON, 2.0)]})

    found = CloudWatchMetrics(client).minutes(models, NOON, UNTIL)

    assert [len(queries) for queries in client.queries] == [500, 200]
    assert found == {models[-1]: {NOON: Counts(calls=2)}}


def test_models_of_two_weeks_are_listed_apart_and_asked_for_by_their_own_metrics():
    client = FakeCloudWatch(listed=listed(NOVA, "Invocations") + listed(OTHER, "Invocations"))
    metrics = CloudWatchMetrics(client)

    for later in (timedelta(0), LISTED_FOR - MINUTE):
        assert metrics.listed(NOON + later) == sorted((NOVA, OTHER))
    metrics.minutes([NOVA], NOON, UNTIL)

    assert (client.lists, client.whole_lists) == (2, 2)  # Two pages, once.
    assert [len(queries) for queries in client.queries] == [1]


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (NOON, float("nan")),
        (NOON, float("inf")),
        (NOON, -3.0),
        (NOON, 0.0),
        (NOON, 1e300),
        (NOON, "7"),
        (NOON, True),
        (NOON, None),
        (NOON.replace(tzinfo=None), 7.0),
        ("2026-11-21T12:00:00Z", 7.0),
        (NOON - MINUTE, 7.0),
        (UNTIL, 7.0),
    ],
)
def test_a_point_that_says_no_number_of_a_minute_that_was_asked_for_is_left_out(at, value):
    client = FakeCloudWatch({(NOVA, "Invocations"): [(at, value), (NOON + MINUTE, 2.0)]})

    found = CloudWatchMetrics(client).minutes([NOVA], NOON, UNTIL)

    assert found == {NOVA: {NOON + MINUTE: Counts(calls=2)}}


def test_of_a_point_that_comes_twice_the_larger_counts():
    client = FakeCloudWatch({(NOVA, "Invocations"): [(NOON, 5.0), (NOON, 5.0), (NOON, 3.0)]})

    assert CloudWatchMetrics(client).minutes([NOVA], NOON, UNTIL)[NOVA][NOON] == Counts(calls=5)


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_what_cloudwatch_leaves_out_is_not_taken_for_nothing(status):
    client = FakeCloudWatch({(NOVA, "Invocations"): [(NOON, 5.0)]})
    client.statuses[NOVA, "Invocations"] = status

    with pytest.raises(MetricsUnavailable, match="left out"):
        CloudWatchMetrics(client).minutes([NOVA], NOON, UNTIL)


@pytest.mark.parametrize("error", [throttled(), ReadTimeoutError(endpoint_url="https://cw")])
def test_a_cloudwatch_that_does_not_answer_is_unavailable(error):
    with pytest.raises(MetricsUnavailable, match="could not be asked"):
        CloudWatchMetrics(FakeCloudWatch(errors=[error])).minutes([NOVA], NOON, UNTIL)
    with pytest.raises(MetricsUnavailable, match="could not be asked"):
        CloudWatchMetrics(FakeCloudWatch(errors=[error])).recent(NOON)


def test_an_answer_without_end_is_unavailable():
    client = FakeCloudWatch({(NOVA, "Invocations"): [(NOON, 5.0)]})
    client.pages = PAGES_MAX + 1

    with pytest.raises(MetricsUnavailable, match="did not end"):
        CloudWatchMetrics(client).minutes([NOVA], NOON, UNTIL)


def test_a_span_without_minutes_asks_nothing():
    client = FakeCloudWatch()

    assert CloudWatchMetrics(client).minutes([NOVA], NOON, NOON) == {}
    assert client.queries == []


def test_models_are_those_with_metrics_of_the_runtime_and_one_dimension():
    strange = [
        {"MetricName": "Invocations", "Dimensions": []},
        {"MetricName": "Invocations", "Dimensions": [{"Name": "Project", "Value": "p"}]},
        {"MetricName": "Invocations", "Dimensions": [{"Name": "ModelId", "Value": "a\nb"}]},
        {"MetricName": "Invocations"},
        {},
        *listed("amazon.nova-micro-v1:0", "InvocationLatency"),
    ]
    client = FakeCloudWatch(
        listed=[*listed(NOVA, "Invocations"), *strange, *listed(OTHER, *METRICS)]
    )

    assert CloudWatchMetrics(client).recent(NOON) == sorted([NOVA, OTHER])


def test_models_are_listed_every_few_minutes_and_asked_for_what_they_have():
    client = FakeCloudWatch(listed=listed(NOVA, "Invocations", "InputTokenCount"))
    metrics = CloudWatchMetrics(client)
    for seconds in (0, 60, 240):
        metrics.recent(NOON + timedelta(seconds=seconds))
    lists = client.lists
    metrics.minutes([NOVA, OTHER], NOON, UNTIL)
    metrics.recent(NOON + LISTED_FOR)

    assert lists == 2, "one list of two pages"
    assert client.lists == 4
    assert [len(queries) for queries in client.queries] == [2 + len(METRICS)]
