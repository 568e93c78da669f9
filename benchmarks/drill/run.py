"""The parts of the drill, in order."""

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.drill import anomalies, approvals, bypass, endpoints, local_cloud, restraints

PARTS: Mapping[str, Callable[[int], Mapping[str, Any]]] = {
    "anomalies": anomalies.measured,
    "bypass": bypass.measured,
    "endpoints": endpoints.measured,
    "approvals": approvals.measured,
    "restraints": restraints.measured,
    "local_cloud": local_cloud.measured,
}
"""By their names in ``build/drill.json``; each takes a seed."""


def drilled(seed: int, names: tuple[str, ...], told: Callable[[str], object]) -> dict[str, Any]:
    """The figures of these parts, of all if none is named."""
    figures: dict[str, Any] = {}
    for name in names or tuple(PARTS):
        told(name)
        figures[name] = dict(PARTS[name](seed))
    return figures
