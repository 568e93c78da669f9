"""One endpoint of the SageMaker that tests sleep in, as it really is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.domain.endpoint import Endpoint, EndpointKind, EndpointState
from cost_sentry.domain.instance_price import Fleet


@dataclass(slots=True)
class Real:
    """One endpoint as it really is."""

    name: str
    kind: EndpointKind
    tags: Mapping[str, str]
    fleets: tuple[Fleet, ...]
    made_at: datetime
    content: str = "first"
    state: EndpointState = EndpointState.IN_SERVICE
    becomes: tuple[datetime, EndpointState | None] | None = None
    """When it changes next, and into what; ``None``: it is gone."""
    changed_at: datetime | None = None
    scaling: bool = True
    """Whether its scaling rules are as they were."""
    has_model: bool = True
    is_mute: bool = False
    """In service, and answers nothing."""
    hates_probes: bool = False
    """It answers its callers, and its probe with an error of its own."""
    config: str = "its own"
    """The name of its configuration."""

    def seen(self) -> Endpoint:
        """As SageMaker describes it."""
        return Endpoint(
            name=self.name,
            kind=self.kind,
            state=self.state,
            tags=self.tags,
            made_at=self.made_at,
            changed_at=self.changed_at,
            fleets=self.fleets,
        )
