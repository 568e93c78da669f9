"""One seed: a world of callers over the real code, faults, healing, and every check."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cost_sentry.application.apply_config import apply_config
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES
from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.final_checks import FinalChecks
from tests.simulation.audit.run_trees import CAP, check_trees
from tests.simulation.audit.runs import RUN, check_at_rest
from tests.simulation.examples import request_of
from tests.simulation.ledger_records import Held
from tests.simulation.outcome import Outcome
from tests.simulation.plan import Caller, Operator
from tests.simulation.simulated_world import World
from tests.simulation.variations import SET_UP
from tests.simulation.world import faults, latencies
from tests.simulation.world.lambda_service import FunctionFailed
from tests.simulation.world.scheduler import Task, TaskKilled
from tests.simulation.world.small_sizes import small_sizes
from tests.simulation.world.step_functions import Execution


class Simulation(World):
    """Lets a world run, go wrong, and heal; see ``World`` for its arguments."""

    def run(self) -> Outcome:
        """Set up, let things go wrong, heal, check."""
        failure = None
        try:
            with small_sizes(self.plan.sizes):
                self._set_up()
                self._go_wrong()
                self._heal()
                self._check()
        except BrokenPromise as error:
            failure = error
            if self._tracing:
                self._note(f"BROKEN {error}")
            self._tracing = False
        finally:
            self.scheduler.close()
        return Outcome(
            seed=self.seed,
            workload=self.plan.workload,
            operations=self.model.operations,
            events=self.scheduler.events,
            virtual_seconds=self.scheduler.now // latencies.SECOND,
            writes=self.auditor.writes,
            checks=self.auditor.checks,
            faults=dict(sorted(self._faults.struck.items())),
            met=dict(sorted(self.auditor.met.items())),
            failure=failure,
            trace=tuple(self._lines),
            **self._counts,
        )

    def _advance(self, span: int, is_enough: Callable[[], bool] = lambda: False) -> None:
        scheduler, most = self.scheduler, self._steps_max
        scheduler.run(scheduler.now + span, lambda: is_enough() or scheduler.events >= most)

    @property
    def _is_cut_short(self) -> bool:
        return self.scheduler.events >= self._steps_max

    def _set_up(self) -> None:
        self._operate(Operator(name="installer", at=0, config=self.plan.config))
        if self.plan.has_store:
            first = self.scheduler.spawn("first tick", self._sweep, SET_UP // 2)
            first.on_end.append(self._check_is_fault)
        self._advance(SET_UP)
        if self.plan.has_store:
            self.functions.forget_environments()

    def _sweep(self) -> None:
        """Calls are set aside before anything can go wrong."""
        self.functions.invoke("expire_reservations", {}, "first tick").wait()

    def _operate(self, operator: Operator) -> Any:
        """Apply a configuration from a machine of the operator's own; tell what became of it."""

        def apply() -> None:
            environment = self._environment(operator.name)
            try:
                apply_config(
                    operator.config,
                    store=environment.store,
                    books=environment.books,
                    clock=environment.clock,
                )
            except CostSentryError as error:
                if self._tracing:
                    self._note(f"{operator.name}: {error}")

        task = self.scheduler.spawn(operator.name, apply, operator.at)
        task.on_end.append(self._check_is_fault)
        return task

    def _check_is_fault(self, task: Task) -> None:
        """A run in which nobody could set anything up would keep every promise."""
        if not isinstance(task.error, TaskKilled | None):
            detail = f"{task.name} ends with {task.error!r}"
            self.scheduler.failure = BrokenPromise(broken.NO_BUG, detail)

    def _go_wrong(self) -> None:
        self._faults.mix = self.mix
        now = self.scheduler.now
        self._faults.outages = [
            replace(one, begins=one.begins + now, ends=one.ends + now) for one in self.plan.outages
        ]
        for caller in self.plan.callers:
            self._call(caller)
        for operator in self.plan.operators:
            self._counted(self._operate(operator))
        self._tick(1)
        longest = self.workflow.time_limit() + max(c.at for c in self.plan.callers)
        self._advance(longest + self.plan.late_max, self._are_over)
        for task in self._tasks:
            self.scheduler.kill(task)

    def _are_over(self) -> bool:
        return self._open == 0

    def _counted(self, task: Task) -> Task:
        """One that ``_go_wrong`` waits for."""
        self._open += 1
        self._tasks.append(task)

        def end(_task: Task) -> None:
            self._open -= 1

        task.on_end.append(end)
        return task

    def _call(self, caller: Caller) -> None:
        request = request_of(caller)
        execution = Execution(id=f"{caller.name}", request=request)

        def run() -> None:
            try:
                self.workflow.run(execution)
            finally:
                self._may_settle_late(execution)

        self._counted(self.scheduler.spawn(caller.name, run, caller.at))

    def _may_settle_late(self, execution: Execution) -> None:
        """Somebody runs the last step of an execution that died, or runs it a second time."""
        chance, plan = self.scheduler.random(f"late {execution.id}"), self.plan
        if execution.response is None or chance.random() >= plan.settles_late:
            return

        def settle() -> None:
            event = {"ticket": execution.ticket, "response": execution.response}
            name = f"{execution.id}/late"
            with suppress(FunctionFailed):
                self.functions.invoke("settle_reservation", event, name).wait()

        delay = int(chance.random() ** 2 * plan.late_max)
        self._counted(self.scheduler.spawn(f"{execution.id}/late", settle, delay))

    def _tick(self, number: int) -> None:
        """The expiry schedule."""
        every = EXPIRY_EVERY_MINUTES * latencies.MINUTE

        def tick() -> None:
            try:
                self.functions.invoke("expire_reservations", {}, f"tick {number}").wait()
            except FunctionFailed as error:
                if self._tracing:
                    self._note(f"tick {number}: {error}")
            self._tick(number + 1)

        self.scheduler.spawn(f"tick {number}", tick, every)

    def _heal(self) -> None:
        """Nothing goes wrong any more: everything must come to rest in bounded time."""
        self._faults.mix = faults.NONE
        self._faults.outages = ()
        # Requests that their senders gave up on may still arrive; then it is quiet.
        self._operate(
            Operator(name="healer", at=2 * latencies.LATE_REQUEST_MAX, config=self._in_force)
        )
        every = EXPIRY_EVERY_MINUTES * latencies.MINUTE
        hold = self._in_force.hold_seconds * latencies.SECOND
        skew = 2 * latencies.SKEW_SECONDS_MAX * latencies.SECOND
        self._advance(hold + skew + 2 * every + latencies.MINUTE, self._is_quiet)
        late = [held.request_id for held in self._awaited()]
        if late and not self._is_cut_short:
            raise BrokenPromise(broken.RESOLVED_IN_TIME, f"{late} are still pending")
        # One more scheduled run: it puts right what the last settlements could not.
        self._advance(self.plan.runs_into + every + latencies.MINUTE)
        self._advance(4 * every, lambda: not self.stream.waiting and not self._mails_wait())

    def _is_quiet(self) -> bool:
        return not self.stream.waiting and not self._awaited()

    def _awaited(self) -> list[Held]:
        """Reservations that must end soon: not slots that no call has."""
        return [held for held in self.auditor.truth.pending() if self.emergency.awaited(held)]

    def _mails_wait(self) -> bool:
        return bool(self.model.items.sort_keys("ALERTS"))

    def _check(self) -> None:
        if self._is_cut_short:
            detail = f"not after {self.scheduler.events} events"
            raise BrokenPromise(broken.AT_REST, detail)
        if self.stream.given_up:
            detail = f"{self.stream.given_up} could not be projected"
            raise BrokenPromise(broken.JOURNAL_COMPLETE, detail)
        checks = FinalChecks(self.model.items, self.auditor)
        checks.run()
        self.answers.check_charges()
        self.emergency.check_end(self._in_force)
        budgets = {budget.id: budget for budget in self._in_force.budgets}
        checks.check_alerts(self.topic.sent, {b.id: b.thresholds_percent for b in budgets.values()})
        now = self._start + timedelta(microseconds=self.scheduler.now)
        if self.plan.workload == "runs":
            check_at_rest(checks.rows, self.auditor.truth)
            defined = self.auditor.truth.ever_defined
            check_trees(checks.rows, [most for budget, most in defined if budget == CAP])
        current = {b.id: f"{b.id}@{b.window_at(now).id}" for b in budgets.values()}
        of_runs = {purse for purse in self.auditor.truth.purses if RUN in purse}
        checks.check_stranded({*current.values(), *of_runs})
        checks.check_debts({*current.values(), *of_runs})
        checks.check_limits({b.id: b.limit for b in budgets.values()}, current)
