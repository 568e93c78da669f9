"""Clients of what listens on this machine, whatever the environment says."""

import threading
from functools import cache

import boto3
from botocore.client import BaseClient
from botocore.config import Config

REGION = "us-east-1"
_making_clients = threading.Lock()


def client_of(
    endpoint: str,
    service: str,
    *,
    attempts: int = 1,
    connections: int = 256,
    parameter_validation: bool = True,
) -> BaseClient:
    """A boto3 client of this endpoint; one attempt by default.

    Made once and shared: clients are thread-safe, and making one takes a tenth of a second.
    """
    with _making_clients:
        return _client(endpoint, service, attempts, connections, parameter_validation)


@cache
def _client(
    endpoint: str,
    service: str,
    attempts: int,
    connections: int,
    parameter_validation: bool,  # noqa: FBT001 - cached by position
) -> BaseClient:
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
    )
    config = Config(
        inject_host_prefix=False,
        max_pool_connections=connections,
        parameter_validation=parameter_validation,
        read_timeout=300,
        retries={"total_max_attempts": attempts},
    )
    return session.client(service, endpoint_url=endpoint, config=config)
