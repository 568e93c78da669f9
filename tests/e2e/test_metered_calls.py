"""Calls to the stand-in show in the local CloudWatch as Bedrock's do, whoever makes them."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.adapters.cloudwatch_metrics import CloudWatchMetrics
from cost_sentry.domain.external_usage import total
from cost_sentry_local.stand_in_control import set_metric_lag

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

PREMIER = "us.amazon.nova-premier-v1:0"
"""Which no other test calls."""
MINUTE = timedelta(minutes=1)


def converse(cloud, model=PREMIER):
    answer = cloud.client("bedrock-runtime").converse(
        modelId=model,
        messages=[{"role": "user", "content": [{"text": "hello"}]}],
        inferenceConfig={"maxTokens": 20},
    )
    return answer["usage"]


def metered(cloud):
    """By the sentry's own adapter, of the minutes around now."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    metrics = CloudWatchMetrics(cloud.client("cloudwatch"))
    if PREMIER not in metrics.recent(now):
        return None
    found = metrics.minutes([PREMIER], now - 5 * MINUTE, now + MINUTE).get(PREMIER, {})
    every = total(found.values())
    return [every.calls, every.input_tokens, every.output_tokens]


def within(seconds, ask):
    until = time.monotonic() + seconds
    while (found := ask()) is None and time.monotonic() < until:
        time.sleep(0.2)
    return found


def test_a_call_past_the_sentry_is_metered_after_the_lag(local_cloud):
    try:
        set_metric_lag(local_cloud, 2)
        usage = converse(local_cloud)
        at_once = metered(local_cloud)
        later = within(20, lambda: metered(local_cloud))
    finally:
        set_metric_lag(local_cloud, 0)

    assert at_once is None
    assert later == [1, usage["inputTokens"], usage["outputTokens"]]


def test_a_lag_that_is_none_is_refused_in_words(local_cloud):
    with pytest.raises(ValueError, match="allowed are seconds from 0 to 86400"):
        set_metric_lag(local_cloud, -1)
