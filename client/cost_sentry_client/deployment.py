"""Where a deployed sentry is, told by the outputs of its CloudFormation stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cost_sentry.domain.caller import Caller
from cost_sentry_client.problems import Problem

if TYPE_CHECKING:
    import boto3

STAGE_DEFAULT = "dev"


class DeploymentNotFound(Problem):
    """There is no stack of that name in this account and region, or it is not finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployed stage."""

    stage: str
    account_id: str
    region: str
    outputs: Mapping[str, str]

    @property
    def table_name(self) -> str:
        """The ledger."""
        return self._output("LedgerTableName")

    def guarded_invocation_arn(self, caller: Caller) -> str:
        """The workflow that this caller starts; there is one if ``sentry.yaml`` had it then."""
        return self._output("GuardedInvocationArnPrefix") + caller.workflow_suffix

    @property
    def alert_topic_arn(self) -> str:
        """Where alerts are published."""
        return self._output("AlertTopicArn")

    def function_name(self, name: str) -> str:
        """Of a function, by its name in the house: ``ask_for_more``."""
        return self._output(f"{''.join(word.capitalize() for word in name.split('_'))}FunctionName")

    def _output(self, name: str) -> str:
        if name not in self.outputs:
            raise DeploymentNotFound(
                f"the stack has no output {name}",
                where=f"{stack_name(self.stage)} in account {self.account_id}, {self.region}",
                fix="deploy it again with this version of cost-sentry: npx cdk deploy",
            )
        return self.outputs[name]


def stack_name(stage: str) -> str:
    """The CloudFormation stack of this stage."""
    return f"CostSentry-{stage}"


def find_deployment(
    session: "boto3.Session", stage: str, endpoint_url: str | None = None
) -> Deployment:
    """The deployment of ``stage``; ``DeploymentNotFound`` says how to make one."""
    cloudformation = session.client("cloudformation", endpoint_url=endpoint_url)
    name = stack_name(stage)
    meta = cloudformation.meta
    where = f"stack {name}, region {meta.region_name}, {meta.endpoint_url}"
    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        stacks = []
    if not stacks:
        raise DeploymentNotFound(
            f"no cost sentry is deployed as stage {stage!r}",
            where=where,
            fix=f"deploy it with `npx cdk deploy -c stage={stage}` (on this machine:"
            " `cost-sentry local up`), or name another with --stage, --region or --profile",
        )
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stacks[0].get("Outputs", [])}
    # arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
    _, _, _, region, account_id, *_ = stacks[0]["StackId"].split(":")
    return Deployment(stage=stage, account_id=account_id, region=region, outputs=outputs)
