"""The shapes of endpoints that sleep, and of jobs and notebooks, in sentry.yaml."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cost_sentry.application.time_zones import time_zone_named
from cost_sentry.domain.endpoint_rules import (
    IDLE_MINUTES_MIN,
    PRODUCTION,
    EndpointGroup,
    EndpointRules,
    JobRules,
)
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.timetable import Timetable
from cost_sentry_client.config_file.field_types import (
    INSTANCE_TYPE,
    TIME_OF_DAY,
    Amount,
    BudgetId,
    ModelId,
    Percent,
    Switch,
    TagName,
    TagValue,
    TimeZone,
)
from cost_sentry_client.config_file.shape import Shape

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RULES, _JOBS = EndpointRules(), JobRules()

TimeOfDay = Annotated[str, StringConstraints(pattern=TIME_OF_DAY)]
InstanceType = Annotated[str, StringConstraints(pattern=INSTANCE_TYPE)]
Tags = dict[TagName, TagValue]


class HoursShape(Shape):
    """When endpoints are kept awake."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        min_length=1, max_length=7, description="on which days hours begin, by the clocks there"
    )
    opens: TimeOfDay = Field(
        description="from when; endpoints are woken ten minutes before, so that they answer"
    )
    closes: TimeOfDay = Field(
        description="until when; if that is not later than opens, of the day after; 24:00: midnight"
    )
    time_zone: TimeZone = Field(default="UTC", description="whose clocks are meant")

    def timetable(self) -> Timetable:
        """What the sentry decides by; the time zone must be known."""
        return Timetable(
            days=frozenset(DAYS.index(day) for day in self.days),
            opens_minute=minute_of(self.opens),
            closes_minute=minute_of(self.closes),
            zone=time_zone_named(self.time_zone),
        )


class EndpointGroupShape(Shape):
    """Endpoints with some tags, and what holds for them."""

    id: BudgetId = Field(description="name of the group")
    scope: Tags = Field(
        default_factory=dict,
        max_length=16,
        description="tags that an endpoint carries, all of them; the first group that fits holds",
    )
    hours: HoursShape | None = Field(
        default=None,
        description="when they are kept awake; left out, they sleep whenever they are idle",
    )
    idle_minutes: int | None = Field(
        default=None,
        ge=IDLE_MINUTES_MIN,
        le=10_080,
        description="in place of endpoints.idleMinutes",
    )
    instead: ModelId | None = Field(
        default=None, description="the model, one of models, that callers may ask while they sleep"
    )
    probe: str | None = Field(
        default=None,
        max_length=4096,
        description=(
            "JSON that a woken endpoint is asked, to prove that it answers; left out, {}, and "
            "calling that malformed is an answer too"
        ),
    )

    def group(self) -> EndpointGroup:
        """What the sentry decides by."""
        return EndpointGroup(
            id=self.id,
            scope=dict(self.scope),
            timetable=self.hours.timetable() if self.hours else None,
            idle_minutes=self.idle_minutes,
            instead=self.instead,
            probe=self.probe,
        )


class JobsShape(Shape):
    """When jobs and notebooks are stopped that carry a limit as a tag."""

    warn_percent: Percent = Field(
        default=_JOBS.warn_percent, description="from so much of the limit on its owners are warned"
    )
    stops_per_run_max: int = Field(
        default=_JOBS.stops_per_run_max,
        ge=1,
        le=100,
        description="so many are stopped by one run; the next goes on",
    )

    def rules(self) -> JobRules:
        """What the sentry decides by."""
        return JobRules(**self.model_dump(by_alias=False))


class EndpointsShape(Shape):
    """When SageMaker endpoints sleep that carry the tag cost-sentry:scale-to-zero=yes."""

    idle_minutes: int = Field(
        default=_RULES.idle_minutes,
        ge=IDLE_MINUTES_MIN,
        le=10_080,
        description="without a call for so long an endpoint is idle",
    )
    up_minutes_min: int = Field(
        default=_RULES.up_minutes_min,
        ge=5,
        le=1_440,
        description="so long it stays awake once it is; a wake is paid for so long, by the budgets",
    )
    wake_minutes_max: int = Field(
        default=_RULES.wake_minutes_max,
        ge=10,
        le=240,
        description="when a wake takes longer, its owners are told; after twice as long without an"
        " answer it is given up",
    )
    actions_per_run_max: int = Field(
        default=_RULES.actions_per_run_max,
        ge=1,
        le=100,
        description="so many fall asleep, and so many are woken, by one run of five minutes; "
        "what is refused, or put back at once, does not count",
    )
    dry_run: Switch = Field(
        default=_RULES.is_dry_run,
        description="true: what would be done is logged, and nothing falls asleep or is stopped",
    )
    protected: list[Tags] = Field(
        default_factory=lambda: [dict(scope) for scope in PRODUCTION],
        max_length=20,
        description="what carries all tags of one of these is never touched",
    )
    groups: list[EndpointGroupShape] = Field(
        default_factory=list, max_length=50, description="what holds for endpoints with some tags"
    )
    instance_prices: dict[InstanceType, Amount] = Field(
        default_factory=dict,
        max_length=100,
        description="dollars an hour, in place of list prices, which are known for us-east-1 only",
    )
    jobs: JobsShape | None = Field(
        default=None,
        description="when jobs and notebooks are stopped; left out, they are not looked at",
    )

    def rules(self) -> EndpointRules:
        """What the sentry decides by."""
        return EndpointRules(
            idle_minutes=self.idle_minutes,
            up_minutes_min=self.up_minutes_min,
            wake_minutes_max=self.wake_minutes_max,
            actions_per_run_max=self.actions_per_run_max,
            is_dry_run=self.dry_run,
            protected=tuple(dict(scope) for scope in self.protected),
            groups=tuple(group.group() for group in self.groups),
            instance_prices={name: picodollars(p) for name, p in self.instance_prices.items()},
            jobs=self.jobs.rules() if self.jobs else None,
        )


def minute_of(text: str) -> int:
    """``"18:30"`` as the minute of its day, 1110."""
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
