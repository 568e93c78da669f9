"""What ``sentry.yaml`` says of endpoints, and of jobs and notebooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cost_sentry.domain.caller import ENVIRONMENT_TAG
from cost_sentry.domain.endpoint import MAY_SLEEP_TAG, NO, STAY_AWAKE_TAG, YES
from cost_sentry.domain.instance_price import HourlyPrices
from cost_sentry.domain.timetable import Timetable

WAKE_LEAD = timedelta(minutes=10)
"""How long before its hours an endpoint is woken. AWS's launch post of scaling to zero measured
five minutes from the first call to the first answer; large models take longer to load."""
PRODUCTION = ({ENVIRONMENT_TAG: "prod"}, {ENVIRONMENT_TAG: "production"})
SCALE_EVERY_MINUTES = 5
"""How often the schedule looks at endpoints."""
GIVE_UP_TIMES = 2
"""A wake is given up after so many times ``wake_minutes_max``: people were told, and had as long
again to look."""
IDLE_MINUTES_MIN = 15
"""The longest call streams for eight minutes, and metrics come some minutes late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointGroup:
    """Endpoints with these tags, and what holds for them."""

    id: str
    scope: Mapping[str, str] = field(default_factory=dict)
    """Tags that an endpoint must carry, all of them."""
    timetable: Timetable | None = None
    """When it is kept awake; ``None``: it sleeps whenever it is idle."""
    idle_minutes: int | None = None
    """``None``: as all others."""
    instead: str | None = None
    """A Bedrock model that callers may ask while it sleeps."""
    probe: str | None = None
    """What it is asked to prove that it answers, as JSON text; ``None``: an empty object."""

    def should_be_awake(self, now: datetime) -> bool:
        """Whether its hours are on, or about to begin."""
        hours = self.timetable
        if hours is None:
            return False
        return any(hours.hours_at(at) is not None for at in (now, now + WAKE_LEAD))


EVERY_OTHER = EndpointGroup(id="")
"""What holds for an endpoint that is in no group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRules:
    """When jobs and notebooks are warned of, and stopped, that carry a limit as a tag."""

    warn_percent: int = 80
    stops_per_run_max: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRules:
    """When endpoints sleep, and who is left alone."""

    idle_minutes: int = 30
    up_minutes_min: int = 30
    """So long an endpoint stays awake once it is; a wake is paid for so long."""
    wake_minutes_max: int = 30
    """A wake that takes longer is told to people; see ``give_up_after``."""
    actions_per_run_max: int = 10
    """Of each kind: so many fall asleep, and so many are woken, by one run. What is refused, or
    comes to a fault, does not count."""
    is_dry_run: bool = False
    """It is planned and told, and nothing is done."""
    protected: tuple[Mapping[str, str], ...] = PRODUCTION
    """Endpoints, jobs and notebooks with all tags of one of these are never touched."""
    groups: tuple[EndpointGroup, ...] = ()
    """The first whose tags an endpoint carries holds for it."""
    instance_prices: HourlyPrices = field(default_factory=dict)
    """In place of list prices: what other Regions, or contracts, ask."""
    is_withdrawn: bool = False
    """No ``sentry.yaml`` says any of this: it holds for what still sleeps by one that did."""
    jobs: JobRules | None = None
    """``None``: jobs and notebooks are not watched."""

    @property
    def give_up_after(self) -> timedelta:
        """A wake without an answer for so long ends, and its endpoint is put back to sleep."""
        return GIVE_UP_TIMES * timedelta(minutes=self.wake_minutes_max)

    def group_of(self, tags: Mapping[str, str]) -> EndpointGroup:
        """The group whose tags these are; ``EVERY_OTHER`` if there is none."""
        within = (group for group in self.groups if group.scope.items() <= tags.items())
        return next(within, EVERY_OTHER)

    def idle_for(self, group: EndpointGroup) -> timedelta:
        """Without a call for so long an endpoint of the group is idle."""
        return timedelta(minutes=group.idle_minutes or self.idle_minutes)

    def why_spared(self, tags: Mapping[str, str]) -> str | None:
        """Why nothing is taken away from it, by what is in force now; ``None``: it may be."""
        if self.is_withdrawn:
            return "sentry.yaml says nothing of endpoints any more"
        if self.is_dry_run:
            return "nothing is put to sleep by a dry run"
        return self.why_left_alone(tags)

    def why_no_sleep(self, tags: Mapping[str, str], now: datetime) -> str | None:
        """Why no sleep of it begins, or goes on that may still be taken back."""
        group = self.group_of(tags)
        if group.should_be_awake(now):
            return f"the hours of group {group.id} are on"
        return self.why_spared(tags)

    def why_left_alone(self, tags: Mapping[str, str]) -> str | None:
        """Which tag says that nothing is done with it; ``None`` if none does."""
        if tags.get(MAY_SLEEP_TAG) != YES:
            return f"it does not carry the tag {MAY_SLEEP_TAG}={YES}"
        return self.why_protected(tags)

    def why_protected(self, tags: Mapping[str, str]) -> str | None:
        """The same for what needs no leave to be looked at."""
        if tags.get(STAY_AWAKE_TAG, NO) != NO:
            return f"it carries the tag {STAY_AWAKE_TAG}={tags[STAY_AWAKE_TAG]}"
        carried = _small(tags)
        for scope in self.protected:
            if _small(scope) <= carried:
                named = ", ".join(f"{name}={value}" for name, value in sorted(scope.items()))
                return f"it is protected: {named}"
        return None


def _small(tags: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Without upper case: whoever tags ``Environment=Production`` means it."""
    return frozenset((name.casefold(), value.casefold()) for name, value in tags.items())
