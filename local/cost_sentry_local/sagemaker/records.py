"""What there is: models, configurations, endpoints and inference components.

Moments are seconds since 1970, as the wire has them.
"""

from dataclasses import dataclass, field
from typing import Any

from cost_sentry_local.aws_clients import REGION
from cost_sentry_local.local_cloud import ACCOUNT

Json = dict[str, Any]

CREATING, UPDATING, DELETING = "Creating", "Updating", "Deleting"
IN_SERVICE, FAILED = "InService", "Failed"
GONE = ""
"""What becomes of something that is being deleted."""


def arn_of(kind: str, name: str) -> str:
    """``arn:aws:sagemaker:us-east-1:123456789012:endpoint/chat``."""
    # AWS writes names in small letters there.
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name.lower()}"


@dataclass(slots=True, kw_only=True)
class Kept:
    """A model, or a configuration: what it was made with."""

    name: str
    created_at: float
    given: Json


@dataclass(slots=True, kw_only=True)
class Changing:
    """Something with a status, and what that becomes, and when."""

    name: str
    created_at: float
    modified_at: float
    status: str
    becomes: tuple[float, str] | None = None
    failure: str | None = None

    def order(self, status: str, at: float, ends_at: float, becomes: str) -> None:
        """An order is taken, and done later."""
        self.status, self.modified_at, self.becomes = status, at, (ends_at, becomes)


@dataclass(slots=True, kw_only=True)
class Endpoint(Changing):
    """One incarnation of an endpoint."""

    config: Kept
    """The configuration itself: it may be deleted, and the endpoint stays."""
    numbers: dict[str, Json] = field(default_factory=dict)
    """By variant, instance counts and weights that were changed since."""

    @property
    def arn(self) -> str:
        """Its name in AWS."""
        return arn_of("endpoint", self.name)

    @property
    def variants(self) -> list[Json]:
        """As its configuration says, with the numbers that are in force."""
        given: list[Json] = self.config.given["ProductionVariants"]
        return [{**one, **self.numbers.get(one["VariantName"], {})} for one in given]

    @property
    def is_of_components(self) -> bool:
        """Variants of endpoints with inference components name no model."""
        return not any(variant.get("ModelName") for variant in self.variants)


@dataclass(slots=True, kw_only=True)
class Component(Changing):
    """An inference component; ``current`` of its ``desired`` copies run."""

    endpoint: str
    variant: str
    specification: Json = field(default_factory=dict)
    desired: int = 1
    current: int = 0

    @property
    def arn(self) -> str:
        """Its name in AWS."""
        return arn_of("inference-component", self.name)
