"""One endpoint of the SageMaker that tests sleep in, as it really is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_sentry.domain.endpoint import (
    Activity,
    Endpoint,
    EndpointKind,
    EndpointState,
    activity_of,
)
from cost_sentry.domain.instance_price import Fleet

MINUTE = timedelta(minutes=1)


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
    is_half: bool = False
    """Some of its components are awake, and some sleep."""
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


def activity_between(
    up: Sequence[tuple[datetime, datetime | None]],
    calls: Sequence[tuple[datetime, datetime]],
    since: datetime,
    until: datetime,
) -> Activity:
    """What metrics tell of one that was up, and called, in these spans."""
    heard: dict[datetime, int] = {}
    for start, end in up[-3:]:
        at = max(start, since).replace(second=0, microsecond=0)
        while at + MINUTE <= min(end or until, until):
            heard[at] = 1
            at += MINUTE
    counted: dict[datetime, int] = {}
    running = 0
    for start, end in reversed(calls):
        if end < since:
            break
        if start <= until:
            minute = start.replace(second=0, microsecond=0)
            counted[minute] = counted.get(minute, 0) + 1
            running += end > until
    return activity_of(heard, counted, running, period=MINUTE)
