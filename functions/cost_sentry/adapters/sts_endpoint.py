"""Where AWS STS of a Region is, and one way to ask it."""

from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.httpsession import URLLib3Session
from botocore.session import Session

SILENT_SECONDS = 3


def sts_endpoint(region: str, endpoint_url: str | None = None) -> str:
    """Of this Region, whatever a profile says of the global one; both ends must have the same.

    Args:
        region: of the deployment.
        endpoint_url: of another cloud; ``None``: ``AWS_ENDPOINT_URL`` counts, if it is set.
    """
    session = Session()
    session.set_config_variable("sts_regional_endpoints", "regional")
    client = session.create_client(
        "sts",
        region,
        endpoint_url=endpoint_url,
        # Nothing is asked of it here; whose credentials these would be does not matter.
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106
    )
    return str(client.meta.endpoint_url)


def send_once(request: AWSPreparedRequest) -> Any:  # noqa: ANN401 - botocore's answer
    """Send it; a redirection is an answer like any other, and not followed."""
    return URLLib3Session(timeout=SILENT_SECONDS).send(request)
