"""Telling a running Bedrock stand-in what to do, and asking what it billed."""

from typing import Any

from cost_sentry_local.local_cloud import LocalCloud
from cost_sentry_local.stand_in_orders import send


def set_fault(
    cloud: LocalCloud,
    kind: str,
    *,
    times: int = 1,
    model: str | None = None,
    seconds: float = 30.0,
) -> None:
    """Let the next calls go wrong.

    Args:
        cloud: where the stand-in runs.
        kind: one of `stand_in.faults.FaultKind`, such as throttle, stall or break.
        times: how many calls meet it.
        model: only calls of this model, in any region profile; None for any.
        seconds: how long a stall lasts.

    Raises:
        ValueError: the stand-in refused; the message says why.
    """
    fault = {"kind": kind, "times": times, "model": model, "seconds": seconds}
    _send(cloud, "POST", "faults", fault)


def faults(cloud: LocalCloud) -> list[dict[str, Any]]:
    """The faults still to come."""
    return _send(cloud, "GET", "faults")["faults"]


def clear_faults(cloud: LocalCloud) -> None:
    """Let everything go well again."""
    _send(cloud, "DELETE", "faults")


def calls(cloud: LocalCloud) -> dict[str, Any]:
    """`calls`, each with model, outcome, billed and tokens, and `models`, what each sums up to."""
    return _send(cloud, "GET", "calls")


def last_request(cloud: LocalCloud) -> dict[str, Any] | None:
    """Converse's last request as it came over the wire, with `modelId`; None if there was none."""
    found: dict[str, Any] | None = _send(cloud, "GET", "last-request")["request"]
    return found


def set_metric_lag(cloud: LocalCloud, seconds: float) -> None:
    """How long after its call a metric of `AWS/Bedrock` is published; 0 from the start.

    Raises:
        ValueError: the stand-in refused; the message says why.
    """
    _send(cloud, "POST", "metric-lag", {"seconds": seconds})


def forget_calls(cloud: LocalCloud) -> None:
    """Start counting again."""
    _send(cloud, "DELETE", "calls")


def _send(cloud: LocalCloud, method: str, what: str, body: object = None) -> dict[str, Any]:
    return send(cloud.bedrock_endpoint, method, what, body)
