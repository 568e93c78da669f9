"""Which instances there were, from when until when: what SageMaker would bill."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Span:
    """Some instances of one variant, for as long as their number stays the same."""

    endpoint: str
    variant: str
    instance_type: str
    count: int
    since: float
    until: float | None = None

    def to_json(self, now: float) -> dict[str, Any]:
        """``seconds`` are those of each instance, until now where it still runs."""
        return {
            "endpoint": self.endpoint,
            "variant": self.variant,
            "instanceType": self.instance_type,
            "count": self.count,
            "from": self.since,
            "until": self.until,
            "seconds": (now if self.until is None else self.until) - self.since,
        }


@dataclass(slots=True)
class InstanceLog:
    """From the order that makes them to the order that takes them away."""

    spans: list[Span] = field(default_factory=list)

    def have(self, endpoint: str, variant: Mapping[str, Any], count: int, at: float) -> None:
        """From now on the variant has so many."""
        running = self._running(endpoint, variant["VariantName"])
        if running is not None and running.count == count:
            return
        if running is not None:
            running.until = at
        if count > 0 and variant.get("InstanceType"):
            span = Span(
                endpoint=endpoint,
                variant=variant["VariantName"],
                instance_type=variant["InstanceType"],
                count=count,
                since=at,
            )
            self.spans.append(span)

    def now_of(self, endpoint: str, variant: str) -> int:
        """How many a variant has."""
        running = self._running(endpoint, variant)
        return 0 if running is None else running.count

    def move_back(self, endpoint: str, to: float) -> None:
        """What runs has run since then."""
        for span in self.spans:
            if span.endpoint == endpoint and span.until is None:
                span.since = min(span.since, to)

    def to_json(self, now: float) -> list[dict[str, Any]]:
        """Oldest first."""
        return [span.to_json(now) for span in self.spans]

    def _running(self, endpoint: str, variant: str) -> Span | None:
        mine = (s for s in self.spans if (s.endpoint, s.variant) == (endpoint, variant))
        return next((span for span in mine if span.until is None), None)
