"""Make a plain endpoint again from its snapshot."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from cost_sentry.adapters.sagemaker_config import as_copy, says_the_same, wanted_config
from cost_sentry.adapters.sagemaker_errors import or_none
from cost_sentry.adapters.sagemaker_snapshot import tag_list
from cost_sentry.application.endpoint_ports import EndpointRefused

_WILL_NOT = frozenset({"ValidationException", "AccessDeniedException"})

Document = Mapping[str, Any]


def make_again(sagemaker: Any, name: str, kept: Document) -> None:  # noqa: ANN401 - boto3 client
    """Order it, by a configuration that says what the snapshot says.

    Raises:
        botocore's errors, and ``EndpointRefused`` if there is no name for such a configuration.
    """
    create = {
        "EndpointName": name,
        "EndpointConfigName": _config(sagemaker, name, kept),
        "Tags": tag_list(kept["tags"]),
    }
    deployment = kept.get("deployment")
    # How it is updated does not matter as much as that it is there.
    if deployment and _order(sagemaker, {**create, "DeploymentConfig": deployment}, _WILL_NOT):
        return
    _order(sagemaker, create, frozenset())


def _order(
    sagemaker: Any,  # noqa: ANN401 - boto3 client
    create: Document,
    will_not: frozenset[str],
) -> bool:
    """Whether SageMaker took it; not if it refuses by one of these codes.

    A moment ago there was none of its name: one that is there already is made by this order, whose
    answer was lost, or was made by somebody else, and is compared when it is in service.
    """
    try:
        sagemaker.create_endpoint(**create)
    except ClientError as error:
        told = error.response.get("Error", {})
        if "already existing" in str(told.get("Message", "")):
            return True
        if told.get("Code") in will_not:
            return False
        raise
    return True


def _config(sagemaker: Any, name: str, kept: Document) -> str:  # noqa: ANN401 - boto3 client
    """Its name; it is made if there is none that says the same."""
    wanted = wanted_config(kept)
    found = _found(sagemaker, wanted)
    if found is not None and not says_the_same(found, wanted):
        wanted = as_copy(wanted)
        found = _found(sagemaker, wanted)
    if found is None:
        sagemaker.create_endpoint_config(**wanted)
    elif not says_the_same(found, wanted):
        raise EndpointRefused(
            f"{name}: configuration {wanted['EndpointConfigName']} is not what it fell asleep by"
        )
    return str(wanted["EndpointConfigName"])


def _found(sagemaker: Any, config: Document) -> Document | None:  # noqa: ANN401 - boto3 client
    ask, name = sagemaker.describe_endpoint_config, config["EndpointConfigName"]
    return or_none(lambda: ask(EndpointConfigName=name))
