"""Telling a running SageMaker stand-in what to do, and asking which instances there were."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cost_sentry_local.local_cloud import LocalCloud

_TIMEOUT_SECONDS = 30.0


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
    request = Request(  # noqa: S310 - loopback only
        f"{cloud.sagemaker_endpoint}/_stand_in/{what}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - loopback only
            told: dict[str, Any] = json.load(answer)
            return told
    except HTTPError as error:
        raise ValueError(json.load(error)["message"]) from error
