"""One seed: a world of callers over the real code, faults, healing, and every check."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cost_sentry.application.apply_config import apply_config
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.invocation import InvocationRequest
from tests.simulation.at_rest import check_all, heal, start_ticking
from tests.simulation.audit.answers import Answers, Asked, WatchedLedger
from tests.simulation.audit.auditor import Auditor
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.dynamodb.model import DynamoDbModel
from tests.simulation.examples import ExampleBook, request_of
from tests.simulation.outcome import Outcome
from tests.simulation.plan import RATES, Caller, Operator, Plan
from tests.simulation.variations import SET_UP
from tests.simulation.workloads import mix_of, plan_of
from tests.simulation.world import deployment_facts, faults, latencies
from tests.simulation.world.bedrock import Bedrock, ModelCall
from tests.simulation.world.dynamodb_client import SimulatedClient
from tests.simulation.world.environment import Environment, SkewedClock, http_date, start_of
from tests.simulation.world.faults import FaultMix, Faults
from tests.simulation.world.lambda_service import FunctionFailed, LambdaService
from tests.simulation.world.scheduler import Promise, Scheduler, Task
from tests.simulation.world.small_sizes import small_sizes
from tests.simulation.world.step_functions import Execution, StepFunctions
from tests.simulation.world.stream import Stream
from tests.simulation.world.topic import Topic, WatchedAlerts

STEPS_MAX = 200_000
"""Events of one seed, far more than any needs: a world that never comes to rest is a failure."""


class Simulation:
    """Args:
    seed: of every chance in it.
    plan: what people do; the seed's own unless it is being shortened.
    mix: what goes wrong; likewise.
    steps_max: events before it ends, whatever is still going on.
    tracing: whether to keep every step in words.
    """

    def __init__(
        self,
        seed: int,
        plan: Plan | None = None,
        mix: FaultMix | None = None,
        *,
        steps_max: int = STEPS_MAX,
        tracing: bool = False,
    ) -> None:
        self.seed = seed
        self.plan = plan or plan_of(seed)
        self.mix = mix or mix_of(seed, self.plan)
        self._steps_max = steps_max
        self._lines: list[str] = []
        self._tracing = tracing
        self._faults = Faults()
        self._build()

    def _build(self) -> None:
        self.scheduler = scheduler = Scheduler(str(self.seed))
        self._chance = scheduler.random("the world")
        self.model = DynamoDbModel(lambda: scheduler.now, self._is_stale)
        self.auditor = Auditor(lambda: scheduler.now)
        self.model.items.listen(self.auditor)
        self._start = start_of(self.plan.start)
        self.answers = Answers(
            self.auditor, RATES, start=self._start, is_calm=self.mix == faults.NONE
        )
        self.topic = Topic(scheduler, self._faults)
        self.functions = LambdaService(scheduler, self._environment, self._faults, self._tracer())
        self.stream = Stream(scheduler, self.functions, self._faults)
        self.model.items.listen(self.stream)
        self.bedrock = Bedrock(
            scheduler,
            self._faults,
            overrun=self.plan.overrun,
            started=self.answers.call_started,
            billed=self.answers.billed,
        )
        tasks = {
            "Admit request": self._begin_admission,
            "Invoke model": self._begin_call,
            "Invoke model with bytes": self._begin_call,
            "Settle reservation": self._begin_settlement,
            "Void reservation": self._begin_void,
        }
        self.workflow = StepFunctions(
            scheduler, deployment_facts.state_machine(), tasks, self._faults
        )
        self._in_force = self.plan.config
        self._counts = dict.fromkeys(("allowed", "refused", "unavailable"), 0)
        self._ids = 0
        self._tasks: list[Task] = []
        self._open = 0

    def _is_stale(self) -> bool:
        return self._faults.strike("stale_read", self._chance)

    def _tracer(self) -> Callable[[str], None] | None:
        return self._note if self._tracing else None

    def _note(self, line: str) -> None:
        if not self._tracing:
            return  # What ends afterwards ends because the world does.
        self._lines.append(f"{self.scheduler.now / latencies.SECOND:10.3f}  {line}")

    def _environment(self, name: str) -> Environment:
        """A new process; its clock may be off."""
        self._ids += 1
        chance, skew = self.scheduler.random(f"environment {name} {self._ids}"), 0
        if self._faults.strike("skewed", chance):
            skew = chance.randint(-latencies.SKEW_SECONDS_MAX, latencies.SKEW_SECONDS_MAX)
        client = SimulatedClient(
            self.scheduler,
            self.model,
            self._faults,
            lambda: http_date(self._start, self.scheduler.now // latencies.SECOND),
            self._tracer(),
        )
        environment = Environment(
            scheduler=self.scheduler,
            client=client,
            clock=SkewedClock(self.scheduler, self._start, skew),
            price_book=ExampleBook(),
            topic=self.topic,
            watch=lambda ledger: WatchedLedger(ledger, self.auditor),
        )
        environment.alerts = WatchedAlerts(environment.alerts, self.topic)
        return environment

    def _begin_admission(self, execution: Execution, _state: Any) -> Promise:
        event = {
            "request": execution.request,
            "execution": execution.id,
            "asked": self.answers.asked,
            "decided": self._decided,
        }
        return self.functions.invoke("admit_request", event, execution.id)

    def _decided(
        self, request: InvocationRequest, attempt: str, decision: Decision, asked: Asked
    ) -> None:
        self.answers.decided(request, attempt, decision, asked)
        kind = "refused" if decision.reservation is None else "allowed"
        kind = "unavailable" if decision.code.value == "LEDGER_UNAVAILABLE" else kind
        self._counts[kind] += 1
        if self._tracing:
            self._note(f"{attempt}: {decision.kind} {decision.code}: {decision.message}")

    def _begin_call(self, execution: Execution, _state: Any) -> Promise:
        held = execution.sentry["decision"].reservation
        call = ModelCall(
            execution=execution.id,
            account=held.account,
            request_id=held.request_id,
            model_id=held.model_used,
            input_bound_tokens=held.input_bound_tokens,
            output_limit_tokens=held.output_limit_tokens,
        )
        return self.bedrock.converse(call)

    def _begin_settlement(self, execution: Execution, _state: Any) -> Promise:
        event = {"ticket": execution.ticket, "response": execution.response}
        return self.functions.invoke("settle_reservation", event, execution.id)

    def _begin_void(self, execution: Execution, _state: Any) -> Promise:
        event = {"ticket": execution.ticket, "error": execution.error}
        return self.functions.invoke("void_reservation", event, execution.id)

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
        self._advance(SET_UP)

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

        return self.scheduler.spawn(operator.name, apply, operator.at)

    def _go_wrong(self) -> None:
        self._faults.mix = self.mix
        for caller in self.plan.callers:
            self._call(caller)
        for operator in self.plan.operators:
            self._counted(self._operate(operator))
        start_ticking(self)
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

    def _heal(self) -> None:
        heal(self)

    def _is_quiet(self) -> bool:
        return not self.stream.waiting and not any(self.auditor.truth.pending())

    def _mails_wait(self) -> bool:
        return bool(self.model.items.sort_keys("ALERTS"))

    def _check(self) -> None:
        check_all(self)
