"""What an endpoint is made again from, as one canonical text. Pure: no call is made here.

| member | what |
| --- | --- |
| ``config`` | the endpoint's configuration, as ``CreateEndpointConfig`` takes it |
| ``inForce`` | by variant: weights and instance counts that differ from the configuration's |
| ``deployment`` | how it was updated last, with the alarms that roll that back |
| ``tags`` | of the endpoint |
| ``components`` | copies of each inference component |
| ``targets``, ``policies`` | what Application Auto Scaling knows of its variants and components |

Models and their environments, which may hold secrets, are not in it: they stay where they are.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

_CONFIG = (
    "EndpointConfigName",
    "ProductionVariants",
    "DataCaptureConfig",
    "KmsKeyId",
    "ExplainerConfig",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
    "MetricsConfig",
)
_TARGET = ("ResourceId", "ScalableDimension", "MinCapacity", "MaxCapacity", "SuspendedState")
_POLICY = (
    "PolicyName",
    "ResourceId",
    "ScalableDimension",
    "PolicyType",
    "StepScalingPolicyConfiguration",
    "TargetTrackingScalingPolicyConfiguration",
    "PredictiveScalingPolicyConfiguration",
)

Document = Mapping[str, Any]


def snapshot_content(
    config: Document,
    tags: Mapping[str, str],
    components: Mapping[str, int],
    targets: Sequence[Document],
    policies: Sequence[Document],
    *,
    in_force: Document | None = None,
    deployment: Document | None = None,
) -> str:
    """Canonical: the same for the same content, whatever order AWS tells it in."""
    document = {
        "config": picked_config(config),
        **({"inForce": in_force} if in_force else {}),
        **({"deployment": deployment} if deployment else {}),
        "tags": dict(tags),
        "components": dict(components),
        "targets": sorted((_picked(one, _TARGET) for one in targets), key=_text),
        "policies": sorted((_picked(one, _POLICY) for one in policies), key=_text),
    }
    return _text(document)


def picked_config(config: Document) -> dict[str, Any]:
    """Of ``DescribeEndpointConfig`` what ``CreateEndpointConfig`` takes."""
    return _picked(config, _CONFIG)


def document_of(content: str) -> dict[str, Any]:
    """The inverse; ``ValueError`` if it is no such text."""
    document = json.loads(content)
    if not isinstance(document, dict) or "config" not in document:
        raise ValueError("not the snapshot of an endpoint")
    return document


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As SageMaker takes them; tags of AWS itself cannot be given."""
    return [
        {"Key": name, "Value": value}
        for name, value in sorted(tags.items())
        if not name.startswith("aws:")
    ]


def resource_ids(
    endpoint: str, variants: Sequence[str], components: Sequence[str]
) -> dict[str, list[str]]:
    """By scalable dimension, what Application Auto Scaling may know of an endpoint."""
    return {
        "sagemaker:variant:DesiredInstanceCount": [
            f"endpoint/{endpoint}/variant/{variant}" for variant in variants
        ],
        "sagemaker:inference-component:DesiredCopyCount": [
            f"inference-component/{component}" for component in components
        ],
    }


def _picked(document: Document, members: Sequence[str]) -> dict[str, Any]:
    return {name: document[name] for name in members if document.get(name) not in (None, {}, [])}


def _text(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))
