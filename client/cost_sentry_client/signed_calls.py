"""Calls of functions that want to know who calls: signed by AWS's own rules, with your credentials.

The signature is of a question to AWS STS, *who am I*, with what is to be done in a signed header.
The function sends that question on; it cannot be used for anything else, and is old in minutes.
"""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError

from cost_sentry.adapters.sts_endpoint import sts_endpoint
from cost_sentry.adapters.sts_identity import CONTENT_TYPE, QUESTION
from cost_sentry.domain.approval_deed import DEED_HEADER, deed
from cost_sentry_client.function_calls import call_function
from cost_sentry_client.operations import Operator


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
    return call_function(operator, function, {"verb": verb, "body": body, "proof": proof})


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
