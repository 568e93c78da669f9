from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_READ_SECONDS = 310
"""An Express execution ends after 300 s at the latest; its answer must still be read."""

_ATTEMPTS_MAX = 3
"""Safe: every attempt carries the same request id, and the same id never pays twice (P5)."""


def step_functions_client(session: boto3.Session, endpoint_url: str | None = None) -> "SFNClient":
    """A client that waits for the whole execution and asks again when the answer is lost.

    StartSyncExecution puts ``sync-`` before the host's name, and an address has no such host: so
    on a loopback endpoint, such as the local cloud's, the name stays as it is.
    """
    config = Config(
        connect_timeout=5,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS_MAX},
        user_agent_extra="cost-sentry",
    )
    client = session.client("stepfunctions", endpoint_url=endpoint_url, config=config)
    if not is_loopback(client.meta.endpoint_url):
        return client
    plain = config.merge(Config(inject_host_prefix=False))
    return session.client("stepfunctions", endpoint_url=endpoint_url, config=plain)


def is_loopback(url: str) -> bool:
    """Whether this address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
