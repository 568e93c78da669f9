"""Telling a running SageMaker stand-in what to do, and asking which instances there were."""

from typing import Any

from cost_sentry_local.local_cloud import LocalCloud
from cost_sentry_local.stand_in_orders import send


def set_durations(cloud: LocalCloud, **seconds: float) -> None:
    """How long ``creating``, ``updating`` and ``deleting`` take from now on.

    Raises:
        ValueError: the stand-in refused; the message says why.
    """
    _send(cloud, "POST", "durations", seconds)


def set_endpoint_fault(
    cloud: LocalCloud,
    operation: str,
    code: str,
    *,
    name: str | None = None,
    times: int = 1,
    original_status: int = 500,
) -> None:
    """Let the next calls of an operation go wrong.

    Args:
        cloud: where the stand-in runs.
        operation: such as ``DeleteEndpoint``.
        code: AWS's error, such as ``ThrottlingException``; ``Failed``: what it makes ends so.
        name: only of this endpoint, or inference component.
        times: how many calls meet it.
        original_status: of a ``ModelError``, what the container answered.

    Raises:
        ValueError: the stand-in refused; the message says why.
    """
    fault = {"operation": operation, "code": code, "name": name, "times": times}
    _send(cloud, "POST", "faults", {**fault, "originalStatus": original_status})


def clear_endpoint_faults(cloud: LocalCloud) -> None:
    """Let everything go well again."""
    _send(cloud, "DELETE", "faults")


def forget_everything(cloud: LocalCloud) -> None:
    """No endpoint, no tag, no fault any more."""
    _send(cloud, "DELETE", "everything")


def has_stood_idle(cloud: LocalCloud, endpoint: str, minutes: int) -> None:
    """The endpoint was made so long ago, and its instances have reported each minute since.

    Raises:
        ValueError: the stand-in refused; the message says why.
    """
    _send(cloud, "POST", "past", {"endpoint": endpoint, "minutes": minutes})


def instances(cloud: LocalCloud) -> list[dict[str, Any]]:
    """Which there were, oldest first: ``endpoint``, ``instanceType``, ``count``, ``seconds``."""
    found: list[dict[str, Any]] = _send(cloud, "GET", "instances")["instances"]
    return found


def _send(cloud: LocalCloud, method: str, what: str, body: object = None) -> dict[str, Any]:
    return send(cloud.sagemaker_endpoint, method, what, body)
