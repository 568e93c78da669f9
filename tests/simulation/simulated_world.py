"""The world of one seed: every service around the real code, and who looks on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.domain.decision import Decision
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.retry import attempt_id, request_and_attempt
from tests.simulation.audit.answers import Answers, Asked
from tests.simulation.audit.auditor import Auditor
from tests.simulation.audit.emergency import EmergencyAudit
from tests.simulation.audit.watched_ledger import WatchedLedger
from tests.simulation.dynamodb.model import DynamoDbModel
from tests.simulation.examples import ExampleBook
from tests.simulation.plan import RATES, Plan
from tests.simulation.workloads import mix_of, plan_of
from tests.simulation.world import deployment_facts, faults, latencies, outages
from tests.simulation.world.bedrock import Bedrock, ModelCall
from tests.simulation.world.dynamodb_client import SimulatedClient
from tests.simulation.world.environment import Environment, SkewedClock, http_date, start_of
from tests.simulation.world.faults import FaultMix, Faults
from tests.simulation.world.lambda_service import LambdaService
from tests.simulation.world.outages import Outage
from tests.simulation.world.s3_bucket import Bucket
from tests.simulation.world.s3_client import SimulatedS3
from tests.simulation.world.scheduler import Promise, Scheduler, Task
from tests.simulation.world.step_functions import Execution, StepFunctions
from tests.simulation.world.stream import Stream
from tests.simulation.world.topic import Topic, WatchedAlerts

STEPS_MAX = 200_000
"""Events of one seed, far more than any needs: a world that never comes to rest is a failure."""


class World:
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
        self.auditor.truth.use_sizes(self.plan.sizes)
        self.model.items.listen(self.auditor)
        self._start = start_of(self.plan.start)
        self.bucket = Bucket(scheduler.random("the bucket"))
        configs = [self.plan.config, *(operator.config for operator in self.plan.operators)]
        self.emergency = EmergencyAudit(self.auditor, configs, self._start)
        self.bucket.listen(self.emergency)
        self.answers = Answers(
            self.auditor,
            RATES,
            start=self._start,
            is_calm=self._is_calm(),
            outage=self._ledger_outage,
            silent_since=self._was_silent_since,
            emergency=self.emergency,
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
            "Admit request again": self._begin_next_attempt,
            "Note fault": self._begin_note,
            "Wake endpoint": self._begin_wake,
        }
        self.workflow = StepFunctions(
            scheduler, deployment_facts.state_machine(), tasks, self._faults
        )
        self._in_force = self.plan.config
        self._counts = dict.fromkeys(("allowed", "refused", "unavailable"), 0)
        self._ids = 0
        self._tasks: list[Task] = []
        self._open = 0

    def _is_calm(self) -> bool:
        """Whether nothing goes wrong but outages of the ledger, and nobody changes anything."""
        others = [one for one in self.plan.outages if one.service != outages.DYNAMODB]
        changes = self.plan.operators if self.plan.outages else ()
        return self.mix == faults.NONE and not others and not changes

    def _ledger_outage(self) -> Outage | None:
        return self._faults.outage(outages.DYNAMODB, self.scheduler.now)

    def _was_silent_since(self, at: int) -> bool:
        now, ledgers = self.scheduler.now, outages.DYNAMODB
        spans = [one for one in self._faults.outages if one.service == ledgers]
        return any(one.begins <= now and at < one.ends for one in spans)

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
        s3 = None
        if self.plan.has_store:
            s3 = SimulatedS3(
                self.scheduler, self.bucket, self._faults, client.may_die, self._tracer()
            )
        environment = Environment(
            scheduler=self.scheduler,
            client=client,
            clock=SkewedClock(self.scheduler, self._start, skew),
            price_book=ExampleBook(),
            topic=self.topic,
            watch=lambda ledger: WatchedLedger(ledger, self.auditor),
            s3=s3,
            kept=self.emergency.kept,
        )
        environment.alerts = WatchedAlerts(environment.alerts, self.topic)
        return environment

    def _begin_admission(self, execution: Execution, _state: Any) -> Promise:
        event = {
            "request": replace(execution.request, began_at=self._moment(execution.started_at)),
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
        decision = execution.sentry["decision"]
        held, bound = decision.reservation, decision.reservation.input_bound_tokens
        if self.emergency.is_slots(decision):
            bound = execution.request.input_bound_tokens
        call = ModelCall(
            execution=execution.id,
            account=held.account,
            request_id=held.request_id,
            model_id=held.model_used,
            input_bound_tokens=bound,
            output_limit_tokens=decision.output_limit_sent_tokens,
        )
        return self.bedrock.converse(call)

    def _begin_settlement(self, execution: Execution, _state: Any) -> Promise:
        event = {"ticket": execution.ticket, "response": execution.response}
        return self.functions.invoke("settle_reservation", event, execution.id)

    def _begin_void(self, execution: Execution, _state: Any) -> Promise:
        event = {"ticket": execution.ticket, "error": execution.error}
        event["startedAt"] = self._moment(execution.started_at)
        return self.functions.invoke("void_reservation", event, execution.id)

    def _begin_next_attempt(self, execution: Execution, state: Any) -> Promise:
        """Under its own id: it is a call of its own to everybody who looks on."""
        first, again = execution.request, execution.again
        request_id, _ = request_and_attempt(first.request_id)
        own_id = attempt_id(request_id, again.attempt)
        execution.request = replace(first, request_id=own_id, again=again)
        return self._begin_admission(execution, state)

    def _begin_note(self, execution: Execution, _state: Any) -> Promise:
        event = {"ticket": execution.ticket, "error": execution.error}
        return self.functions.invoke("note_fault", event, execution.id)

    def _begin_wake(self, execution: Execution, _state: Any) -> Promise:
        """An event: Lambda takes it, and nobody waits for what comes of it."""
        event, taken = {"endpoint": execution.wake}, self.scheduler.promise()
        self.functions.invoke("wake_endpoint", event, execution.id)
        self.scheduler.after(10 * latencies.MILLISECOND, lambda: taken.keep(None))
        return taken

    def _moment(self, at: int) -> datetime:
        return self._start + timedelta(microseconds=at)
