"""Seeds of a model that is an endpoint: it sleeps, wakes, is refused a wake, and its callers wait.

The endpoint's record stands in the same table as the money, and is met by the same faults. A clock
that tells of minutes by which claims end is not off by minutes, so here no clock is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from cost_sentry.adapters.dynamodb_sleeps import PARTITION, DynamoDbSleeps
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.sleep_record import sleep_from_text
from cost_sentry.application.config_document import with_version
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.endpoint_asleep import asleep_by
from cost_sentry.domain.endpoint_model import EndpointModel, WhileAsleep
from cost_sentry.domain.endpoint_rules import SCALE_EVERY_MINUTES, EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepState, first_sleep
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.sentry_config import Model
from tests.fakes.sleeping_endpoints import SageMaker
from tests.simulation.audit.answers import Asked
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.draft import NOON, Draft
from tests.simulation.dynamodb.items import Written
from tests.simulation.dynamodb.model import InstantClient
from tests.simulation.plan import CHEAP, DEAR, OWN, Plan
from tests.simulation.simulation import Simulation
from tests.simulation.variations import varied
from tests.simulation.workloads import mix_of
from tests.simulation.world.environment import TABLE, Environment, SkewedClock
from tests.simulation.world.faults import FaultMix, without
from tests.simulation.world.lambda_service import FunctionFailed
from tests.simulation.world.latencies import MILLISECOND, MINUTE, SECOND
from tests.simulation.world.scheduler import Promise
from tests.simulation.world.step_functions import Execution

TOLD = "asleep"
"""Of the promises, this workload's own: who is told so was told the truth, and what to do."""
STALE = 2 * SECOND
"""What an admission knows of a sleep is a second old at most, and was read for a while."""
UP_MINUTES = 5
SLEPT_CODES = {ReasonCode.ENDPOINT_ASLEEP, ReasonCode.REROUTED_WHILE_ASLEEP}


def sleeping(seed: int) -> Plan:
    """Callers of the endpoint, with a ladder or without; its wake may be too dear."""
    random = Random(f"sleeping {seed}")
    draft = Draft(random)
    draft.budget("daily", random.randint(4_000, 60_000))
    if random.random() < 0.4:
        draft.budget("own", random.randint(500, 9_000), scope={"model": OWN})
    if random.random() < 0.3:
        draft.budget("calls", random.randint(3, 20), unit=Unit.REQUESTS)
    span = random.choice((20 * SECOND, 3 * MINUTE, 12 * MINUTE))
    callers = [
        draft.caller(n, span, model=random.choice((OWN, OWN, OWN, DEAR)))
        for n in range(random.randint(6, 16))
    ]
    again = [
        replace(one, name=f"{one.name} again", at=one.at + int(random.random() * 2 * MINUTE))
        for one in callers
        if random.random() < 0.3
    ]
    plan = Plan(
        workload="sleeping_models",
        start=NOON,
        config=with_version(_with_endpoint(random, draft)),
        callers=[*callers, *again],
        runs_into=20 * MINUTE,
    )
    return varied(plan, Random(f"sleeping variations {seed}"))


def _with_endpoint(random: Random, draft: Draft) -> Any:
    first = random.choice(list(WhileAsleep))
    least = 1 if first is WhileAsleep.WAIT else 0
    endpoint = EndpointModel(
        name="own",
        input=5,
        output=5,
        context_tokens=100_000,
        output_tokens_max=5_000,
        asleep=first,
        wait_seconds_max=random.choice((least, 20, 100, 180)),
    )
    rungs = (CHEAP,) if random.random() < 0.5 else ()
    models = {
        DEAR: Model(id=DEAR, ladder=(OWN, *rungs)),
        CHEAP: Model(id=CHEAP),
        OWN: Model(id=OWN, ladder=rungs, endpoint=endpoint),
    }
    hourly = random.choice((2_400, 12_000, 12_000, 120_000, 1_200_000))
    rules = EndpointRules(
        idle_minutes=random.choice((1, 3, 30)),
        up_minutes_min=UP_MINUTES,
        wake_minutes_max=5,
        instance_prices={"ml.g5.xlarge": hourly},
    )
    return replace(draft.config(), models=models, endpoints=rules)


class SleepingModels(Simulation):
    """The endpoint may sleep already; what callers are told of it is held against its record."""

    def _build(self) -> None:
        super()._build()
        self.count: Counter[str] = Counter()
        self.executions: list[Execution] = []
        chance, takes = self.scheduler.random("sagemaker"), {"sleep": (5, 60), "wake": (20, 240)}
        self.sagemaker = SageMaker(
            SkewedClock(self.scheduler, self._start),
            seconds=lambda _name, verb: chance.uniform(*takes[verb]),
            fails=lambda _name: chance.random() < 0.1,
        )
        self._history: list[tuple[int, bool]] = [(0, False)]
        """Since when the record says that it sleeps, or that it does not."""
        self.model.items.listen(self._note_record)
        run = self.workflow.run
        self.workflow.run = lambda one: self.executions.append(one) or run(one)  # type: ignore[method-assign, func-returns-value]

    def _environment(self, name: str) -> Environment:
        made = super()._environment(name)
        made.sagemaker = self.sagemaker
        return made

    def _set_up(self) -> None:
        super()._set_up()
        one = self.sagemaker.make("own")
        one.made_at = self._start - timedelta(days=1)
        if self.scheduler.random("first").random() < 0.7:
            self._has_fallen_asleep()
        self._scale_tick(1)

    def _has_fallen_asleep(self) -> None:
        now, snapshot = self.sagemaker.clock.now(), self.sagemaker.snapshot("own")
        record = replace(
            first_sleep(snapshot, None, now - timedelta(minutes=30)),
            state=SleepState.ASLEEP,
            slept_at=now - timedelta(minutes=30),
        )
        self.sagemaker.delete("own")
        assert DynamoDbSleeps(LedgerCalls(InstantClient(self.model), TABLE)).put(record, None)

    def _scale_tick(self, number: int) -> None:
        def tick() -> None:
            try:
                self.functions.invoke("scale_endpoints", {}, f"scale {number}").wait()
            except FunctionFailed as error:
                self.count["scaling that failed"] += 1
                self._note(f"scale {number}: {error}")
            self._scale_tick(number + 1)

        every = SCALE_EVERY_MINUTES * MINUTE
        self.scheduler.spawn(f"scale {number}", tick, every)

    def _note_record(self, written: Sequence[Written]) -> None:
        for one in written:
            if one.key[0] == PARTITION and one.after is not None:
                record = sleep_from_text(one.after["sleep"]["S"])
                is_gone = asleep_by(record, self.sagemaker.clock.now()) is not None
                self._history.append((self.scheduler.now, is_gone))
                self.count[record.state.name] += 1
                self.count["wakes refused"] += "USD left, and a wake holds" in record.reason

    def _slept(self, since: int) -> bool:
        """Whether the record said so at any time from then to now."""
        before = [is_gone for at, is_gone in self._history if at <= since]
        return before[-1] or any(is_gone for at, is_gone in self._history if at > since)

    def _begin_call(self, execution: Execution, state: Any) -> Promise:
        decision: Decision = execution.sentry["decision"]
        if decision.endpoint is None:
            return super()._begin_call(execution, state)
        if self.sagemaker.call(decision.endpoint.name, seconds=5):
            self.count["calls of the endpoint"] += 1
            return super()._begin_call(execution, state)
        self.count["calls that met a sleeper"] += 1
        gone, answer = FunctionFailed("ModelNotReadyException"), self.scheduler.promise()
        self.scheduler.after(20 * MILLISECOND, lambda: answer.keep(error=gone))
        return answer

    def _decided(
        self, request: InvocationRequest, attempt: str, decision: Decision, asked: Asked
    ) -> None:
        super()._decided(request, attempt, decision, asked)
        self.count[f"decided {decision.code.value}"] += 1
        self.count["waits"] += decision.wait_seconds is not None
        self.count["wakes asked for"] += decision.wake is not None
        is_said = decision.code in SLEPT_CODES and not decision.replayed
        if is_said and not self._slept(max(0, asked.at - STALE)):
            raise BrokenPromise(TOLD, f"{request.request_id}: {decision.message}; it was awake")
        if decision.wait_seconds is not None:
            self._check_holds_nothing(request, attempt)

    def _check_holds_nothing(self, request: InvocationRequest, attempt: str) -> None:
        story = self.auditor.truth.stories.get((request.account, request.request_id))
        if story is not None and story.held.execution == attempt.partition(".")[0]:
            raise BrokenPromise(TOLD, f"{request.request_id} waits, and holds {story.held}")

    def _check(self) -> None:
        super()._check()
        for one in self.executions:
            self._check_told(one)

    def _check_told(self, one: Execution) -> None:
        """Who was answered at all was served, rerouted, refused by name, or told when to come."""
        listed = self.plan.config.endpoint_models[OWN].endpoint
        assert listed is not None
        if one.waited > listed.wait_seconds_max:
            raise BrokenPromise(TOLD, f"{one.id} waited {one.waited} s")
        if one.output is None or one.is_failed or not isinstance(one.sentry, dict):
            return
        decision: Decision = one.sentry["decision"]
        if one.waited and decision.endpoint is not None:
            self.count["served after a wait"] += 1
        if decision.kind is DecisionKind.REJECT and decision.code in SLEPT_CODES:
            is_told = decision.retry_after_seconds and decision.wait_seconds is None
            if not is_told:
                raise BrokenPromise(TOLD, f"{one.id} is not told when to come again: {decision}")
            self.count["told when to come again"] += 1


def mix_of_sleeping(seed: int, plan: Plan) -> FaultMix:
    """The seed's faults, but for clocks."""
    return without(mix_of(seed, plan), "skewed")


def run(seed: int) -> tuple[SleepingModels, str | None]:
    """One seed, and what it broke."""
    plan = sleeping(seed)
    simulation = SleepingModels(seed, plan, mix_of_sleeping(seed, plan))
    outcome = simulation.run()
    return simulation, None if outcome.failure is None else str(outcome.failure)
