"""Wake an endpoint that somebody wants, and say what to do meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cost_sentry.application.endpoint_ports import EndpointFault, SleepRecords
from cost_sentry.application.ports import Clock
from cost_sentry.application.sleep_steps import SleepSteps
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState


class WakeState(StrEnum):
    """What whoever asked finds."""

    AWAKE = "AWAKE"
    """Call it."""
    WAKING = "WAKING"
    """Call it later, or something else now."""
    ASLEEP = "ASLEEP"
    """It may not be woken now, and the reason says why; call something else."""
    UNKNOWN = "UNKNOWN"
    """The sentry never put it to sleep, and does nothing with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeAnswer:
    """What is said to who wants an endpoint."""

    endpoint: str
    state: WakeState
    reason: str
    instead: str | None = None
    """A Bedrock model to ask meanwhile, if its group has one."""
    expected_by: datetime | None = None
    """By then it answers, or people are told; ``None``: nobody can say when it may wake."""


def wake_endpoint(
    name: str,
    why: str,
    *,
    steps: SleepSteps,
    records: SleepRecords,
    clock: Clock,
    asks_budgets_again: bool = False,
) -> WakeAnswer:
    """Wake it if it sleeps, as far as the budgets allow; safe to ask as often as one likes.

    Who ``asks_budgets_again`` does so at once after a refusal, and not after some minutes: a person
    who has just raised the budget. A wake that failed waits for its next try all the same.

    That it is wanted is noted first, so whoever works on it at this moment wakes it, and what
    cannot be done now is done by the scheduled run. Raises ``LedgerUnavailable``.
    """
    record, now, rules = records.read(name), clock.now(), steps.money.rules
    if record is None:
        reason = "the sentry never put it to sleep"
        return WakeAnswer(endpoint=name, state=WakeState.UNKNOWN, reason=reason)
    if not record.is_served:
        records.want(name, now)
    may_wake = now >= record.not_before or (asks_budgets_again and _was_refused(record))
    try:
        after = steps.go_on(name, why if may_wake else None)
    except EndpointFault as fault:
        return _answer(record, rules, now, f"it is tried again soon: {fault}")
    return _answer(after or record, rules, now)


def _answer(
    record: SleepRecord, rules: EndpointRules, now: datetime, reason: str | None = None
) -> WakeAnswer:
    state = _STATES.get(record.state, WakeState.WAKING)
    is_refused = _was_refused(record) and reason is None
    is_tried_again = state is WakeState.ASLEEP and not is_refused
    is_begun = record.state is SleepState.RESTORING
    began = record.since if is_begun else max(record.not_before, now)
    by = began + timedelta(minutes=rules.wake_minutes_max)
    is_to_come = by > now and (state is WakeState.WAKING or is_tried_again)
    return WakeAnswer(
        endpoint=record.endpoint,
        state=state,
        reason=reason or _why(record, state),
        instead=rules.group_of(record.snapshot.endpoint.tags).instead,
        expected_by=by if is_to_come else None,
    )


_STATES = {
    SleepState.ASLEEP: WakeState.ASLEEP,
    SleepState.ANSWERED: WakeState.AWAKE,
    SleepState.CLOSED: WakeState.AWAKE,
    SleepState.LEFT: WakeState.AWAKE,
    SleepState.ABANDONED: WakeState.AWAKE,
    # It is there until the last moment; then it falls asleep, and is woken at once.
    SleepState.SNAPSHOT: WakeState.AWAKE,
    SleepState.VERIFIED: WakeState.AWAKE,
}


def _was_refused(record: SleepRecord) -> bool:
    """And not failed: the next try waits for whoever refused, and not for SageMaker."""
    return record.is_put_off and not record.failures


def _why(record: SleepRecord, state: WakeState) -> str:
    if state is WakeState.ASLEEP and record.is_put_off:
        return f"it may not be woken before {record.not_before.isoformat()}: {record.reason}"
    return record.reason
