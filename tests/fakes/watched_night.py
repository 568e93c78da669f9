"""The real detector joined to the real desk, minute by minute, over traffic that measures bind.

Two applications of one team and one of another call one model. All scopes are watched, events are
written and read as on the bus, and whoever is to wait for an incident's end does. One application
runs away. What a measure leaves is all that passes: nothing while frozen, at most its amount while
slowed down.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from cost_sentry.adapters.anomaly_events import DETECTOR, sighting_from
from cost_sentry.adapters.anomaly_record import anomaly_document
from cost_sentry.application.detect_anomalies import SEEN_AFTER, AnomalyDetector
from cost_sentry.application.lift_incidents import end_incident
from cost_sentry.application.meter_ports import ScopeMinute
from cost_sentry.application.respond_to_anomaly import Responded, respond_to_anomaly
from cost_sentry.domain.anomaly import minute_at, minute_number
from cost_sentry.domain.anomaly_rules import AnomalyRule
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.burn_minutes import Minutes, Use
from cost_sentry.domain.burn_rules import BurnRules
from cost_sentry.domain.burn_state import BurnState, learned, new_state
from cost_sentry.domain.incident import Incident, scope_key
from cost_sentry.domain.measure import Measure, MeasureKind
from cost_sentry.domain.meter import Scope
from cost_sentry.domain.model_id import base_model_id
from tests.fakes.admissions import DEAR
from tests.fakes.anomalies import MemoryDetectorStates, MemoryEvents
from tests.fakes.burn_series import DAY, MONDAY, PER_CALL, Series, known
from tests.fakes.incident_desk import Desk

WILD = "search/web"
APPLICATIONS = (WILD, "search/shop", "support/desk")
MODEL: Scope = (MODEL_TAG, DEAR)
NOTHING: Mapping[str, float] = {}
_PLENTY = 100
_LOOK_BACK = 180


def scopes_of(application: str) -> tuple[Scope, ...]:
    """Where its calls are counted."""
    return ("application", application), ("team", application.partition("/")[0]), MODEL


def tags_of(application: str) -> Mapping[str, str]:
    """Of its calls."""
    team, _, name = application.partition("/")
    return {"team": team, "application": name}


def together(uses: list[Use]) -> Use:
    """Their sum."""
    return Use(*(sum(column) for column in zip(*uses, strict=True)))


@cache
def _learned(seed: int) -> Mapping[Scope, tuple[BurnState, Mapping[int, Use]]]:
    """What the detector knows of each scope after three weeks, and what was used at last."""
    each = {name: known(seed + at) for at, name in enumerate(APPLICATIONS)}
    parts: dict[Scope, list[str]] = {}
    for name in APPLICATIONS:
        for scope in scopes_of(name):
            parts.setdefault(scope, []).append(name)
    return {scope: _learned_of([each[name] for name in names]) for scope, names in parts.items()}


def _learned_of(parts: list[Series]) -> tuple[BurnState, Mapping[int, Use]]:
    end = parts[0].end
    recent = range(end - _LOOK_BACK, end)
    last = {at: together([part.used[at] for part in parts]) for at in recent}
    if len(parts) == 1:
        return parts[0].state, last
    used = {at: together([part.used[at] for part in parts]) for at in parts[0].used}
    state = new_state(MONDAY - 60)
    for day in range(MONDAY + DAY, end + 1, DAY):
        state = learned(state, Minutes.of(used, day - DAY - 60, day), day)
    return state, last


class NightMeters:
    """``Meters`` of what is added, by scope: a night asks them some thousand times."""

    def __init__(self) -> None:
        self._kept: dict[Scope, dict[int, Use]] = {}

    def add(self, scope: Scope, minute: int, use: Use) -> None:
        """Of one part of the scope; parts of a minute are added up."""
        if use.calls:
            minutes = self._kept.setdefault(scope, {})
            minutes[minute] = together([minutes.get(minute, Use(0, 0, 0)), use])

    def active(self, since: datetime) -> Sequence[Scope]:
        """See the port."""
        first = minute_number(since.replace(minute=0))
        return [scope for scope, minutes in self._kept.items() if max(minutes) >= first]

    def minutes(self, scope: Scope, since: datetime, until: datetime) -> Sequence[ScopeMinute]:
        """See the port."""
        kept, span = self._kept.get(scope, {}), range(minute_number(since), minute_number(until))
        return [
            ScopeMinute(
                minute=minute_at(at),
                calls=kept[at].calls,
                picodollars=kept[at].picodollars,
                input_tokens=kept[at].tokens,
                output_tokens=0,
            )
            for at in span
            if at in kept
        ]


class Night:
    """Under these rules; the first that applies decides."""

    def __init__(self, *rules: AnomalyRule, seed: int = 0, scopes_per_hour_max: int = 5) -> None:
        self.desk = Desk(*rules, scopes_per_hour_max=scopes_per_hour_max)
        self.series = {name: known(seed + at) for at, name in enumerate(APPLICATIONS)}
        self.meters, self.states, self.events = (
            NightMeters(),
            MemoryDetectorStates(),
            MemoryEvents(),
        )
        self.desk.meters = self.meters
        for scope, (state, used) in _learned(seed).items():
            self.states.write(scope, None, state)
            for minute, use in used.items():
                self.meters.add(scope, minute, use)
        self.desk.clock.time = minute_at(self.end)
        self.waiting: dict[str, list] = {}
        self.free_minutes = 0
        self.excess_picodollars = 0
        """Of the wild application, above what it usually spends, since it was acted on first."""
        self.responses: list[Responded] = []
        self._has_acted = False

    @property
    def end(self) -> int:
        """The minute that comes next."""
        return self.series[WILD].end

    @property
    def mails(self) -> list[str]:
        """Their subjects, in order."""
        return [mail.subject for mail in self.desk.mails.mails.values()]

    @property
    def incidents(self) -> list[Incident]:
        """The latest of each scope."""
        return list(self.desk.incidents.latest())

    def pass_minutes(
        self, minutes: int, times: float = 1, others: Mapping[str, float] = NOTHING
    ) -> "Night":
        """So many, in which the wild application would spend so many times what is usual.

        ``others``: and these too.
        """
        for _ in range(minutes):
            self._spend({**others, WILD: times})
            self.desk.clock.time = minute_at(self.end) + SEEN_AFTER
            self._detect()
            self._wake()
        return self

    def holding(self, application: str = WILD) -> list[Measure]:
        """In force for calls of this application."""
        now, tags = self.desk.clock.now(), tags_of(application)
        model = base_model_id(DEAR)
        return [
            one
            for one in self.desk.measures.on_record
            if one.is_in_force(now) and one.covers(tags, model)
        ]

    def _spend(self, times: Mapping[str, float]) -> None:
        self.desk.clock.time = minute_at(self.end)
        is_held = bool(self.holding())
        self._has_acted = self._has_acted or is_held
        for name, series in self.series.items():
            series.grow(1, calls=times.get(name, 1))
            use = _left(series, self.holding(name))
            for scope in scopes_of(name):
                self.meters.add(scope, series.end - 1, use)
            if name == WILD and self._has_acted:
                self.free_minutes += not is_held
                usual = round(series.calls_per_minute * PER_CALL)
                self.excess_picodollars += max(use.picodollars - usual, 0)

    def _detect(self) -> None:
        before = len(self.events.raised)
        AnomalyDetector(
            meters=self.meters,
            states=self.states,
            events=self.events,
            config_source=self.desk.source,
            clock=self.desk.clock,
            rules=BurnRules(),
        ).run(_PLENTY)
        for anomaly in self.events.raised[before:]:
            detail = anomaly_document(anomaly)
            event = {"source": "cost-sentry", "detail-type": "Anomaly", "detail": detail}
            sighting = sighting_from(event, self.desk.clock.now())
            assert sighting.source == DETECTOR
            self._wait_for(respond_to_anomaly(sighting, self.desk.parts))

    def _wait_for(self, done: Responded) -> None:
        self.responses.append(done)
        if done.is_awaited and done.incident and not done.incident.is_over:
            self.waiting.setdefault(scope_key(done.incident.scope), []).append(
                done.incident.closes_at
            )

    def _wake(self) -> None:
        """Workflows whose wait is over look, and wait on if it is not over."""
        now = self.desk.clock.now()
        for key, ends in self.waiting.items():
            still = []
            for at in ends:
                if at > now:
                    still.append(at)
                    continue
                incident = end_incident(key, self.desk.parts)
                if incident and not incident.is_over:
                    still.append(incident.closes_at)
            ends[:] = still


def _left(series: Series, held: list[Measure]) -> Use:
    """Of the last minute, what measures let pass."""
    use = series.used[series.end - 1]
    for one in held:
        if one.kind is MeasureKind.FREEZE:
            return Use(0, 0, 0)
        if use.picodollars > (one.amount or 0):
            part = (one.amount or 0) / use.picodollars
            use = Use(*(int(amount * part) for amount in use))
    series.used[series.end - 1] = use
    return use
