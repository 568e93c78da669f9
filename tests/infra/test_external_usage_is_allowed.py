"""The comparison of usage does no more than its role allows, and does all that it is for."""

from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

from cost_sentry import bootstrap
from cost_sentry.domain.external_rules import ExternalUsageRules
from cost_sentry.handlers import usage_reconciliation
from tests.infra.recorded_house import SONNET, answering
from tests.infra.test_permissions_suffice import denied


def meter(model, at, calls, tokens):
    """What Bedrock metered of calls that the sentry never saw."""
    boto3.client("cloudwatch", region_name="us-east-1").put_metric_data(
        Namespace="AWS/Bedrock",
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": "ModelId", "Value": model}],
                "Timestamp": at,
                "Value": value,
            }
            for name, value in (("Invocations", calls), ("InputTokenCount", tokens))
        ],
    )


def reconcile(house):
    """One run of the schedule."""
    return house.task("usage_reconciliation", usage_reconciliation.handler)({})


@pytest.mark.slow
@pytest.mark.parametrize("tokens", [1_000, 10**9], ids=["paid for", "past every budget"])
def test_the_comparison_of_usage_asks_for_nothing_that_its_role_does_not_allow(house, dev, tokens):
    config = bootstrap.config_source().current()
    rules = ExternalUsageRules(())
    house.put_in_force(replace(config, external_usage=rules, alert_addresses=("ops@example.com",)))
    reconcile(house)
    house.call(SONNET, 500, "search", answering(400))
    house.project()
    meter(SONNET, house.clock.time + timedelta(minutes=2), 1_000, tokens)
    booked = 0
    for _ in range(9):
        house.clock.advance(minutes=1)
        booked += reconcile(house)["booked"]
        house.project()

    asked = {a for f, a, _ in house.recorder.calls if f == "usage_reconciliation"}
    assert booked > 0
    assert {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"} <= asked
    assert len(bootstrap.notices().due(house.clock.time + timedelta(hours=1), 10)) == 1
    assert denied(house, dev) == set()
