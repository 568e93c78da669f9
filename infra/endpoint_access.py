"""Who may put SageMaker endpoints to sleep and wake them, and stop jobs: by tag, where IAM can.

And who may call those that are models of ``sentry.yaml``: by name.
"""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cost_sentry.domain.endpoint import MAY_SLEEP_TAG, WAKE_ALARM_PREFIX, YES
from cost_sentry.domain.job_guard import HOURS_TAG, MONEY_TAG

ENDPOINT, CONFIG, COMPONENT = "endpoint/*", "endpoint-config/*", "inference-component/*"
MODEL, PACKAGE = "model/*", "model-package/*"
JOBS = ("training-job/*", "notebook-instance/*")
WAKE_ALARMS = f"alarm:{WAKE_ALARM_PREFIX}*"
TRACKING_ALARMS = "alarm:TargetTracking-*"
"""What Application Auto Scaling calls the alarms of a policy that is put back."""

_OF_VARIANTS = {
    "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount"
}


class EndpointAccess(Construct):
    """Rights over SageMaker, as policies that functions share.

    What takes away or brings back an endpoint asks for its tag. An inference component does not
    carry the tag of its endpoint, so there IAM cannot; the sentry looks at the endpoint itself.
    """

    def __init__(self, scope: Construct, construct_id: str, *, called: Sequence[str]) -> None:
        """``called``: see ``read_called_endpoints``."""
        super().__init__(scope, construct_id)
        self._called = [self._sagemaker(one) for one in called]
        self._sleeping = iam.Policy(
            self,
            "Sleeping",
            statements=[*self._look(), *self._change(), *self._scaling()],
        )
        self._guarding = iam.Policy(self, "Guarding", statements=self._jobs())

    def grant_scale(self, role: iam.IRole) -> None:
        """Put endpoints to sleep and wake them."""
        self._sleeping.attach_to_role(role)

    def grant_guard(self, role: iam.IRole) -> None:
        """Stop jobs and notebooks that carry a limit."""
        self._guarding.attach_to_role(role)

    def grant_call(self, role: iam.IRole) -> None:
        """Call the endpoints that are models, and no other; nothing where there are none."""
        if self._called:
            calling = self._statement(["sagemaker:InvokeEndpoint"], self._called)
            iam.Policy(self, "Calling", statements=[calling]).attach_to_role(role)

    def _look(self) -> list[iam.PolicyStatement]:
        describe = ("DescribeEndpoint", "DescribeEndpointConfig", "DescribeInferenceComponent")
        return [
            self._statement(
                [f"sagemaker:{one}" for one in (*describe, "ListTags")],
                [self._sagemaker(one) for one in (ENDPOINT, CONFIG, COMPONENT)],
            ),
            # What an endpoint would be made again from; a package may be another account's.
            self._statement(["sagemaker:DescribeModel"], [self._sagemaker(MODEL)]),
            self._statement(
                ["sagemaker:DescribeModelPackage"], [self._arn("sagemaker", PACKAGE, account="*")]
            ),
            # These have no resource to name.
            self._statement(
                [
                    "tag:GetResources",
                    "sagemaker:ListEndpoints",
                    "sagemaker:ListInferenceComponents",
                    "cloudwatch:GetMetricData",
                ],
                ["*"],
            ),
        ]

    def _change(self) -> list[iam.PolicyStatement]:
        tagged = {"StringEquals": {f"aws:ResourceTag/{MAY_SLEEP_TAG}": YES}}
        asked = {"StringEquals": {f"aws:RequestTag/{MAY_SLEEP_TAG}": YES}}
        adding = {"StringEquals": {"sagemaker:TaggingAction": "CreateEndpoint"}}
        return [
            self._statement(
                ["sagemaker:DeleteEndpoint", "sagemaker:InvokeEndpoint"],
                [self._sagemaker(ENDPOINT)],
                tagged,
            ),
            self._statement(["sagemaker:CreateEndpoint"], [self._sagemaker(ENDPOINT)], asked),
            self._statement(["sagemaker:AddTags"], [self._sagemaker(ENDPOINT)], adding),
            self._statement(
                ["sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig"],
                [self._sagemaker(CONFIG)],
            ),
            self._statement(
                ["sagemaker:UpdateInferenceComponentRuntimeConfig", "sagemaker:InvokeEndpoint"],
                [self._sagemaker(COMPONENT)],
            ),
        ]

    def _scaling(self) -> list[iam.PolicyStatement]:
        only = {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}}
        put = ["application-autoscaling:RegisterScalableTarget"]
        put += ["application-autoscaling:PutScalingPolicy"]
        look = ["application-autoscaling:DescribeScalableTargets"]
        look += ["application-autoscaling:DescribeScalingPolicies"]
        look += ["application-autoscaling:DescribeScheduledActions"]
        return [
            self._statement(look, ["*"]),
            self._statement(put, ["*"], only),
            # AWS asks for it of whoever deletes an endpoint that scales: its variants go too.
            self._statement(
                ["application-autoscaling:DeregisterScalableTarget"],
                ["*"],
                {"StringEquals": {**only["StringEquals"], **_OF_VARIANTS}},
            ),
            self._statement(
                ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
                [self._cloudwatch(WAKE_ALARMS)],
            ),
            self._statement(["cloudwatch:PutMetricAlarm"], [self._cloudwatch(TRACKING_ALARMS)]),
        ]

    def _jobs(self) -> list[iam.PolicyStatement]:
        training, notebook = (self._sagemaker(one) for one in JOBS)
        stops = [
            self._statement(
                ["sagemaker:StopTrainingJob", "sagemaker:StopNotebookInstance"],
                [training, notebook],
                {"Null": {f"aws:ResourceTag/{tag}": "false"}},
            )
            for tag in (HOURS_TAG, MONEY_TAG)
        ]
        look = ["sagemaker:DescribeTrainingJob", "sagemaker:DescribeNotebookInstance"]
        # These have no resource to name.
        lists = ["sagemaker:ListTrainingJobs", "sagemaker:ListNotebookInstances"]
        return [
            self._statement(look, [training, notebook]),
            self._statement(lists, ["*"]),
            *stops,
        ]

    def _statement(
        self,
        actions: list[str],
        resources: list[str],
        conditions: dict[str, dict[str, str]] | None = None,
    ) -> iam.PolicyStatement:
        return iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions)

    def _sagemaker(self, resource: str) -> str:
        return self._arn("sagemaker", resource)

    def _cloudwatch(self, resource: str) -> str:
        return self._arn("cloudwatch", resource)

    def _arn(self, service: str, resource: str, account: str | None = None) -> str:
        stack = cdk.Stack.of(self)
        owner = account or stack.account
        return f"arn:{stack.partition}:{service}:{stack.region}:{owner}:{resource}"
