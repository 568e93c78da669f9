"""The configuration that an endpoint is made again by. Pure: no call is made here.

Its own, if that still says what the snapshot says. Else a copy of the snapshot's: when somebody
made another configuration of its name meanwhile, or when weights and instance counts had been
changed beside the configuration (``UpdateEndpointWeightsAndCapacities``, scaling rules), so that it
comes back with the instances that it had, and that its wake pays for.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cost_sentry.adapters.sagemaker_snapshot import picked_config

_COPY = re.compile(r"-as-slept-[0-9a-f]{8}$")
_NAME_CHARACTERS_MAX = 63
_NAME = "EndpointConfigName"
_NUMBERS = {"InitialInstanceCount": 1, "InitialVariantWeight": 1.0}
"""And what SageMaker takes where a configuration says nothing."""

Document = Mapping[str, Any]


def in_force(told: Sequence[Document], config: Document) -> dict[str, dict[str, float]]:
    """By variant, the numbers in which it differs from its configuration.

    Args:
        told: variants as ``DescribeEndpoint`` has them.
        config: as ``DescribeEndpointConfig`` has it.
    """
    now = {one["VariantName"]: one for one in told}
    changed: dict[str, dict[str, float]] = {}
    for variant in config["ProductionVariants"]:
        seen = now.get(variant["VariantName"], {})
        numbers = {
            "InitialInstanceCount": seen.get("DesiredInstanceCount") or None,
            "InitialVariantWeight": seen.get("DesiredWeight"),
        }
        differing = {
            name: value
            for name, value in numbers.items()
            if value is not None and value != variant.get(name, _NUMBERS[name])
        }
        if differing:
            changed[variant["VariantName"]] = differing
    return changed


def wanted_config(kept: Document) -> dict[str, Any]:
    """What the endpoint shall have: the snapshot's configuration, with what was in force."""
    changed = kept.get("inForce", {})
    variants = [
        {**variant, **changed.get(variant["VariantName"], {})}
        for variant in kept["config"]["ProductionVariants"]
    ]
    config = {**kept["config"], "ProductionVariants": variants}
    return as_copy(config) if changed else config


def as_copy(config: Document) -> dict[str, Any]:
    """The same under a name that says so, which depends on all it says."""
    said = json.dumps(_unnamed(config), sort_keys=True)
    mark = f"-as-slept-{hashlib.sha256(said.encode()).hexdigest()[:8]}"
    name = _COPY.sub("", config[_NAME])[: _NAME_CHARACTERS_MAX - len(mark)].rstrip("-")
    return {**config, _NAME: f"{name}{mark}"}


def says_the_same(found: Document, wanted: Document) -> bool:
    """Whatever their names are. ``found`` is as ``DescribeEndpointConfig`` has it."""
    return _unnamed(picked_config(found)) == _unnamed(wanted)


def remark_of(name: str, kept: Document) -> str:
    """What its owner should know of the configuration by which it came back; mostly nothing."""
    own = kept["config"][_NAME]
    if name == own:
        return ""
    if kept.get("inForce"):
        return (
            f"its weights or instance counts were not those of configuration {own}; it is as it"
            f" was, by configuration {name}"
        )
    return (
        f"configuration {own} does not say any more what it said when it fell asleep; it is as"
        f" it was, by configuration {name}"
    )


def _unnamed(config: Document) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != _NAME}
