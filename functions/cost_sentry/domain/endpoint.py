"""Endpoints of Amazon SageMaker AI that may sleep: what is seen of them.

An endpoint **sleeps** when it has no instances. One with inference components keeps its name and is
scaled to zero copies; a plain one always keeps an instance, so it is deleted and made again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cost_sentry.domain.instance_price import Fleet

MAY_SLEEP_TAG = "cost-sentry:scale-to-zero"
"""An endpoint that carries it with the value ``YES`` may be put to sleep; no other is touched."""
STAY_AWAKE_TAG = "cost-sentry:stay-awake"
"""An endpoint that carries it, with whatever value but ``NO``, is left alone all the same."""
YES, NO = "yes", "no"
WAKE_ALARM_PREFIX = "cost-sentry-wake-"
"""Of the alarms that see a sleeper called in vain; the inference component's name follows."""
HEARD_GAP_MAX = timedelta(minutes=5)
"""Metrics of an instance come every minute. Without any for so long nobody knows what it does."""
_DIGEST_CHARACTERS = 16


class EndpointKind(StrEnum):
    """How it falls asleep."""

    COMPONENTS = "components"
    """Its inference components are scaled to zero copies, and it to zero instances."""
    PLAIN = "plain"
    """It is deleted, and made again from a snapshot."""


class EndpointState(StrEnum):
    """What SageMaker says, as far as it matters here."""

    IN_SERVICE = "in service"
    CHANGING = "changing"
    """Being made, updated or deleted: it takes no orders now."""
    FAILED = "failed"
    ASLEEP = "asleep"
    """It has no instances: a plain one is not there, or all components have no copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint as SageMaker describes it at a moment."""

    name: str
    kind: EndpointKind
    state: EndpointState
    tags: Mapping[str, str]
    made_at: datetime
    """Of this incarnation: an endpoint that is deleted and made again is another one."""
    changed_at: datetime | None = None
    """When it, or one of its inference components, was changed last; ``None``: nobody said."""
    fleets: tuple[Fleet, ...] = ()
    """Its instances, by variant, as many as are in force."""
    parts: tuple[str, ...] = ()
    """What its metrics are counted by: its variants, or its inference components."""
    unfit: str = ""
    """Why it cannot sleep whatever the rules say, in words; empty if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that an endpoint is made again from."""

    endpoint: Endpoint
    """As it was then."""
    content: str
    """What SageMaker must be told again, as the adapter writes it: canonical, without secrets."""

    @property
    def digest(self) -> str:
        """Two snapshots of the same endpoint that would be restored alike have the same one."""
        same = (self.endpoint.name, self.endpoint.kind.value, self.content)
        return hashlib.sha256("\0".join(same).encode()).hexdigest()[:_DIGEST_CHARACTERS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How an endpoint that is there compares with the snapshot that it was made again from."""

    is_same: bool
    """Its configuration is what the snapshot says; scaling rules and tags do not count."""
    remark: str = ""
    """What its owner should know of how it was made again, in one sentence; mostly nothing."""
    is_whole: bool = True
    """Nothing of it sleeps that should be awake by the snapshot."""
    gone: tuple[str, ...] = ()
    """Inference components that its owner deleted since the snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What metrics tell of an endpoint's calls. Nothing here is guessed from silence."""

    heard_since: datetime | None
    """From here to ``heard_until`` metrics came without a gap; ``None``: there were none."""
    heard_until: datetime | None
    last_call_at: datetime | None
    """The end of the last minute with a call, as far as one looked; ``None``: there was none."""
    in_flight: int | None
    """Calls that were running at once at most, lately; ``None``: nobody said."""


def activity_of(
    heard: Mapping[datetime, int],
    calls: Mapping[datetime, int],
    in_flight: int | None,
    *,
    period: timedelta,
) -> Activity:
    """From minutes of metrics.

    Args:
        heard: minutes in which the instances reported anything at all.
        calls: how many calls each minute had; a minute without any may be missing.
        in_flight: see ``Activity``.
        period: how long a "minute" is.
    """
    minutes = sorted({*heard, *calls})
    since = minutes[-1] if minutes else None
    for minute in reversed(minutes):
        if since is None or since - minute > HEARD_GAP_MAX:
            break
        since = minute
    called = [minute for minute, number in calls.items() if number > 0]
    return Activity(
        heard_since=since,
        heard_until=minutes[-1] + period if minutes else None,
        last_call_at=max(called) + period if called else None,
        in_flight=in_flight,
    )
