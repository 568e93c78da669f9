"""Look at every active scope, once a minute, and raise what is unlike itself.

First the state is kept, then the event is raised, then it is kept that it was raised. So an event
that did not go out is raised by the next run, and one whose run died may be raised twice: its id is
the same. Two runs at once do no harm, as only one of them can keep its state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_sentry.application.anomaly_ports import (
    AnomalyNotRaised,
    DetectorStates,
    Events,
)
from cost_sentry.application.burn_pace import pace_of
from cost_sentry.application.meter_ports import Meters
from cost_sentry.application.ports import Clock, ConfigSource
from cost_sentry.domain.anomaly import minute_at, minute_number
from cost_sentry.domain.burn_findings import Look
from cost_sentry.domain.burn_minutes import Minutes, Use
from cost_sentry.domain.burn_rate import first_minute, judged
from cost_sentry.domain.burn_rules import BurnRules
from cost_sentry.domain.burn_state import new_state
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.meter import Scope

SEEN_AFTER = timedelta(seconds=20)
"""A minute is looked at so long after its end: the stream brings entries in batches of ten seconds,
and each takes a run of the projection."""
ACTIVE_WITHIN = timedelta(minutes=15)
"""A scope that was silent for longer is not looked at until it calls again."""
FAILURES_MAX = 3
"""Of a run: a table that is silent costs its time-outs each time, and the next run comes soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What one run did."""

    looked_at: int = 0
    raised: tuple[str, ...] = ()
    """Ids of anomalies."""
    passed_over: int = 0
    """Scopes that this run had no time for, or that another run was at; the next begins there."""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyDetector:
    """``run`` with its ports bound."""

    meters: Meters
    states: DetectorStates
    events: Events
    config_source: ConfigSource
    clock: Clock
    rules: BurnRules

    def run(self, scopes_max: int) -> Detection:
        """Look at ``scopes_max`` scopes at most; if there are more, minutes take turns.

        ``LedgerUnavailable`` if nobody knows which scopes are active. A fault at one scope is told
        and keeps no other from its turn.
        """
        end = minute_number(self.clock.now() - SEEN_AFTER)
        scopes = _turn(self.meters.active(minute_at(end) - ACTIVE_WITHIN), end, scopes_max)
        raised: list[str] = []
        problems: list[str] = []
        passed_over = len(scopes) - scopes_max if len(scopes) > scopes_max else 0
        looked_at = 0
        for scope in scopes[:scopes_max]:
            if len(problems) >= FAILURES_MAX:
                break
            looked_at += 1
            try:
                raised += self._look(scope, end)
            except (LedgerUnavailable, AnomalyNotRaised) as error:
                problems.append(f"{scope[0]} {scope[1]}: {error}")
        left = min(len(scopes), scopes_max) - looked_at
        return Detection(
            looked_at=looked_at,
            raised=tuple(raised),
            passed_over=passed_over + left,
            problems=tuple(problems),
        )

    def _look(self, scope: Scope, end: int) -> Sequence[str]:
        """Ids of what was raised."""
        kept = self.states.read(scope)
        before = kept.state if kept and kept.state else new_state(end)
        version = kept.version if kept else None
        first = first_minute(before, end)
        used = self._used(scope, minute_at(first), minute_at(end))
        pace = pace_of(scope, self.config_source.current())
        state = judged(before, scope, Look(Minutes.of(used, first, end), end, self.rules, pace))
        if kept is None or state != kept.state:
            version = self.states.write(scope, version, state)
        anomaly = state.untold
        if anomaly is None or version is None:
            return ()
        self.events.raise_(anomaly)
        self.states.write(scope, version, state.as_told())
        return (anomaly.id,)

    def _used(self, scope: Scope, since: datetime, until: datetime) -> dict[int, Use]:
        return {
            minute_number(row.minute): Use(
                # Calls that began count as well: some still run, and some fail and cost nothing.
                max(row.calls, row.held_calls),
                row.picodollars,
                row.input_tokens + row.output_tokens,
            )
            for row in self.meters.minutes(scope, since, until)
        }


def _turn(scopes: Sequence[Scope], end: int, scopes_max: int) -> Sequence[Scope]:
    """All of them once and in order, from another place each minute if there are too many."""
    ordered = sorted(set(scopes))
    if len(ordered) <= scopes_max:
        return ordered
    begin = end * scopes_max % len(ordered)
    return [*ordered[begin:], *ordered[:begin]]
