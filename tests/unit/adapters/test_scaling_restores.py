"""Scaling comes back exactly, or the endpoint is not taken away: over the stand-in."""

from unittest.mock import MagicMock

import pytest

from cost_sentry.adapters.endpoint_scaling import EndpointScaling
from cost_sentry.adapters.sagemaker_endpoints import SageMakerEndpoints
from tests.unit.local.sagemaker_kit import COPIES, running_stand_in

OF_VARIANT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/chat/variant/main",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
OF_COMPONENT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "inference-component/ic",
    "ScalableDimension": COPIES,
}
STEPS = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 2}],
}
TRACKING = {
    "TargetValue": 5.0,
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    },
}


@pytest.fixture
def world():
    with running_stand_in() as stand_in:
        stand_in.adapter = SageMakerEndpoints(
            stand_in.sagemaker,
            stand_in.runtime,
            MagicMock(),
            EndpointScaling(stand_in.scaling, MagicMock()),
        )
        yield stand_in


def scale(world, target):
    world.scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4)


def step_by_step(world, target):
    world.scaling.put_scaling_policy(
        **target,
        PolicyName="burst",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration=STEPS,
    )


def by_the_clock(world, target):
    world.scaling.put_scheduled_action(
        **target,
        ScheduledActionName="mornings",
        Schedule="cron(0 8 * * ? *)",
        ScalableTargetAction={"MinCapacity": 4, "MaxCapacity": 8},
    )


@pytest.mark.parametrize(
    ("add", "why"),
    [
        (step_by_step, "its step scaling policy burst would have another ARN than alarms name"),
        (by_the_clock, "its scheduled scaling action mornings would be lost"),
    ],
)
def test_a_plain_endpoint_whose_scaling_would_not_come_back_exactly_is_not_taken_away(
    world, add, why
):
    world.plain()
    scale(world, OF_VARIANT)
    snapshot = world.adapter.snapshot("chat")
    assert world.adapter.why_not_again(snapshot) is None

    add(world, OF_VARIANT)

    assert world.adapter.why_not_again(world.adapter.snapshot("chat")) == why


def test_a_plain_endpoint_that_scales_by_tracking_comes_back_with_the_same_rules(world):
    world.plain()
    scale(world, OF_VARIANT)
    world.scaling.put_scaling_policy(
        **OF_VARIANT,
        PolicyName="by-load",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING,
    )
    snapshot = world.adapter.snapshot("chat")
    assert world.adapter.why_not_again(snapshot) is None

    world.adapter.put_to_sleep(snapshot)
    world.wait(10)
    assert (
        world.scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
        == []
    )
    world.adapter.restore(snapshot)
    world.wait(10)
    world.adapter.finish(snapshot)

    assert world.adapter.snapshot("chat").digest == snapshot.digest


def test_what_steps_or_is_scheduled_of_components_stays_where_it_is_while_they_sleep(world):
    world.of_components()
    scale(world, OF_COMPONENT)
    step_by_step(world, OF_COMPONENT)
    by_the_clock(world, OF_COMPONENT)
    before = told(world)
    snapshot = world.adapter.snapshot("chat")
    assert world.adapter.why_not_again(snapshot) is None

    world.adapter.put_to_sleep(snapshot)
    world.wait(10)
    world.adapter.restore(snapshot)
    world.wait(10)
    world.adapter.finish(snapshot)

    assert told(world) == before


def told(world):
    """Policies with their ARNs, and scheduled actions."""
    every = {"ServiceNamespace": "sagemaker"}
    policies = world.scaling.describe_scaling_policies(**every)["ScalingPolicies"]
    actions = world.scaling.describe_scheduled_actions(**every)["ScheduledActions"]
    assert len(policies) == len(actions) == 1
    return policies, actions
