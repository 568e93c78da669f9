"""What functions may do to a workflow, which is made after them."""

from aws_cdk import aws_iam as iam


def grant_start(workflow_arn: str, grantee: iam.IGrantable) -> None:
    """Start executions of this workflow."""
    _allow("states:StartExecution", workflow_arn, grantee)


def grant_wake(workflow_arn: str, grantee: iam.IGrantable) -> None:
    """Tell an execution of this workflow, by its task token, that it need not wait any more."""
    _allow("states:SendTaskSuccess", workflow_arn, grantee)


def _allow(action: str, workflow_arn: str, grantee: iam.IGrantable) -> None:
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(actions=[action], resources=[workflow_arn])
    )
