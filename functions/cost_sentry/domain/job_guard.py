"""Jobs and notebooks that carry a limit as a tag: warned of when it is near, stopped when reached.

A tag is both the leave to stop it and the limit: nothing without one is touched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b

from cost_sentry.domain.endpoint_rules import EndpointRules, JobRules
from cost_sentry.domain.instance_price import (
    Fleet,
    HourlyPrices,
    cost_picodollars,
    hourly_picodollars,
    unpriced,
)
from cost_sentry.domain.money import dollars_text, picodollars, whole_units

HOURS_TAG = "cost-sentry:max-hours"
"""How long it may run, such as ``12`` or ``1.5``."""
MONEY_TAG = "cost-sentry:max-usd"
"""What it may cost by list prices, such as ``40``."""
STOP_GRACE = timedelta(minutes=30)
"""Between the first warning of what was past its limit when it was first seen, and its stop."""
WARN_AHEAD = timedelta(minutes=10)
"""What reaches its limit so soon is warned now: runs are five minutes apart, and a steep limit may
pass from its warning to its end between two of them."""
_PERCENT = 100
_SECOND = timedelta(seconds=1)
_SECONDS_PER_HOUR = 3600
_HOURS_MAX = 100_000
_DIGITS_MAX = 20


class JobKind(StrEnum):
    """What runs."""

    TRAINING = "training job"
    NOTEBOOK = "notebook instance"


class JobAction(StrEnum):
    """What is done with it."""

    LEAVE = "leave"
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job or notebook that runs."""

    name: str
    kind: JobKind
    tags: Mapping[str, str]
    started_at: datetime
    """When its instances began to cost."""
    fleets: tuple[Fleet, ...]
    can_stop: bool = True
    """Not while it is being started or stopped already."""

    @property
    def limit(self) -> str:
        """Names its limit: of another one everything is told anew."""
        told = f"{self.tags.get(HOURS_TAG, '')}/{self.tags.get(MONEY_TAG, '')}"
        return blake2b(told.encode(), digest_size=4).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is done with one of them, and why, in one sentence."""

    job: Job
    action: JobAction
    reason: str
    is_uncounted: bool = False
    """It is warned of because nobody knows how much of its limit is used."""


def guard(
    jobs: Iterable[Job],
    *,
    now: datetime,
    rules: EndpointRules,
    prices: HourlyPrices,
) -> tuple[Verdict, ...]:
    """One row for each, the oldest first."""
    oldest_first = sorted(jobs, key=lambda one: (one.started_at, one.name))
    return tuple(judged(job, now=now, rules=rules, prices=prices) for job in oldest_first)


def judged(job: Job, *, now: datetime, rules: EndpointRules, prices: HourlyPrices) -> Verdict:
    """By its own tags alone. Of two limits the one that is nearer decides.

    Of two that warn, that is the one that can be counted.
    A limit that cannot be read, or cannot be counted because a price is unknown, warns and never
    stops: unknown is neither free nor a reason to end somebody's work.
    """
    if why := rules.why_protected(job.tags):
        return Verdict(job=job, action=JobAction.LEAVE, reason=why)
    found = _used(job, now, prices)
    if not found:
        reason = f"it carries neither {HOURS_TAG} nor {MONEY_TAG}"
        return Verdict(job=job, action=JobAction.LEAVE, reason=reason)
    warn_percent = (rules.jobs or JobRules()).warn_percent
    soon = [share for share, _ in _used(job, now + WARN_AHEAD, prices)]
    ranked = [
        (_action(share, then, warn_percent), words, share is not None)
        for (share, words), then in zip(found, soon, strict=True)
    ]
    action, reason, is_counted = max(ranked, key=lambda one: (_RANK[one[0]], one[2]))
    if action is not JobAction.LEAVE and not job.can_stop:
        return Verdict(job=job, action=JobAction.LEAVE, reason=f"{reason}; it is being stopped")
    return Verdict(job=job, action=action, reason=reason, is_uncounted=not is_counted)


_RANK = {JobAction.LEAVE: 0, JobAction.WARN: 1, JobAction.STOP: 2}


def _used(job: Job, at: datetime, prices: HourlyPrices) -> list[tuple[int | None, str]]:
    """Percent of each of its limits, and in words; ``None``: nobody knows how much."""
    return [*_time(job, at), *_money(job, at, prices)]


def _action(percent: int | None, soon: int | None, warn_percent: int) -> JobAction:
    if percent is None or soon is None:
        return JobAction.WARN
    if percent >= _PERCENT:
        return JobAction.STOP
    is_near = percent >= warn_percent or soon >= _PERCENT
    return JobAction.WARN if is_near else JobAction.LEAVE


def _time(job: Job, now: datetime) -> list[tuple[int | None, str]]:
    text = job.tags.get(HOURS_TAG)
    if text is None:
        return []
    seconds = whole_units(text, per_unit=_SECONDS_PER_HOUR) if _is_plain(text) else None
    if not seconds or seconds > _HOURS_MAX * _SECONDS_PER_HOUR:
        return [(None, _unreadable(HOURS_TAG, text, "hours"))]
    used = max(0, (now - job.started_at) // _SECOND)
    words = f"it runs for {_hours(used)} of {text} hours"
    return [(used * _PERCENT // seconds, words)]


def _money(job: Job, now: datetime, prices: HourlyPrices) -> list[tuple[int | None, str]]:
    text = job.tags.get(MONEY_TAG)
    if text is None:
        return []
    limit = _dollars(text)
    if not limit:
        return [(None, _unreadable(MONEY_TAG, text, "dollars"))]
    hourly = hourly_picodollars(job.fleets, prices)
    cost = cost_picodollars(hourly, now - job.started_at)
    if cost is None:
        missing = ", ".join(unpriced(job.fleets, prices))
        return [(None, f"{MONEY_TAG}={text} cannot be kept: nobody knows what {missing} costs")]
    words = f"it has cost {_cents(cost)} of {text} dollars, by list prices"
    return [(cost * _PERCENT // limit, words)]


def _unreadable(tag: str, text: str, what: str) -> str:
    return f"{tag}={text} is no limit: write a positive number of {what}, such as 12 or 1.5"


def _is_plain(text: str) -> bool:
    return len(text) <= _DIGITS_MAX and set(text) <= set("0123456789.")


def _dollars(text: str) -> int | None:
    try:
        return picodollars(text) if _is_plain(text) else None
    except ValueError:
        return None


def _hours(seconds: int) -> str:
    return f"{Decimal(seconds * 100 // _SECONDS_PER_HOUR) / 100}"


def _cents(amount_picodollars: int) -> str:
    """Rounded down to whole cents: a figure for people."""
    cent = 10**10
    return dollars_text(amount_picodollars // cent * cent)
