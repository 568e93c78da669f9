"""All that the stand-in keeps, and how time changes it."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from cost_sentry_local.sagemaker.activity import Activity
from cost_sentry_local.sagemaker.errors import not_found
from cost_sentry_local.sagemaker.faults import FaultBook
from cost_sentry_local.sagemaker.instance_log import InstanceLog
from cost_sentry_local.sagemaker.records import (
    CREATING,
    FAILED,
    GONE,
    IN_SERVICE,
    Changing,
    Component,
    Endpoint,
    Json,
    Kept,
    arn_of,
)

SECONDS_MAX = 3_600


@dataclass(slots=True)
class Durations:
    """Seconds that orders take; in AWS they are minutes."""

    creating: float = 3.0
    updating: float = 2.0
    deleting: float = 1.0

    def set(self, told: Mapping[str, Any]) -> None:
        """Those that are named; ``ValueError`` for what is none."""
        names = [each.name for each in fields(self)]
        for name, seconds in told.items():
            if name not in names:
                raise ValueError(f"unknown duration {name!r}; allowed are {', '.join(names)}")
            if not isinstance(seconds, int | float) or not 0 <= seconds <= SECONDS_MAX:
                raise ValueError(
                    f"{name} is {seconds!r}; allowed are seconds from 0 to {SECONDS_MAX}"
                )
            setattr(self, name, float(seconds))


@dataclass(slots=True)
class World:
    """``now`` gives seconds since 1970. Whoever uses it holds the lock of ``Api``."""

    now: Callable[[], float] = time.time
    durations: Durations = field(default_factory=Durations)
    faults: FaultBook = field(default_factory=FaultBook)
    models: dict[str, Kept] = field(default_factory=dict)
    configs: dict[str, Kept] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """By ARN."""
    targets: dict[tuple[str, str], Json] = field(default_factory=dict)
    """Of Application Auto Scaling: by resource id and dimension."""
    policies: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    """And by the policy's name."""
    scheduled: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    """And by the scheduled action's name."""
    instances: InstanceLog = field(default_factory=InstanceLog)
    activity: Activity = field(default_factory=Activity)

    def endpoint(self, name: str) -> Endpoint:
        """As it is now; SageMaker's error if there is none."""
        self.advance()
        if (found := self.endpoints.get(name)) is None:
            raise not_found("endpoint", arn_of("endpoint", name))
        return found

    def component(self, name: str) -> Component:
        """As it is now; SageMaker's error if there is none."""
        self.advance()
        if (found := self.components.get(name)) is None:
            raise not_found("inference component", arn_of("inference-component", name))
        return found

    def components_of(self, endpoint: str) -> list[Component]:
        """By name."""
        mine = (one for one in self.components.values() if one.endpoint == endpoint)
        return sorted(mine, key=lambda one: one.name)

    def begin(self, thing: Changing, operation: str, status: str, seconds: float) -> None:
        """An order is taken: in service after so many seconds, or failed if that was told."""
        fails = self.faults.is_to_fail(operation, thing.name)
        thing.failure = "The stand-in was told that it fails." if fails else None
        now = self.now()
        thing.order(status, now, now + seconds, FAILED if fails else IN_SERVICE)

    def advance(self) -> None:
        """Let all happen that is due."""
        now = self.now()
        for endpoint in [*self.endpoints.values()]:
            if (at := _due(endpoint, now)) is not None and endpoint.status == GONE:
                self._forget_endpoint(endpoint, at)
            elif at is not None and endpoint.status == FAILED:
                self._without_instances(endpoint, at)
        for component in [*self.components.values()]:
            if (at := _due(component, now)) is not None:
                self._component_changed(component, at)

    def have_instances(self, endpoint: Endpoint, at: float) -> None:
        """As many as its configuration and its copies ask for, from then on."""
        copies = self.components_of(endpoint.name)
        for variant in endpoint.variants:
            of_variant = [one for one in copies if one.variant == variant["VariantName"]]
            count = _instances(variant, of_variant)
            self.instances.have(endpoint.name, variant, count, at)

    def parts(self) -> Iterator[tuple[Endpoint, str]]:
        """Whatever has instances that report: variants with a model, components with copies."""
        for endpoint in self.endpoints.values():
            if endpoint.status in (CREATING, FAILED):
                continue
            if not endpoint.is_of_components:
                yield from ((endpoint, variant["VariantName"]) for variant in endpoint.variants)
            for component in self.components_of(endpoint.name):
                if component.current > 0:
                    yield endpoint, component.name

    def _component_changed(self, component: Component, at: float) -> None:
        if component.status == GONE:
            del self.components[component.name]
            self.tags.pop(component.arn, None)
        else:
            component.current = component.desired if component.status == IN_SERVICE else 0
        if (endpoint := self.endpoints.get(component.endpoint)) is not None:
            self.have_instances(endpoint, at)

    def _forget_endpoint(self, endpoint: Endpoint, at: float) -> None:
        """And what Application Auto Scaling knew of its variants."""
        del self.endpoints[endpoint.name]
        self.tags.pop(endpoint.arn, None)
        self._without_instances(endpoint, at)
        mine = f"endpoint/{endpoint.name}/"
        self.targets = {k: v for k, v in self.targets.items() if not k[0].startswith(mine)}
        self.policies = {k: v for k, v in self.policies.items() if not k[0].startswith(mine)}
        self.scheduled = {k: v for k, v in self.scheduled.items() if not k[0].startswith(mine)}

    def _without_instances(self, endpoint: Endpoint, at: float) -> None:
        for variant in endpoint.variants:
            self.instances.have(endpoint.name, variant, 0, at)


def _due(one: Changing, now: float) -> float | None:
    """When it changed, if it has."""
    if one.becomes is None or now < one.becomes[0]:
        return None
    at, one.status = one.becomes
    one.modified_at, one.becomes = at, None
    return at


def _instances(variant: Json, components: list[Component]) -> int:
    """Where AWS manages the number of instances, each copy has one of its own here."""
    managed = variant.get("ManagedInstanceScaling") or {}
    initially = int(variant.get("InitialInstanceCount", 1))
    if managed.get("Status") != "ENABLED" or not components:
        return initially
    copies = sum(max(one.current, one.desired) for one in components)
    most = int(managed.get("MaxInstanceCount", max(copies, 1)))
    return min(max(copies, int(managed.get("MinInstanceCount", 1))), most)
