"""Tries to put an endpoint to sleep, or to wake it, that came to nothing: when is the next."""

from dataclasses import replace
from datetime import datetime, timedelta

from cost_sentry.domain.endpoint import Endpoint
from cost_sentry.domain.endpoint_sleep import LONG_AGO, SleepRecord, SleepState, moved

PAUSE_MIN, PAUSE_MAX = timedelta(minutes=1), timedelta(hours=1)
"""After a wake that failed: twice as long each time. Callers wait, so the first are short."""
SLEEP_PAUSE_MIN, SLEEP_PAUSE_MAX = timedelta(minutes=30), timedelta(days=1)
"""The same after a sleep that was denied or refused. Nobody waits for it, and a person must mend
its cause; it is tried once a day at least, for what its instances cost until it sleeps."""
_DOUBLINGS_MAX = 8


def gave_up(record: SleepRecord, now: datetime, reason: str) -> SleepRecord:
    """The wake came to nothing; it sleeps on, and the next try waits."""
    return replace(
        moved(record, SleepState.ASLEEP, now, reason),
        failures=record.failures + 1,
        wakes=record.wakes + 1,
        not_before=now + _pause(record, PAUSE_MIN, PAUSE_MAX),
    )


def not_taken(record: SleepRecord, now: datetime, reason: str) -> SleepRecord:
    """SageMaker denied or refused the sleep; it is abandoned, and the next one waits."""
    return replace(
        moved(record, SleepState.ABANDONED, now, reason),
        failures=record.failures + 1,
        not_before=now + _pause(record, SLEEP_PAUSE_MIN, SLEEP_PAUSE_MAX),
    )


def sleeps_from(endpoint: Endpoint, record: SleepRecord | None) -> datetime:
    """No sleep of it before: an endpoint that was made anew since has nothing to wait for."""
    if record is None or record.state is not SleepState.ABANDONED:
        return LONG_AGO
    return LONG_AGO if endpoint.made_at > record.since else record.not_before


def _pause(record: SleepRecord, least: timedelta, most: timedelta) -> timedelta:
    return min(most, least * (1 << min(record.failures, _DOUBLINGS_MAX)))
