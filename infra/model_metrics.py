"""Amazon Bedrock's own metrics: who may read them."""

from aws_cdk import aws_iam as iam


def grant_read_metrics(grantee: iam.IGrantable) -> None:
    """List metrics and read their points; CloudWatch knows no narrower right than the account's."""
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], resources=["*"]
        )
    )
