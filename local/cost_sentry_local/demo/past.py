"""A past for the detector: nine days of calls in the meters, as if they had been made then.

Only the time of these calls is made up: they are written as the meters write every call, and the
detector itself looks at them, day after day, by a clock that is told. What it keeps of that is
what it would have kept.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.adapters.dynamodb_detector_states import DynamoDbDetectorStates
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_meters import DynamoDbMeters
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.meter_items import add_to_meter
from cost_sentry.adapters.meter_writes import MeterWrites
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.anomaly_ports import DetectorStates
from cost_sentry.application.detect_anomalies import AnomalyDetector
from cost_sentry.application.meter_ports import Meters
from cost_sentry.application.ports import ConfigSource
from cost_sentry.domain.anomaly import Anomaly
from cost_sentry.domain.burn_rules import BurnRules
from cost_sentry.domain.meter import (
    APPLICATION,
    MODEL,
    TEAM,
    Counts,
    MeterChange,
    added,
    minute_of,
)
from cost_sentry.domain.money import picodollars
from cost_sentry_local.demo.traffic import HAIKU, Caller

DAYS = 9
"""As long as the meters keep a minute."""
REPORTS = Caller(team="support", application="reports", model_id=HAIKU)
_CHAT = Caller(team="support", application="chat", model_id=HAIKU)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What is usual in one team."""

    seldom: Caller
    """Calls twice in the hours around this time of day."""
    always: Caller
    """Calls every few minutes then."""


DEMO_HABITS = (Habit(seldom=REPORTS, always=_CHAT),)
_AROUND = timedelta(hours=1)
"""Each day the team calls in the hour before and after this time of day; that is enough to know
what is usual at this time of day."""
_REPORT = Counts(calls=1, picodollars=picodollars("0.0004"), input_tokens=50, output_tokens=60)
_ANSWER = Counts(calls=1, picodollars=picodollars("0.003"), input_tokens=1_200, output_tokens=300)
_REPORTS_AT = (timedelta(minutes=-30), timedelta(minutes=30))
_ANSWER_EVERY = timedelta(minutes=4)
_LATELY = timedelta(minutes=2)
_SCOPES_MAX = 500
_WRITERS = 8


class PastNotCalm(Exception):  # noqa: N818 - named as what a person will read
    """The made-up past was itself unlike itself; the message names the scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldClock:
    """``Clock``, at whatever moment it is told."""

    moment: datetime

    def now(self) -> datetime:
        """See the port."""
        return self.moment


class _NobodyToTell:
    """``Events``: of a calm past there is nothing to tell."""

    def raise_(self, anomaly: Anomaly) -> None:
        kind, name = anomaly.scope
        raise PastNotCalm(f"in the made-up past {kind} {name} was unlike itself at {anomaly.now}")


def past_calls(
    now: datetime, habits: Sequence[Habit] = DEMO_HABITS
) -> Iterator[tuple[datetime, Caller, Counts]]:
    """Every call of the past: when, whose, and what it used."""
    for day in range(DAYS, -1, -1):
        same_time = now - timedelta(days=day)
        for habit in habits:
            for offset in _REPORTS_AT:
                yield same_time + offset, habit.seldom, _REPORT
            at = same_time - _AROUND
            while at <= same_time + _AROUND:
                yield at, habit.always, _ANSWER
                at += _ANSWER_EVERY


def past_meters(now: datetime, habits: Sequence[Habit] = DEMO_HABITS) -> tuple[MeterChange, ...]:
    """What these calls have left in the meters of their model, team and application."""
    return added(
        MeterChange(scope=scope, minute=minute_of(at), used=used)
        for at, caller, used in past_calls(now, habits)
        if at < now - _LATELY
        for scope in (
            (MODEL, caller.model_id),
            (TEAM, caller.team),
            (APPLICATION, f"{caller.team}/{caller.application}"),
        )
    )


def looked_at(
    meters: Meters, states: DetectorStates, config_source: ConfigSource, now: datetime
) -> int:
    """Let the detector look once a day, as it was then; how often it looked at a scope.

    Raises:
        PastNotCalm: it found something.
    """
    looks = 0
    for day in range(DAYS, -1, -1):
        detector = AnomalyDetector(
            meters=meters,
            states=states,
            events=_NobodyToTell(),
            config_source=config_source,
            clock=ToldClock(moment=now - timedelta(days=day)),
            rules=BurnRules(),
        )
        looks += detector.run(_SCOPES_MAX).looked_at
    return looks


def give_past(
    dynamodb: Any,  # noqa: ANN401 - boto3 client
    table: str,
    config_source: ConfigSource,
    now: datetime,
    habits: Sequence[Habit] = DEMO_HABITS,
) -> int:
    """Write the past, and have it looked at; how many minutes were written.

    Raises:
        PastNotCalm: the detector found something in it.
    """
    calls, items = JournalCalls(dynamodb, table), LedgerCalls(dynamodb, table)
    changes = past_meters(now, habits)
    MeterWrites(calls, items, pause).mark(changes)
    _write(items, changes)
    meters = DynamoDbMeters(calls, items, lambda: now)
    looked_at(meters, DynamoDbDetectorStates(items), config_source, now)
    return len(changes)


def _write(items: LedgerCalls, changes: Sequence[MeterChange]) -> None:
    """A meter has one change here, so writers do not meet."""
    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(lambda change: items.update(add_to_meter(change)), changes))
