"""Scaling rules of endpoints, and the alarms that see a sleeper called in vain."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cost_sentry.adapters.sagemaker_errors import or_none
from cost_sentry.adapters.sagemaker_snapshot import resource_ids
from cost_sentry.domain.endpoint import WAKE_ALARM_PREFIX

_NAMESPACE = "sagemaker"
_STEPS = "StepScaling"
_COPIES = "sagemaker:inference-component:DesiredCopyCount"

Document = Mapping[str, Any]


class EndpointScaling:
    """Application Auto Scaling and CloudWatch's alarms, as far as endpoints go.

    Args:
        scaling: boto3 client of Application Auto Scaling.
        cloudwatch: boto3 client of CloudWatch.
    """

    def __init__(self, scaling: Any, cloudwatch: Any) -> None:  # noqa: ANN401 - boto3 clients
        self._scaling = scaling
        self._cloudwatch = cloudwatch

    def rules(
        self, endpoint: str, variants: Sequence[str], components: Sequence[str]
    ) -> tuple[list[Document], list[Document]]:
        """Targets and policies."""
        targets: list[Document] = []
        policies: list[Document] = []
        for dimension, ids in resource_ids(endpoint, variants, components).items():
            if ids:
                pages = self._scaling.get_paginator("describe_scalable_targets").paginate(
                    ServiceNamespace=_NAMESPACE, ResourceIds=ids, ScalableDimension=dimension
                )
                targets += [one for page in pages for one in page["ScalableTargets"]]
        for target in targets:
            policies += self._all_of(target, "describe_scaling_policies", "ScalingPolicies")
        return targets, policies

    def _all_of(self, target: Document, operation: str, rows: str) -> Iterator[Document]:
        """What belongs to this target, page by page."""
        pages = self._scaling.get_paginator(operation).paginate(
            ServiceNamespace=_NAMESPACE,
            ResourceId=target["ResourceId"],
            ScalableDimension=target["ScalableDimension"],
        )
        return (one for page in pages for one in page[rows])

    def lost_with_endpoint(
        self, targets: Sequence[Document], policies: Sequence[Document]
    ) -> str | None:
        """What of a plain endpoint's scaling would not be the same again, in words.

        Deleting it deletes all of its scaling. A target and a tracking policy, which has alarms of
        its own, are made again alike. A step policy would have another ARN than whatever alarm
        starts it; a scheduled action may be due while there is nothing to scale.
        """
        for policy in policies:
            if policy["PolicyType"] == _STEPS:
                name = policy["PolicyName"]
                return f"its step scaling policy {name} would have another ARN than alarms name"
        for target in targets:
            for one in self._all_of(target, "describe_scheduled_actions", "ScheduledActions"):
                return f"its scheduled scaling action {one['ScheduledActionName']} would be lost"
        return None

    def let_fall_to_zero(self, targets: Sequence[Document]) -> None:
        """Else target tracking would bring a copy back at once."""
        for target in targets:
            if target["ScalableDimension"] == _COPIES:
                self._register({**target, "MinCapacity": 0})

    def restore(self, targets: Sequence[Document], policies: Sequence[Document]) -> None:
        """As they were, where nobody made others meanwhile.

        Deleting an endpoint deletes those of its variants; of a component that sleeps only the
        minimum was lowered.
        """
        for target in targets:
            found = self._target(target)
            if found is None or _says(found, {**target, "MinCapacity": 0}):
                self._register(target)
        for policy in policies:
            if policy["PolicyName"] not in self._policies_of(policy):
                self._scaling.put_scaling_policy(ServiceNamespace=_NAMESPACE, **policy)

    def _target(self, target: Document) -> Document | None:
        found = self._scaling.describe_scalable_targets(
            ServiceNamespace=_NAMESPACE,
            ResourceIds=[target["ResourceId"]],
            ScalableDimension=target["ScalableDimension"],
        )["ScalableTargets"]
        return next(iter(found), None)

    def _policies_of(self, target: Document) -> set[str]:
        pages = self._scaling.get_paginator("describe_scaling_policies").paginate(
            ServiceNamespace=_NAMESPACE,
            ResourceId=target["ResourceId"],
            ScalableDimension=target["ScalableDimension"],
        )
        return {one["PolicyName"] for page in pages for one in page["ScalingPolicies"]}

    def watch(self, components: Sequence[str]) -> None:
        """An alarm for each, which EventBridge hears of.

        At least one failure within a minute. AWS's guide says *more than* one, by which a single
        caller, who tries once a minute, would never wake it.
        """
        for component in components:
            self._cloudwatch.put_metric_alarm(
                AlarmName=f"{WAKE_ALARM_PREFIX}{component}",
                AlarmDescription="Somebody calls an endpoint that cost-sentry put to sleep",
                Namespace="AWS/SageMaker",
                MetricName="NoCapacityInvocationFailures",
                Dimensions=[{"Name": "InferenceComponentName", "Value": component}],
                Statistic="Sum",
                Period=60,
                EvaluationPeriods=1,
                DatapointsToAlarm=1,
                Threshold=1,
                ComparisonOperator="GreaterThanOrEqualToThreshold",
                TreatMissingData="notBreaching",
            )

    def unwatch(self, components: Sequence[str]) -> None:
        """Alarms cost by the month, and are needed while it sleeps."""
        if components:
            names = [f"{WAKE_ALARM_PREFIX}{component}" for component in components]
            or_none(lambda: self._cloudwatch.delete_alarms(AlarmNames=names))

    def _register(self, target: Document) -> None:
        self._scaling.register_scalable_target(ServiceNamespace=_NAMESPACE, **target)


def _says(found: Document, target: Document) -> bool:
    return all(found.get(name) == target[name] for name in ("MinCapacity", "MaxCapacity"))
