"""Deploying a synthesized CDK app to the local cloud: the template itself, without the CDK CLI."""

from pathlib import Path

from botocore.client import BaseClient
from botocore.exceptions import ClientError, WaiterError

from cost_sentry_local.assembly import Asset, StackTemplate, read_stacks
from cost_sentry_local.local_cloud import REGION, LocalCloud

_BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_WAIT = {"Delay": 1, "MaxAttempts": 120}


class DeploymentFailed(Exception):  # noqa: N818 - named as the message reads
    """CloudFormation refused a stack; the message lists each resource and its reason."""


def deploy(cloud: LocalCloud, assembly_dir: Path) -> dict[str, str]:
    """Create or update every stack of an assembly; doing it twice changes nothing.

    Returns:
        The outputs of all stacks by their keys.

    Raises:
        AssemblyMissing: the directory holds no synthesized app.
        DeploymentFailed: CloudFormation refused it.
    """
    account = cloud.client("sts").get_caller_identity()["Account"]
    outputs: dict[str, str] = {}
    _bootstrap(cloud.client("ssm"))
    for stack in read_stacks(assembly_dir, account=account, region=REGION):
        _upload(cloud.client("s3"), stack.assets)
        outputs |= _apply(cloud, stack)
    return outputs


def _bootstrap(ssm: BaseClient) -> None:
    """What `cdk bootstrap` leaves behind for the templates' own version check."""
    ssm.put_parameter(Name=_BOOTSTRAP_VERSION, Value="31", Type="String", Overwrite=True)


def _upload(s3: BaseClient, assets: tuple[Asset, ...]) -> None:
    for asset in assets:
        if not _exists(lambda asset=asset: s3.head_object(Bucket=asset.bucket, Key=asset.key)):
            if not _exists(lambda asset=asset: s3.head_bucket(Bucket=asset.bucket)):
                s3.create_bucket(Bucket=asset.bucket)
            s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=asset.content())


def _exists(look) -> bool:  # noqa: ANN001 - a bound client call
    try:
        look()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # noqa: PLR2004
            return False
        raise
    return True


def _apply(cloud: LocalCloud, stack: StackTemplate) -> dict[str, str]:
    cloudformation = cloud.client("cloudformation")
    request = {
        "StackName": stack.name,
        # By address, as the CDK CLI does: a template over 51,200 bytes cannot be sent inline.
        "TemplateURL": f"{cloud.endpoint}/{stack.template.bucket}/{stack.template.key}",
        "Capabilities": _CAPABILITIES,
    }
    try:
        if _deployed(cloudformation, stack.name):
            cloudformation.update_stack(**request)
            _wait(cloudformation, "stack_update_complete", stack.name)
        else:
            cloudformation.create_stack(**request)
            _wait(cloudformation, "stack_create_complete", stack.name)
    except ClientError as error:
        if "No updates are to be performed" not in error.response["Error"]["Message"]:
            raise DeploymentFailed(f"{stack.name}: {error}") from error
    described = cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _deployed(cloudformation: BaseClient, name: str) -> bool:
    try:
        cloudformation.describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return False
        raise
    return True


def _wait(cloudformation: BaseClient, waiter: str, name: str) -> None:
    try:
        cloudformation.get_waiter(waiter).wait(StackName=name, WaiterConfig=_WAIT)
    except WaiterError as error:
        raise DeploymentFailed(_reasons(cloudformation, name)) from error


def _reasons(cloudformation: BaseClient, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
    lines = [
        f"  {event['LogicalResourceId']} ({event['ResourceType']}):"
        f" {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(failed)
    ]
    return "\n".join([f"{name} could not be deployed:", *lines])
