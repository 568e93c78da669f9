"""Idle endpoints of the SageMaker stand-in sleep, and are called in vain until somebody answers.

``scale_endpoints`` puts them to sleep, ``wake_endpoint`` is asked by callers that use the shipped
client, several of each endpoint at once. Some deletions and creations are throttled, one is denied,
one wake fails, and the budget of two cannot pay for theirs. The stand-in's minutes are seconds.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.drill.local_plan import Plan, say
from cost_sentry.adapters.dynamodb_sleeps import DynamoDbSleeps
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry_client.endpoint_calls import EndpointAsleep, Patience, call_endpoint
from cost_sentry_local import sagemaker_control
from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.demo.lambdas import run_function, stop_clock
from cost_sentry_local.demo.waiting import pause
from cost_sentry_local.idle_endpoints import (
    GPUS,
    MAY_SLEEP,
    IdleEndpoint,
    make_of_components,
    make_plain,
    stand_idle,
)

IDLE_MINUTES = 45
WAITS, AT_ONCE = Patience(seconds=20 * 60), Patience()
_CLOCK = "EndpointClock"
_MADE_SECONDS, _WOKEN_SECONDS, _GONE_SECONDS = 0.5, 3.0, 1.0
_WITHIN_SECONDS = 90.0
_CALLERS_AT_ONCE = 12
_IN_VAIN = "ValidationError"
_OF_GROWTH = {"team": "growth", "application": "campaigns"}
_UNPAID = {"team": "research", "application": "unpaid"}
_HAS_MODEL = {"use": "may-ask-a-model"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What happens to an endpoint."""

    tags: Mapping[str, str]
    fault: tuple[str, str, int] | None = None
    """What goes wrong: operation, error, and how often."""
    sleeps: bool = True
    """Whether it is taken away."""
    wakes: bool = True
    """Whether it comes back."""

    @property
    def patience(self) -> Patience:
        """Of its callers: who may ask a model does so at once."""
        return AT_ONCE if _HAS_MODEL.items() <= self.tags.items() else WAITS


WELL = Fate(tags=_OF_GROWTH)
SPECIAL = (
    # It may not be deleted, and stays awake.
    Fate(
        tags=_OF_GROWTH,
        fault=("DeleteEndpoint", "AccessDeniedException", 50),
        sleeps=False,
        wakes=False,
    ),
    Fate(tags=_OF_GROWTH, fault=("DeleteEndpoint", "ThrottlingException", 2)),
    Fate(tags=_OF_GROWTH, fault=("CreateEndpoint", "ThrottlingException", 2)),
    # What is made ends as failed, and the next try is minutes away.
    Fate(tags={**_OF_GROWTH, **_HAS_MODEL}, fault=("CreateEndpoint", "Failed", 1), wakes=False),
    # No budget pays for their wake.
    Fate(tags=_UNPAID, wakes=False),
    Fate(tags={**_UNPAID, **_HAS_MODEL}, wakes=False),
)


@dataclass(slots=True)
class Sleeper:
    """One endpoint, and how its calls ended."""

    fate: Fate
    made: IdleEndpoint
    ended: Counter[str] = field(default_factory=Counter)


class Endpoints:
    """``begin`` and ``finish``; what lies between is as idle as they are."""

    def __init__(self, stage: Stage, plan: Plan) -> None:
        self._stage, self._plan = stage, plan
        self._records = DynamoDbSleeps(LedgerCalls(stage.dynamodb, stage.table))
        self._sleepers: list[Sleeper] = []
        self._unpaid_wakes: set[str] = set()

    def begin(self) -> None:
        """Make them; nobody calls them."""
        cloud = self._stage.cloud
        stop_clock(self._stage, _CLOCK)
        sagemaker_control.set_durations(
            cloud, creating=_MADE_SECONDS, updating=_MADE_SECONDS, deleting=_GONE_SECONDS
        )
        with ThreadPoolExecutor(_CALLERS_AT_ONCE) as pool:
            self._sleepers = list(pool.map(self._make, range(self._plan.endpoints)))
        stand_idle(cloud, [one.made for one in self._sleepers], IDLE_MINUTES)

    def finish(self) -> Mapping[str, int]:
        """Put them to sleep, call them until all calls have ended, and look at what is left."""
        cloud = self._stage.cloud
        for one in self._sleepers:
            if one.fate.fault:
                operation, code, times = one.fate.fault
                sagemaker_control.set_endpoint_fault(
                    cloud, operation, code, name=one.made.name, times=times
                )
        asleep = [one for one in self._sleepers if one.fate.sleeps]
        self._reach(asleep, SleepState.ASLEEP)
        say(f"{len(asleep)} endpoints sleep")
        sagemaker_control.set_durations(cloud, creating=_WOKEN_SECONDS, updating=_WOKEN_SECONDS)
        self._call_all()
        self._reach([one for one in asleep if one.fate.wakes], SleepState.CLOSED)
        return self._figures()

    def _make(self, number: int) -> Sleeper:
        """The special ones first, which are plain; of the others every second has components."""
        fate = SPECIAL[number] if number < len(SPECIAL) else WELL
        make = make_of_components if fate is WELL and number % 2 else make_plain
        name, tags = f"endpoint-{number:02d}", {**MAY_SLEEP, **fate.tags}
        return Sleeper(fate, make(self._stage.cloud, name, tags))

    def _reach(self, sleepers: Sequence[Sleeper], state: SleepState) -> None:
        """Run what the clock runs until all are in this state; whoever is not shows in figures."""
        deadline = time.monotonic() + _WITHIN_SECONDS
        while time.monotonic() < deadline:
            found = [self._records.read(one.made.name) for one in sleepers]
            if all(record and record.state is state for record in found):
                return
            run_function(self._stage, "ScaleEndpoints")
        say(f"not every endpoint is {state.value}")

    def _call_all(self) -> None:
        each = [one for one in self._sleepers for _ in range(self._plan.callers)]
        with ThreadPoolExecutor(_CALLERS_AT_ONCE) as pool:
            for one, how in zip(each, pool.map(self._call, each), strict=True):
                one.ended[how] += 1

    def _call(self, sleeper: Sleeper) -> str:
        """As an application does; how it ended."""
        told: list[Mapping[str, Any]] = []

        def wake() -> Mapping[str, Any]:
            told.append(run_function(self._stage, "WakeEndpoint", {"endpoint": sleeper.made.name}))
            if told[-1]["state"] == "ASLEEP" and told[-1]["expectedBy"] is None:
                self._unpaid_wakes.add(sleeper.made.name)
            return told[-1]

        try:
            # The client asks every quarter of a minute; the stand-in's minutes are seconds.
            return call_endpoint(
                lambda: self._invoke(sleeper.made),
                wake,
                self._ask_instead,
                patience=sleeper.fate.patience,
                pause=lambda _seconds: pause(),
            )
        except EndpointAsleep:
            is_refused = sleeper.made.name in self._unpaid_wakes and "budget" in told[-1]["reason"]
            return "refused" if is_refused else "lost"

    def _invoke(self, made: IdleEndpoint) -> str | None:
        runtime: Any = self._stage.cloud.client("sagemaker-runtime")
        try:
            answer = runtime.invoke_endpoint(
                **made.called_as(), ContentType="application/json", Body=b"{}"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _IN_VAIN:
                raise
            return None
        is_answered = made.name in json.load(answer["Body"])["generated_text"]
        return "by the endpoint" if is_answered else "lost"

    def _ask_instead(self, model_id: str) -> str:
        """Through the sentry, as any call."""
        answer = self._stage.operator.caller(_OF_GROWTH).converse(
            modelId=model_id,
            messages=[{"role": "user", "content": [{"text": "Summarise: it is on fire."}]}],
            inferenceConfig={"maxTokens": 40},
        )
        is_allowed = answer["sentry"]["decision"] == "ALLOW"
        return "by the model that stands in" if is_allowed else "lost"

    def _figures(self) -> Mapping[str, int]:
        ended = sum((one.ended for one in self._sleepers), Counter())
        records = [self._records.read(one.made.name) for one in self._sleepers]
        totals = [record.total for record in records if record]
        return {
            "count": len(self._sleepers),
            "fell_asleep": sum(total.sleeps for total in totals),
            "gpu_seconds_saved": round(sum(self._saved_seconds().values())),
            "gpu_seconds_that_the_sentry_tells": GPUS * round(sum(t.seconds for t in totals)),
            "calls": ended.total(),
            "calls_by_the_endpoint": ended["by the endpoint"],
            "calls_by_the_model_that_stands_in": ended["by the model that stands in"],
            "calls_refused_for_their_wake_was_not_paid": ended["refused"],
            "calls_lost": ended["lost"],
            "wakes_refused_by_budget": len(self._unpaid_wakes),
            "restores": self._restores(),
            "restores_verified": sum(total.restores for total in totals),
        }

    def _saved_seconds(self) -> dict[str, float]:
        """By the stand-in's log: without an instance, from the end of the first until now."""
        saved: dict[str, float] = {}
        spans = sagemaker_control.instances(self._stage.cloud)
        now = max(span["from"] + span["seconds"] for span in spans)
        for one in self._sleepers:
            first, *later = [span for span in spans if span["endpoint"] == one.made.name]
            if first["until"] is not None:
                ran = sum(span["seconds"] for span in later)
                saved[one.made.name] = GPUS * (now - first["until"] - ran)
        return saved

    def _restores(self) -> int:
        """Endpoints that were without an instance, and have one again, by the stand-in's log."""
        spans = sagemaker_control.instances(self._stage.cloud)
        names = [one.made.name for one in self._sleepers]
        return sum(
            sum(span["endpoint"] == name for span in spans) > 1
            and any(span["endpoint"] == name and span["until"] is None for span in spans)
            for name in names
        )
