"""Which endpoints fall asleep now, which wake, and why. Pure: the same world, the same plan."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cost_sentry.domain.endpoint import HEARD_GAP_MAX, Activity, Endpoint, EndpointState
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import LONG_AGO, SleepRecord, SleepState
from cost_sentry.domain.instance_price import HourlyPrices, unpriced

LOOK_BACK = timedelta(minutes=10)
"""How much of the metrics is looked at besides the idle time itself: they come late."""


class Action(StrEnum):
    """What is done with an endpoint."""

    SLEEP = "sleep"
    WAKE = "wake"
    KEEP = "keep"
    """It is left as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One endpoint, what is done with it, and why, in one sentence."""

    endpoint: str
    action: Action
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An endpoint that is awake, with what else decides."""

    endpoint: Endpoint
    activity: Activity | None
    """``None``: nobody could say."""
    awake_since: datetime
    has_budget: bool
    """Whether some budget bounds what its waking would spend."""
    not_slept: str = ""
    """Why it was not put to sleep at ``awake_since``; empty: that is not why it is awake."""
    faulted_at: datetime = LONG_AGO
    """When something done with it came to a fault last, as far as anybody remembers."""
    not_before: datetime = LONG_AGO
    """No sleep before: tries were denied or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleeper:
    """An endpoint that sleeps."""

    record: SleepRecord
    was_called: bool
    """Somebody called it in vain, lately."""
    faulted_at: datetime = LONG_AGO
    """As in ``Watched``."""

    @property
    def tried_at(self) -> datetime:
        """When its wake came to nothing last, in this sleep: who was tried longest ago is first."""
        put_off_until = self.record.not_before if self.record.is_put_off else LONG_AGO
        return max(self.faulted_at, put_off_until)


def plan(
    awake: Iterable[Watched],
    asleep: Iterable[Sleeper],
    *,
    now: datetime,
    rules: EndpointRules,
    prices: HourlyPrices,
) -> tuple[Planned, ...]:
    """What would be done by a run without a cap: one row for every endpoint, in order.

    Those that fall asleep are first, and of these those that are idle for longest; then those that
    wake, and of these those that people wait for. Whatever came to nothing comes after all that was
    not tried yet, and what was tried longest ago before what was tried since: so nobody who cannot
    be served stands before others for ever.
    """
    judged = [(one, why_awake(one, now=now, rules=rules, prices=prices)) for one in awake]
    may_sleep = sorted((one for one, why in judged if why is None), key=_idle_since)
    kept = [kept_as_it_is(one.endpoint.name, why) for one, why in judged if why is not None]
    reasons = [(sleeper, why_woken(sleeper, now=now, rules=rules)) for sleeper in asleep]
    may_wake = sorted(
        ((one, why) for one, why in reasons if why is not None),
        key=lambda pair: _waits_since(pair[0], now),
    )
    still = [
        kept_as_it_is(one.record.endpoint, _asleep(one.record))
        for one, why in reasons
        if why is None
    ]
    falling = [_falls_asleep(one, rules) for one in may_sleep]
    waking = [
        Planned(endpoint=one.record.endpoint, action=Action.WAKE, reason=why)
        for one, why in may_wake
    ]
    return (*falling, *waking, *kept, *still)


def why_awake(
    one: Watched, *, now: datetime, rules: EndpointRules, prices: HourlyPrices
) -> str | None:
    """Why this endpoint stays awake, by the first rule that says so; ``None`` if it may sleep."""
    idle = rules.idle_for(rules.group_of(one.endpoint.tags))
    return why_kept(one, now=now, rules=rules, prices=prices) or why_busy(
        one.activity, now=now, idle=idle
    )


def why_kept(
    one: Watched, *, now: datetime, rules: EndpointRules, prices: HourlyPrices
) -> str | None:
    """Why it stays awake whatever its metrics say, which are paid for by the number."""
    group = rules.group_of(one.endpoint.tags)
    if why := rules.why_left_alone(one.endpoint.tags) or _why_unfit(one, prices):
        return why
    up_until = max(one.awake_since + timedelta(minutes=rules.up_minutes_min), one.not_before)
    if now < up_until and one.not_slept:
        return f"{one.not_slept}; that is looked at again from {up_until.isoformat()} on"
    if now < up_until:
        return f"it is paid for until {up_until.isoformat()}"
    return f"the hours of group {group.id} are on" if group.should_be_awake(now) else None


def _why_unfit(one: Watched, prices: HourlyPrices) -> str | None:
    """Why it could not sleep, or not be woken, whatever it does now."""
    endpoint = one.endpoint
    if endpoint.state is not EndpointState.IN_SERVICE:
        return f"it is not in service, it is {endpoint.state.value}"
    if endpoint.unfit:
        return endpoint.unfit
    if missing := unpriced(endpoint.fleets, prices):
        return f"nobody knows what {', '.join(missing)} costs, so no budget could pay for its wake"
    if not one.has_budget:
        return "no budget in dollars covers its tags, so its wake would be refused"
    return None


def why_busy(activity: Activity | None, *, now: datetime, idle: timedelta) -> str | None:
    """Why this is no endpoint without work; ``None`` if it surely is one."""
    if activity is None or activity.heard_since is None or activity.heard_until is None:
        return "its metrics could not be read"
    if activity.heard_until < now - HEARD_GAP_MAX or activity.heard_since > now - idle:
        return f"its metrics have a gap in the last {_minutes(idle)}"
    if activity.in_flight is None:
        return "nobody knows how many calls it has in flight"
    if activity.in_flight > 0:
        return f"it has {activity.in_flight} calls in flight"
    if activity.last_call_at is not None and activity.last_call_at > now - idle:
        return f"it was called at {activity.last_call_at.isoformat()}"
    return None


def why_woken(sleeper: Sleeper, *, now: datetime, rules: EndpointRules) -> str | None:
    """Why this endpoint wakes now; ``None`` if it sleeps on."""
    record = sleeper.record
    if record.state is not SleepState.ASLEEP or now < record.not_before:
        return None
    if record.wanted_at is not None and record.is_wanted(now):
        return f"somebody asked for it at {record.wanted_at.isoformat()}"
    if sleeper.was_called:
        return "calls fail for want of it"
    group = rules.group_of(record.snapshot.endpoint.tags)
    if group.should_be_awake(now):
        return f"the hours of group {group.id} are on, or begin soon"
    return None


def _falls_asleep(one: Watched, rules: EndpointRules) -> Planned:
    group = rules.group_of(one.endpoint.tags)
    reason = f"nobody called it for {_minutes(rules.idle_for(group))}"
    return Planned(endpoint=one.endpoint.name, action=Action.SLEEP, reason=reason)


def kept_as_it_is(name: str, reason: str) -> Planned:
    """The row of one that nothing is done with."""
    return Planned(endpoint=name, action=Action.KEEP, reason=reason)


def _asleep(record: SleepRecord) -> str:
    if record.state is not SleepState.ASLEEP:
        return f"it is {record.state.value} since {record.since.isoformat()}"
    return f"it sleeps since {record.since.isoformat()}, and nobody called it"


def _idle_since(one: Watched) -> tuple[datetime, datetime, str]:
    last = one.activity.last_call_at if one.activity else None
    return one.faulted_at, last or one.awake_since, one.endpoint.name


def _waits_since(one: Sleeper, now: datetime) -> tuple[datetime, bool, str]:
    is_waited_for = one.was_called or one.record.is_wanted(now)
    return one.tried_at, not is_waited_for, one.record.endpoint


def _minutes(span: timedelta) -> str:
    return f"{span // timedelta(minutes=1)} minutes"
