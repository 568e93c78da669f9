"""Amazon Bedrock's own metrics, and the names that stand in them: who may read them."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

PROFILES = "application-inference-profile/*"


def grant_read_usage(role: iam.IRole) -> None:
    """List metrics, read their points, and see which model is behind an inference profile.

    CloudWatch knows no narrower right than the account's. Any application inference profile of
    this account and Region may stand in a metric.
    """
    stack = cdk.Stack.of(role)
    here = f"arn:{stack.partition}:bedrock:{stack.region}:{stack.account}"
    for actions, resource in (
        (["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], "*"),
        (["bedrock:GetInferenceProfile"], f"{here}:{PROFILES}"),
    ):
        role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
