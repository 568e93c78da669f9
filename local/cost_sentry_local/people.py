"""People at a command line: sessions of a role, as whoever signed in has one."""

import json
from contextlib import suppress

import boto3

from cost_sentry_client.operations import Operator
from cost_sentry_client.target import Target
from cost_sentry_client.target_options import TargetName
from cost_sentry_local.aws_clients import REGION
from cost_sentry_local.local_cloud import ACCOUNT, LocalCloud

_STAGE = "dev"


def make_role(cloud: LocalCloud, name: str) -> None:
    """A role that anybody may assume: the emulator does not ask. One that is there stays."""
    iam, document = cloud.client("iam"), json.dumps({"Version": "2012-10-17", "Statement": []})
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)


def person(cloud: LocalCloud, role: str, name: str) -> Operator:
    """Everything that ``cost-sentry`` can do, by somebody in a session of a role that exists."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    found = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
    session = boto3.Session(
        found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], REGION
    )
    place = f"local cloud at {cloud.endpoint}"
    return Operator(
        Target(
            name=TargetName.LOCAL,
            stage=_STAGE,
            place=place,
            session=session,
            endpoint_url=cloud.endpoint,
        )
    )


def principal(role: str, name: str) -> str:
    """As AWS knows them: whoever calls cannot sign with another's name."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"
