"""Put idle endpoints to sleep, wake those that are wanted, carry on what was begun."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from cost_sentry.application.endpoint_ports import (
    EndpointFault,
    EndpointFigures,
    Endpoints,
    EndpointThrottled,
    SleepRecords,
)
from cost_sentry.application.endpoint_problems import Problem, ProblemKind, problem_of
from cost_sentry.application.ports import Clock
from cost_sentry.application.sleep_steps import SleepSteps
from cost_sentry.application.turns import in_turn
from cost_sentry.application.wake_money import has_budget
from cost_sentry.domain.endpoint import Activity, Endpoint
from cost_sentry.domain.endpoint_plan import (
    LOOK_BACK,
    Action,
    Planned,
    Sleeper,
    Watched,
    plan,
    why_kept,
)
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState
from cost_sentry.domain.errors import InvariantViolated, LedgerUnavailable
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.sleep_tries import sleeps_from

CALLED_WITHIN = timedelta(minutes=10)
"""Calls in vain that are older were seen by the runs before."""
RUN_SECONDS_MAX = 90
"""After that a run begins nothing; it ends before its claims do."""


@dataclass(slots=True, kw_only=True)
class ScaleReport:
    """What one run did."""

    planned: tuple[Planned, ...] = ()
    slept: list[str] = field(default_factory=list)
    """Endpoints whose sleep was begun."""
    woken: list[str] = field(default_factory=list)
    """Endpoints that wake, or sleep on because a budget says so."""
    went_on: int = 0
    """Sleeps and wakes that were under way already."""
    ended: list[str] = field(default_factory=list)
    """Endpoints whose sleep their owners have ended."""
    problems: list[Problem] = field(default_factory=list)
    """What could not be done now, endpoint by endpoint; it comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleEndpoints:
    """One run, with its ports bound. Raises ``LedgerUnavailable`` if the records cannot be read."""

    endpoints: Endpoints
    figures: EndpointFigures
    records: SleepRecords
    steps: SleepSteps
    config: SentryConfig
    clock: Clock

    @property
    def rules(self) -> EndpointRules:
        """Of the configuration in force."""
        return self.steps.money.rules

    def run(self) -> ScaleReport:
        """Carry on, plan, wake, put to sleep, in this order: whoever waits is served first.

        In a dry run nothing falls asleep; what sleeps is woken all the same. Where ``sentry.yaml``
        says nothing of endpoints any more, people hear of each that sleeps on.
        """
        report, until = ScaleReport(), self.clock.now() + timedelta(seconds=RUN_SECONDS_MAX)
        records = self._records(report)
        under_way = [r.endpoint for r in records.values() if not r.has_ended and not r.sleeps_well]
        for name in self._shuffled(under_way):
            if self._do(name, report, until, self.steps.go_on):
                report.went_on += 1
        self._look_at_sleepers([r for r in records.values() if r.sleeps_well], report, until)
        records = self._records(report)
        report.planned = self._plan(records, report)
        self._wake(report, until)
        if self.rules.is_withdrawn:
            self._tell_withdrawn(records, report, until)
        if not self.rules.is_dry_run:
            self._put_to_sleep(report, until)
        report.problems += self.steps.notices.problems
        return report

    def _records(self, report: ScaleReport) -> dict[str, SleepRecord]:
        """By endpoint. One that cannot be read hides no other; its endpoint is left alone."""
        kept = self.records.all()
        known = {problem.of for problem in report.problems}
        report.problems += [
            Problem(of=one.endpoint, kind=ProblemKind.RECORD, words=one.why)
            for one in kept.unreadable
            if one.endpoint not in known
        ]
        return {record.endpoint: record for record in kept.records}

    def _shuffled(self, names: Iterable[str]) -> list[str]:
        return in_turn(names, self.clock.now())

    def _look_at_sleepers(
        self, sleepers: list[SleepRecord], report: ScaleReport, until: datetime
    ) -> None:
        """Whether their owners did something with them: one list of all endpoints says where."""
        if not sleepers:
            return
        try:
            listed = self.endpoints.listed()
        except EndpointFault as fault:
            report.problems.append(problem_of("sleepers cannot be looked after", fault))
            return
        stirred = {r.endpoint: r for r in sleepers if r.has_stirred(listed.get(r.endpoint))}
        for name in self._shuffled(stirred):
            self._do(name, report, until, partial(self._stirred, stirred[name], report))

    def _stirred(self, record: SleepRecord, report: ScaleReport, name: str) -> SleepRecord | None:
        """Looked at first: what sleeps on is not written."""
        seen = self.endpoints.look(name)
        if record.is_as_it_fell_asleep(seen):
            return None
        after = self.steps.go_on(name)
        if after is not None and after.has_ended:
            report.ended.append(name)
        return after

    def _wake(self, report: ScaleReport, until: datetime) -> None:
        for one in _of(report.planned, Action.WAKE):
            deed = partial(self.steps.go_on, wake=one.reason)
            if self._do(one.endpoint, report, until, deed):
                report.woken.append(one.endpoint)

    def _tell_withdrawn(
        self, records: dict[str, SleepRecord], report: ScaleReport, until: datetime
    ) -> None:
        woken = {one.endpoint for one in _of(report.planned, Action.WAKE)}
        for name, record in records.items():
            if record.state is SleepState.ASLEEP and name not in woken:
                self._do(name, report, until, partial(self._told_withdrawn, record))

    def _told_withdrawn(self, record: SleepRecord, _name: str) -> None:
        self.steps.notices.tell_withdrawn(record)

    def _put_to_sleep(self, report: ScaleReport, until: datetime) -> None:
        for one in _of(report.planned, Action.SLEEP):
            deed = partial(self.steps.begin, why=one.reason)
            if self._do(one.endpoint, report, until, deed):
                report.slept.append(one.endpoint)

    def _do(
        self,
        name: str,
        report: ScaleReport,
        until: datetime,
        deed: Callable[[str], SleepRecord | None],
    ) -> bool:
        """Whether it was done; a fault of one endpoint does not hold up the others."""
        if self.clock.now() >= until:
            return False
        try:
            return deed(name) is not None
        except (EndpointFault, LedgerUnavailable, InvariantViolated) as fault:
            report.problems.append(problem_of(name, fault))
            return False

    def _plan(self, records: dict[str, SleepRecord], report: ScaleReport) -> tuple[Planned, ...]:
        now = self.clock.now()
        awake = [
            Watched(
                endpoint=one,
                activity=None,
                awake_since=_awake_since(one, records.get(one.name)),
                has_budget=has_budget(one, self.config),
                not_slept=_why_not_slept(records.get(one.name)),
                not_before=sleeps_from(one, records.get(one.name)),
            )
            for one in self._awake(records, report)
        ]
        asleep = [r for r in records.values() if r.state is SleepState.ASLEEP]
        called = self._called(asleep, now, report)
        activities = self._activities(awake, now, report)
        return plan(
            (replace(one, activity=activities.get(one.endpoint.name)) for one in awake),
            (Sleeper(record=one, was_called=one.endpoint in called) for one in asleep),
            now=now,
            rules=self.rules,
            prices=self.steps.money.prices,
        )

    def _awake(self, records: dict[str, SleepRecord], report: ScaleReport) -> list[Endpoint]:
        """Endpoints that may sleep by their tag and have no sleep under way."""
        found: list[Endpoint] = []
        if self.rules.is_withdrawn:
            return found
        try:
            names = self.endpoints.named()
        except EndpointFault as fault:
            report.problems.append(problem_of("endpoints cannot be listed", fault))
            return found
        unread = {problem.of for problem in report.problems}
        for name in self._shuffled(names):
            record = records.get(name)
            if name in unread or (record is not None and not record.has_ended):
                continue
            try:
                endpoint = self.endpoints.look(name)
            except EndpointThrottled as fault:
                report.problems.append(problem_of(f"{name} and others", fault))
                break
            except EndpointFault as fault:
                report.problems.append(problem_of(name, fault))
                continue
            if endpoint is not None:
                found.append(endpoint)
        return found

    def _activities(
        self, awake: list[Watched], now: datetime, report: ScaleReport
    ) -> dict[str, Activity]:
        """Of those that nothing else keeps awake: metrics are paid for by the number."""
        rules, prices = self.rules, self.steps.money.prices
        asked = [
            one.endpoint
            for one in awake
            if why_kept(one, now=now, rules=rules, prices=prices) is None
        ]
        if not asked:
            return {}
        idle = max(rules.idle_for(rules.group_of(one.tags)) for one in asked)
        try:
            return dict(self.figures.activities(asked, now - idle - LOOK_BACK, now))
        except EndpointFault as fault:
            report.problems.append(problem_of("metrics of endpoints cannot be read", fault))
            return {}

    def _called(self, asleep: list[SleepRecord], now: datetime, report: ScaleReport) -> set[str]:
        if not asleep:
            return set()
        snapshots = [record.snapshot for record in asleep]
        try:
            return set(self.figures.called_in_vain(snapshots, now - CALLED_WITHIN, now))
        except EndpointFault as fault:
            report.problems.append(problem_of("nobody knows who is called in vain", fault))
            return set()


def _of(planned: Iterable[Planned], action: Action) -> list[Planned]:
    return [one for one in planned if one.action is action]


def _awake_since(endpoint: Endpoint, record: SleepRecord | None) -> datetime:
    """Since it was made, was woken, or was to sleep in vain: that is not tried at once again."""
    return endpoint.made_at if record is None else max(endpoint.made_at, record.since)


def _why_not_slept(record: SleepRecord | None) -> str:
    return record.reason if record and record.state is SleepState.ABANDONED else ""
