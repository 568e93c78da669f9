"""A DynamoDB on this machine for concurrent callers: the faster engine where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from cost_sentry_local.aws_clients import client_of
from cost_sentry_local.cloud import running_cloud
from cost_sentry_local.dynoxide import running_dynoxide, why_not_here


@dataclass(frozen=True, slots=True)
class Store:
    """A boto3 client, and what answers it."""

    client: Any
    engine: str


@contextmanager
def running_store(callers: int) -> Iterator[Store]:
    """Empty, for the length of a ``with``; a connection for each caller."""
    if why_not_here() is None:
        with running_dynoxide() as engine:
            yield Store(client_of(engine.endpoint, "dynamodb", connections=callers), "dynoxide")
        return
    with running_cloud() as cloud:
        client = cloud.client("dynamodb", connections=callers)
        yield Store(client, f"ministack {version('ministack')}")
