"""Put idle endpoints to sleep, wake those that are wanted, carry on what was begun."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from cost_sentry.application.awake_endpoints import AwakeEndpoints
from cost_sentry.application.endpoint_ports import (
    EndpointFault,
    EndpointFigures,
    Endpoints,
    SleepRecords,
)
from cost_sentry.application.endpoint_problems import Problem, ProblemKind, problem_of
from cost_sentry.application.ports import Clock
from cost_sentry.application.scale_report import ScaleReport
from cost_sentry.application.sleep_steps import SleepSteps
from cost_sentry.application.turns import Turns, in_turn
from cost_sentry.domain.endpoint_plan import Action, Planned, Sleeper, Watched, plan
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState
from cost_sentry.domain.errors import InvariantViolated, LedgerUnavailable
from cost_sentry.domain.sentry_config import SentryConfig

CALLED_WITHIN = timedelta(minutes=10)
"""Calls in vain that are older were seen by the runs before."""
CARRY_ON_SECONDS_MAX, WAKE_SECONDS_MAX, LOOK_SECONDS_MAX = 45, 60, 75
"""From the beginning of a run, until when it carries on what was begun, wakes, and looks at what is
awake: so none takes all the time of those after it."""
RUN_SECONDS_MAX = 90
"""After that a run begins nothing; it ends before its claims do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleEndpoints:
    """One run, with its ports bound. Raises ``LedgerUnavailable`` if the records cannot be read."""

    endpoints: Endpoints
    figures: EndpointFigures
    records: SleepRecords
    steps: SleepSteps
    config: SentryConfig
    clock: Clock
    looked_at: Turns
    faulted: Turns
    """With whom something came to a fault, and nothing went well since."""

    @property
    def rules(self) -> EndpointRules:
        """Of the configuration in force."""
        return self.steps.money.rules

    def run(self) -> ScaleReport:
        """Carry on, wake, look at what is awake, put to sleep: whoever waits is served first.

        Each of these has its share of the time, and what those before left of theirs. In a dry run
        nothing falls asleep; what sleeps is woken all the same. Where ``sentry.yaml`` says nothing
        of endpoints any more, people hear of each that sleeps on.
        """
        report, began = ScaleReport(), self.clock.now()
        records = self._records(report)
        self._carry_on(records, report, began + timedelta(seconds=CARRY_ON_SECONDS_MAX))
        records = self._records(report)
        wanted = self._wake(records, report, began + timedelta(seconds=WAKE_SECONDS_MAX))
        if self.rules.is_withdrawn:
            left = [r for r in records.values() if r.endpoint not in wanted]
            self._tell_withdrawn(left, report, began + timedelta(seconds=RUN_SECONDS_MAX))
        else:
            self._put_to_sleep(records, report, began)
        report.tell_late()
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

    def _carry_on(
        self, records: dict[str, SleepRecord], report: ScaleReport, until: datetime
    ) -> None:
        under_way = [r.endpoint for r in records.values() if not r.has_ended and not r.sleeps_well]
        for name in self._shuffled(under_way):
            if self._do(name, report, until, self.steps.go_on) is not None:
                report.went_on += 1
        self._look_at_sleepers([r for r in records.values() if r.sleeps_well], report, until)

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

    def _wake(
        self, records: dict[str, SleepRecord], report: ScaleReport, until: datetime
    ) -> set[str]:
        """Names of all that were to wake, also of those that did not."""
        asleep = [r for r in records.values() if r.state is SleepState.ASLEEP]
        called = self._called(asleep, self.clock.now(), report)
        sleepers = [
            Sleeper(
                record=one,
                was_called=one.endpoint in called,
                faulted_at=self.faulted.since(one.endpoint),
            )
            for one in asleep
        ]
        report.planned = self._plan((), sleepers)
        wanted = {one.endpoint for one in report.of(Action.WAKE)}
        report.woken = self._in_turn(
            Action.WAKE,
            report,
            until,
            lambda one: partial(self.steps.go_on, wake=one.reason),
            lambda after: after.state is not SleepState.ASLEEP,
        )
        return wanted

    def _tell_withdrawn(
        self, left: list[SleepRecord], report: ScaleReport, until: datetime
    ) -> None:
        for record in left:
            if record.state is SleepState.ASLEEP:
                self._do(record.endpoint, report, until, partial(self._told_withdrawn, record))

    def _told_withdrawn(self, record: SleepRecord, _name: str) -> None:
        self.steps.notices.tell_withdrawn(record)

    def _put_to_sleep(
        self, records: dict[str, SleepRecord], report: ScaleReport, began: datetime
    ) -> None:
        looks_until = began + timedelta(seconds=LOOK_SECONDS_MAX)
        awake = self._awake.watched(records, report, looks_until)
        report.planned = (*self._plan(awake, ()), *report.planned)
        if self.rules.is_dry_run:
            return
        report.slept = self._in_turn(
            Action.SLEEP,
            report,
            began + timedelta(seconds=RUN_SECONDS_MAX),
            lambda one: partial(self.steps.begin, why=one.reason),
            lambda after: after.state is not SleepState.ABANDONED,
        )

    def _in_turn(
        self,
        action: Action,
        report: ScaleReport,
        until: datetime,
        deed: Callable[[Planned], Callable[[str], SleepRecord | None]],
        is_done: Callable[[SleepRecord], bool],
    ) -> list[str]:
        """Names of those with whom it was done: as many as the cap of one run says.

        What was refused, or came to a fault, takes no place of another.
        """
        most, done, wanted = self.rules.actions_per_run_max, list[str](), report.of(action)
        for place, one in enumerate(wanted):
            if len(done) == most:
                left = {later.endpoint for later in wanted[place:]}
                report.keep(left, f"this run has done its {most}; the next goes on")
                break
            after = self._do(one.endpoint, report, until, deed(one))
            if after is None:
                continue
            if is_done(after):
                done.append(one.endpoint)
            else:
                report.keep({one.endpoint}, after.reason)
        return done

    def _do(
        self,
        name: str,
        report: ScaleReport,
        until: datetime,
        deed: Callable[[str], SleepRecord | None],
    ) -> SleepRecord | None:
        """What came of it; a fault of one endpoint does not hold up the others."""
        if self.clock.now() >= until:
            report.late[name] = None
            return None
        self.faulted.had_at.pop(name, None)
        try:
            return deed(name)
        except (EndpointFault, LedgerUnavailable, InvariantViolated) as fault:
            self.faulted.had_at[name] = self.clock.now()
            report.problems.append(problem_of(name, fault))
            return None

    def _plan(self, awake: Iterable[Watched], asleep: Iterable[Sleeper]) -> tuple[Planned, ...]:
        prices = self.steps.money.prices
        return plan(awake, asleep, now=self.clock.now(), rules=self.rules, prices=prices)

    @property
    def _awake(self) -> AwakeEndpoints:
        return AwakeEndpoints(
            endpoints=self.endpoints,
            figures=self.figures,
            config=self.config,
            rules=self.rules,
            prices=self.steps.money.prices,
            clock=self.clock,
            looked_at=self.looked_at,
            faulted=self.faulted,
        )

    def _called(self, asleep: list[SleepRecord], now: datetime, report: ScaleReport) -> set[str]:
        if not asleep:
            return set()
        snapshots = [record.snapshot for record in asleep]
        try:
            return set(self.figures.called_in_vain(snapshots, now - CALLED_WITHIN, now))
        except EndpointFault as fault:
            report.problems.append(problem_of("nobody knows who is called in vain", fault))
            return set()
