"""Look at every active scope, once a minute, and raise what is unlike itself.

First the state is kept, then the event is raised, then it is kept that it was raised. So an event
that did not go out is raised by the next run, and one whose run died may be raised twice: its id is
the same. Two runs at once do no harm, as only one of them can keep its state.

All scopes are looked at before anything is raised: one cause shows in an application, its team and
its model, and is told once, of the narrowest scope that explains it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cost_sentry.application.anomaly_ports import (
    AnomalyNotRaised,
    DetectorStates,
    Events,
)
from cost_sentry.application.burn_pace import pace_of
from cost_sentry.application.meter_ports import Meters
from cost_sentry.application.ports import Clock, ConfigSource
from cost_sentry.domain.anomaly import Anomaly, minute_at, minute_number
from cost_sentry.domain.burn_anomaly import RECENT_MINUTES
from cost_sentry.domain.burn_cause import Judged, told_as, told_of
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
    """Ids of anomalies that are new, worse or much more."""
    repeated: int = 0
    """Anomalies that go on and were told again, the last time where they are taken for usual."""
    passed_over: int = 0
    """Scopes that this run had no time for, or that another run was at; the next begins there."""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A scope that was looked at, as it is kept."""

    judged: Judged
    version: int | None
    """``None``: another run was first, and tells what there is to tell."""

    @property
    def untold(self) -> Anomaly | None:
        return self.judged.state.untold if self.version is not None else None


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
        problems: list[str] = []
        kept: dict[Scope, _Kept] = {}
        looked_at = 0
        for scope in scopes[:scopes_max]:
            if len(problems) >= FAILURES_MAX:
                break
            looked_at += 1
            try:
                kept[scope] = self._look(scope, end)
            except LedgerUnavailable as error:
                problems.append(_problem(scope, error))
        raised = self._tell(kept, problems)
        news = tuple(one.id for one in raised if not one.goes_on)
        return Detection(
            looked_at=looked_at,
            raised=news,
            repeated=len(raised) - len(news),
            passed_over=len(scopes) - looked_at,
            problems=tuple(problems),
        )

    def _look(self, scope: Scope, end: int) -> _Kept:
        kept = self.states.read(scope)
        before = kept.state if kept and kept.state else new_state(end)
        version = kept.version if kept else None
        first = first_minute(before, end)
        used = self._used(scope, minute_at(first), minute_at(end))
        pace = pace_of(scope, self.config_source.current())
        state = judged(before, scope, Look(Minutes.of(used, first, end), end, self.rules, pace))
        if kept is None or state != kept.state:
            version = self.states.write(scope, version, state)
        recent = Minutes.of(used, end - RECENT_MINUTES, end)
        return _Kept(judged=Judged(state, Look(recent, end, self.rules, pace)), version=version)

    def _tell(self, kept: Mapping[Scope, _Kept], problems: list[str]) -> Sequence[Anomaly]:
        """What was raised; each scope's part in it is kept as told."""
        looked = {scope: one.judged for scope, one in kept.items()}
        told_by: dict[Scope, list[Scope]] = {}
        for scope, one in kept.items():
            if one.untold:
                told_by.setdefault(told_of(scope, looked), []).append(scope)
        raised: list[Anomaly] = []
        for scope, by in told_by.items():
            try:
                raised += self._raise(scope, by, kept, looked)
            except (LedgerUnavailable, AnomalyNotRaised) as error:
                problems.append(_problem(scope, error))
            if len(problems) >= FAILURES_MAX:
                break
        return raised

    def _raise(
        self,
        scope: Scope,
        by: Sequence[Scope],
        kept: Mapping[Scope, _Kept],
        looked: Mapping[Scope, Judged],
    ) -> Sequence[Anomaly]:
        """One event of ``scope`` for all that it explains, unless they only go on as it does."""
        untold = [one for name in by if (one := kept[name].untold)]
        news = min(untold, key=lambda one: one.is_adopted)
        is_known = scope not in by and looked[scope].state.incident is not None
        raised: list[Anomaly] = []
        if not (is_known and all(one.goes_on for one in untold)):
            anomaly = told_as(scope, news, looked)
            alike = {one.scope for one in untold if one.is_adopted or not anomaly.is_adopted}
            joined = tuple(name for name in by if name != scope and name in alike)
            anomaly = replace(anomaly, joined=joined)
            self.events.raise_(anomaly)
            raised.append(anomaly)
        for name in by:
            known = kept[name]
            self.states.write(name, known.version, known.judged.state.as_told())
        return raised

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


def _problem(scope: Scope, error: Exception) -> str:
    return f"{scope[0]} {scope[1]}: {error}"


def _turn(scopes: Sequence[Scope], end: int, scopes_max: int) -> Sequence[Scope]:
    """All of them once and in order, from another place each minute if there are too many."""
    ordered = sorted(set(scopes))
    if len(ordered) <= scopes_max:
        return ordered
    begin = end * scopes_max % len(ordered)
    return [*ordered[begin:], *ordered[:begin]]
