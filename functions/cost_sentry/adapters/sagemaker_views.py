"""From SageMaker's descriptions to what the domain sees. Pure: no call is made here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cost_sentry.adapters.reservation_record import milliseconds, moment_of
from cost_sentry.domain.endpoint import Endpoint, EndpointKind, EndpointState
from cost_sentry.domain.instance_price import Fleet

_IN_SERVICE = "InService"
_FAILED = frozenset({"Failed", "UpdateRollbackFailed", "OutOfService"})

Document = Mapping[str, Any]


class Component(NamedTuple):
    """One inference component."""

    name: str
    status: str
    current: int
    """Copies that run."""
    desired: int
    changed_at: datetime | None = None
    has_copies: bool = True
    """Not an adapter: that is loaded into the copies of another component."""


def seen_component(told: Document) -> Component:
    """From ``DescribeInferenceComponent``, which tells copies only where there are any."""
    copies, changed_at = told.get("RuntimeConfig"), told.get("LastModifiedTime")
    return Component(
        name=told["InferenceComponentName"],
        status=told["InferenceComponentStatus"],
        current=copies["CurrentCopyCount"] if copies else 0,
        desired=copies["DesiredCopyCount"] if copies else 0,
        changed_at=None if changed_at is None else _moment(changed_at),
        has_copies=copies is not None,
    )


def kind_of(config: Document | None) -> EndpointKind:
    """Variants of endpoints with inference components name no model."""
    variants = config["ProductionVariants"] if config else ()
    has_models = any(variant.get("ModelName") for variant in variants)
    return EndpointKind.PLAIN if has_models or not variants else EndpointKind.COMPONENTS


def seen_endpoint(
    told: Document,
    config: Document | None,
    tags: Mapping[str, str],
    components: Sequence[Component],
) -> Endpoint:
    """The endpoint, from ``DescribeEndpoint`` and what belongs to it."""
    kind = kind_of(config)
    return Endpoint(
        name=told["EndpointName"],
        kind=kind,
        state=_state(told["EndpointStatus"], components if kind is EndpointKind.COMPONENTS else ()),
        tags=dict(tags),
        made_at=_moment(told["CreationTime"]),
        changed_at=max(_changes(told, components), default=None),
        fleets=tuple(_fleets(told, config)),
        parts=tuple(_parts(config, components)),
        unfit=_why_unfit(told, config, components),
    )


def _state(status: str, components: Sequence[Component]) -> EndpointState:
    if status in _FAILED:
        return EndpointState.FAILED
    if status != _IN_SERVICE:
        return EndpointState.CHANGING
    if not components:
        return EndpointState.IN_SERVICE
    if any(one.status == "Failed" for one in components):
        return EndpointState.FAILED
    if any(one.status != _IN_SERVICE or one.current != one.desired for one in components):
        return EndpointState.CHANGING
    has_copies = any(one.current > 0 for one in components)
    return EndpointState.IN_SERVICE if has_copies else EndpointState.ASLEEP


def _changes(told: Document, components: Sequence[Component]) -> Iterator[datetime]:
    if told.get("LastModifiedTime") is not None:
        yield _moment(told["LastModifiedTime"])
    yield from (one.changed_at for one in components if one.changed_at is not None)


def _moment(told: datetime) -> datetime:
    return moment_of(milliseconds(told))


def _fleets(told: Document, config: Document | None) -> Iterator[Fleet]:
    """As many as are in force, or as the configuration begins: what a wake brings back."""
    counts = {
        one["VariantName"]: one.get("DesiredInstanceCount")
        for one in told.get("ProductionVariants", ())
    }
    for variant in config["ProductionVariants"] if config else ():
        if variant.get("InstanceType"):
            count = counts.get(variant["VariantName"]) or variant.get("InitialInstanceCount", 1)
            yield Fleet(instance_type=variant["InstanceType"], count=max(1, count))


def _parts(config: Document | None, components: Sequence[Component]) -> Iterable[str]:
    if components:
        return (one.name for one in components if one.desired > 0)
    return (variant["VariantName"] for variant in (config["ProductionVariants"] if config else ()))


def _why_unfit(told: Document, config: Document | None, components: Sequence[Component]) -> str:
    if config is None:
        return "its configuration is gone, so it could not be made again"
    variants = config["ProductionVariants"]
    reasons = {
        "it is asynchronous: its queue would be lost, and it can scale to zero by itself": bool(
            told.get("AsyncInferenceConfig")
        ),
        "it has shadow variants, so somebody is testing with it": bool(
            told.get("ShadowProductionVariants")
        ),
        "its storage has a key of its own, which the sentry may not use to make it again": bool(
            config.get("KmsKeyId")
        ),
        "it is serverless: it costs nothing while nobody calls it": any(
            variant.get("ServerlessConfig") for variant in variants
        ),
        "its instances are of several types, so nobody knows what its wake would cost": any(
            variant.get("InstancePools") for variant in variants
        ),
    }
    if why := next((reason for reason, holds in reasons.items() if holds), ""):
        return why
    is_plain = kind_of(config) is EndpointKind.PLAIN
    return "" if is_plain else _why_not_zero(variants, components)


def _why_not_zero(variants: Sequence[Document], components: Sequence[Component]) -> str:
    if not components:
        return "it has no inference components"
    if adapters := [one.name for one in components if not one.has_copies]:
        return (
            f"its inference component {adapters[0]} is an adapter, which has no copies of its own:"
            " nobody knows whether it is called"
        )
    for variant in variants:
        scaling = variant.get("ManagedInstanceScaling") or {}
        if scaling.get("Status") != "ENABLED" or scaling.get("MinInstanceCount", 1) > 0:
            return (
                f"variant {variant['VariantName']} keeps an instance: set "
                "ManagedInstanceScaling.MinInstanceCount to 0"
            )
    return ""
