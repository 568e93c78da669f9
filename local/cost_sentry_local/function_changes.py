"""A function of the deployment configured otherwise for a while, as if something had gone wrong."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from cost_sentry_local.local_cloud import LocalCloud
from cost_sentry_local.ports import LOOPBACK, free_port


def out_of_reach(cloud: LocalCloud, service: str, of_function: str) -> AbstractContextManager[None]:
    """Nobody listens where this function looks for a service, for the length of a ``with``.

    Args:
        cloud: where the function is deployed.
        service: as boto3's variables spell it: ``DYNAMODB``, ``BEDROCK_RUNTIME``.
        of_function: the name of its handler's file: ``admit_request``.
    """
    function = _function(cloud.client("lambda"), of_function)
    nobody = f"http://{LOOPBACK}:{free_port()}"
    variables = {**_variables(function), f"AWS_ENDPOINT_URL_{service}": nobody}
    return changed_function(cloud, of_function, Environment={"Variables": variables})


@contextmanager
def changed_function(cloud: LocalCloud, name: str, **changes: Any) -> Iterator[None]:  # noqa: ANN401
    """Other fields of ``UpdateFunctionConfiguration``, and then the former ones again."""
    client = cloud.client("lambda")
    function = _function(client, name)
    former = {**function, "Environment": {"Variables": _variables(function)}}
    named = {"FunctionName": function["FunctionName"]}
    client.update_function_configuration(**named, **changes)
    try:
        yield
    finally:
        client.update_function_configuration(**named, **{field: former[field] for field in changes})


def _variables(function: dict[str, Any]) -> dict[str, str]:
    return dict(function.get("Environment", {}).get("Variables", {}))


def _function(client: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - boto3 client
    handler = f"cost_sentry.handlers.{name}.handler"
    pages = client.get_paginator("list_functions").paginate()
    found = (f for page in pages for f in page["Functions"] if f["Handler"] == handler)
    function: dict[str, Any] = next(found)
    return function
