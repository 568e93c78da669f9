"""Calls of functions that want to know who calls: signed by AWS's own rules, with your credentials.

The signature is of a question to AWS STS, *who am I*, with what is to be done in a signed header.
The function sends that question on; it cannot be used for anything else, and is old in minutes.
"""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from cost_sentry.adapters.sts_endpoint import sts_endpoint
from cost_sentry.adapters.sts_identity import CONTENT_TYPE, QUESTION
from cost_sentry.domain.approval_deed import DEED_HEADER, deed
from cost_sentry_client.operations import Operator
from cost_sentry_client.problems import Problem

_PATIENT = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}
)
"""Safe: each of these calls does the same however often it is made."""
_FIXES = {
    "CallerUnproven": "sign in again (`aws sts get-caller-identity` shows as whom), and look at"
    " this machine's clock",
    "RequestRefused": "correct it and try again",
    "ConfigurationError": "look at `cost-sentry config diff`, and apply a sentry.yaml that holds",
}


def call_signed(
    operator: Operator, function: str, verb: str, body: Mapping[str, object]
) -> dict[str, Any]:
    """What the function answers; ``Problem`` if it failed.

    Args:
        operator: the deployment, and whose credentials sign.
        function: its name in the house.
        verb: what is to be done.
        body: JSON-safe; signed as a whole.
    """
    deployment, target = operator.deployment, operator.target
    signed = deed(deployment.alert_topic_arn, verb, body)
    proof = proof_of(target.session, signed, deployment.region, target.endpoint_url)
    answer = lambda_client(operator).invoke(
        FunctionName=deployment.function_name(function),
        Payload=json.dumps({"verb": verb, "body": body, "proof": proof}).encode(),
    )
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise _failed(function, told)
    return told


def lambda_client(operator: Operator) -> Any:  # noqa: ANN401 - one of boto3's generated clients
    """A client that asks again when an answer is lost."""
    target = operator.target
    return target.session.client("lambda", endpoint_url=target.endpoint_url, config=_PATIENT)


def proof_of(
    session: boto3.Session, signed: str, region: str, endpoint_url: str | None = None
) -> dict[str, str | None]:
    """The signature of this session's credentials over this deed.

    ``NoCredentialsError`` if it has none.
    """
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    request = AWSRequest(
        method="POST",
        url=sts_endpoint(region, endpoint_url),
        data=QUESTION,
        headers={"Content-Type": CONTENT_TYPE, DEED_HEADER: signed},
    )
    SigV4Auth(credentials.get_frozen_credentials(), "sts", region).add_auth(request)
    return {
        "authorization": request.headers["Authorization"],
        "date": request.headers["X-Amz-Date"],
        "token": request.headers.get("X-Amz-Security-Token"),
    }


def _failed(function: str, told: Mapping[str, Any]) -> Problem:
    kind = str(told.get("errorType", "unknown"))
    return Problem(
        f"{kind}: {told.get('errorMessage', 'no message')}",
        where=f"function {function}",
        fix=_FIXES.get(kind, "try it again: done twice it is done once; its log has the rest"),
    )
