"""Application Auto Scaling, as far as endpoints go: its rules are kept. Nothing scales by them."""

import uuid
from collections.abc import Mapping, Sequence

from cost_sentry_local.aws_clients import REGION
from cost_sentry_local.local_cloud import ACCOUNT
from cost_sentry_local.sagemaker.errors import SageMakerError, invalid
from cost_sentry_local.sagemaker.pages import page
from cost_sentry_local.sagemaker.records import Json
from cost_sentry_local.sagemaker.world import World

_ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
_ROWS_MAX = 50
_BOUNDS = ("MinCapacity", "MaxCapacity", "SuspendedState")
_NAMED_IN_REQUESTS = ("ServiceNamespace", "ResourceId", "ScalableDimension")


def register_scalable_target(world: World, asked: Json) -> Json:
    """``RegisterScalableTarget``: a new one needs both bounds, one that is known what changes."""
    known = world.targets.get(_key(asked))
    made: Json = known or {**_named(asked), "CreationTime": world.now(), "RoleARN": _ROLE}
    given: Json = {
        k: asked[k] for k in ("MinCapacity", "MaxCapacity", "SuspendedState") if k in asked
    }
    target: Json = {**made, **given}
    target.setdefault("ScalableTargetARN", _arn("scalable-target"))
    if "MinCapacity" not in target or "MaxCapacity" not in target:
        raise invalid("MinCapacity and MaxCapacity are required to register a scalable target.")
    if target["MinCapacity"] > target["MaxCapacity"]:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    _check_resource(world, asked)
    world.targets[_key(asked)] = target
    return {"ScalableTargetARN": target["ScalableTargetARN"]}


def describe_scalable_targets(world: World, asked: Json) -> Json:
    """``DescribeScalableTargets``."""
    world.advance()
    ids = asked.get("ResourceIds")
    found = [
        target
        for (resource, dimension), target in sorted(world.targets.items())
        if (ids is None or resource in ids)
        and asked.get("ScalableDimension", dimension) == dimension
        and target["ServiceNamespace"] == asked["ServiceNamespace"]
    ]
    return page("ScalableTargets", found, {"MaxResults": _ROWS_MAX, **asked})


def deregister_scalable_target(world: World, asked: Json) -> Json:
    """``DeregisterScalableTarget``, and its policies and scheduled actions with it."""
    if world.targets.pop(_key(asked), None) is None:
        raise _no_target(asked)
    world.policies = {k: v for k, v in world.policies.items() if k[:2] != _key(asked)}
    world.scheduled = {k: v for k, v in world.scheduled.items() if k[:2] != _key(asked)}
    return {}


def put_scaling_policy(world: World, asked: Json) -> Json:
    """``PutScalingPolicy``, of a target that is registered."""
    world.advance()
    if _key(asked) not in world.targets:
        raise _no_target(asked)
    name = (*_key(asked), asked["PolicyName"])
    known = world.policies.get(name, {"CreationTime": world.now()})
    policy = {"PolicyType": "StepScaling", "PolicyARN": _arn("scalingPolicy"), **known, **asked}
    world.policies[name] = policy
    return {"PolicyARN": policy["PolicyARN"], "Alarms": []}


def describe_scaling_policies(world: World, asked: Json) -> Json:
    """``DescribeScalingPolicies``."""
    world.advance()
    found = _matching(world.policies, asked, asked.get("PolicyNames"))
    return page("ScalingPolicies", found, {"MaxResults": _ROWS_MAX, **asked})


def delete_scaling_policy(world: World, asked: Json) -> Json:
    """``DeleteScalingPolicy``."""
    if world.policies.pop((*_key(asked), asked["PolicyName"]), None) is None:
        raise SageMakerError("ObjectNotFoundException", "No scaling policy found.")
    return {}


def put_scheduled_action(world: World, asked: Json) -> Json:
    """``PutScheduledAction``, of a target that is registered; it is kept, and never due."""
    world.advance()
    if _key(asked) not in world.targets:
        raise _no_target(asked)
    name = (*_key(asked), asked["ScheduledActionName"])
    made: Json = {"CreationTime": world.now(), "ScheduledActionARN": _arn("scheduledAction")}
    action: Json = {**made, **world.scheduled.get(name, {}), **asked}
    if "Schedule" not in action:
        raise invalid("Schedule is required to create a scheduled action.")
    world.scheduled[name] = action
    return {}


def describe_scheduled_actions(world: World, asked: Json) -> Json:
    """``DescribeScheduledActions``."""
    world.advance()
    found = _matching(world.scheduled, asked, asked.get("ScheduledActionNames"))
    return page("ScheduledActions", found, {"MaxResults": _ROWS_MAX, **asked})


def delete_scheduled_action(world: World, asked: Json) -> Json:
    """``DeleteScheduledAction``."""
    if world.scheduled.pop((*_key(asked), asked["ScheduledActionName"]), None) is None:
        raise SageMakerError("ObjectNotFoundException", "No scheduled action found.")
    return {}


def _matching(
    kept: Mapping[tuple[str, str, str], Json], asked: Json, names: Sequence[str] | None
) -> list[Json]:
    """Of targets' policies or scheduled actions those that a request describes, in order."""
    return [
        one
        for (resource, dimension, name), one in sorted(kept.items())
        if asked.get("ResourceId", resource) == resource
        and asked.get("ScalableDimension", dimension) == dimension
        and one["ServiceNamespace"] == asked["ServiceNamespace"]
        and (names is None or name in names)
    ]


def _key(asked: Json) -> tuple[str, str]:
    return asked["ResourceId"], asked["ScalableDimension"]


def _named(asked: Json) -> Json:
    return {name: asked[name] for name in _NAMED_IN_REQUESTS}


def _no_target(asked: Json) -> SageMakerError:
    named = ", ".join(str(asked[name]) for name in _NAMED_IN_REQUESTS)
    return SageMakerError("ObjectNotFoundException", f"No scalable target found for {named}.")


def _check_resource(world: World, asked: Json) -> None:
    """Of SageMaker's resources those that are there."""
    kind, _, name = asked["ResourceId"].partition("/")
    world.advance()
    known = world.components if kind == "inference-component" else world.endpoints
    if name.partition("/")[0] not in known:
        raise invalid(f"There is no {asked['ResourceId']} to scale.")


def _arn(kind: str) -> str:
    return f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:{kind}/{uuid.uuid4()}"
