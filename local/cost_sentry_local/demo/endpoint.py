"""A SageMaker endpoint that nobody calls is put to sleep; later it is called, woken, and answers.

The endpoint is the stand-in's, which is told that it has stood there idle for a while: its metrics
are those of the past minutes, and its orders take seconds instead of minutes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cost_sentry.adapters.dynamodb_sleeps import DynamoDbSleeps
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState
from cost_sentry_client.endpoint_calls import Patience, call_endpoint
from cost_sentry_local import sagemaker_control
from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.demo.lambdas import run_function
from cost_sentry_local.demo.sleep_trail import SleepTrail, Step
from cost_sentry_local.demo.waiting import RuleNotMet, pause, when
from cost_sentry_local.idle_endpoints import GPUS, MAY_SLEEP, make_plain, stand_idle

NAME = "summaries"
IDLE_MINUTES = 45
TAGS = {**MAY_SLEEP, "team": "support", "application": "summaries"}
_MADE_SECONDS, _WOKEN_SECONDS, _GONE_SECONDS = 0.5, 4.0, 1.0
_CALL = {"inputs": "Summarise: the printer on floor 3 is on fire."}
_NOT_FOUND = "ValidationError"
_PATIENCE = Patience(seconds=1_200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question whether it is awake, and what was told."""

    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """How it fell asleep."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """And how it woke."""

    failed_with: str
    """What the first call met."""
    asked: tuple[Asked, ...]
    steps: tuple[Step, ...]
    answer: str
    record: SleepRecord
    """As it was closed."""
    asleep_seconds: float
    """By the stand-in's own log: without an instance."""
    paid_minutes: int
    """That it stays awake at least."""

    @property
    def saved_picodollars(self) -> int:
        """By list prices, of this sleep and all before it."""
        return self.record.total.saved_picodollars

    @property
    def paid_picodollars(self) -> int:
        """For the wake."""
        held = self.record.held
        return held.quote_picodollars if held else 0

    @property
    def paid_by(self) -> tuple[str, ...]:
        """Budgets."""
        held = self.record.held
        return tuple(hold.budget_id for hold in held.holds) if held else ()

    @property
    def instances(self) -> int:
        """That it has while it is awake."""
        return sum(fleet.count for fleet in self.record.snapshot.endpoint.fleets)

    @property
    def gpu_hours(self) -> float:
        """That were not paid for."""
        return self.record.total.seconds * self.instances * GPUS / 3_600


def fall_asleep(stage: Stage) -> Sleep:
    """Make the endpoint, and run what the schedule runs until it sleeps."""
    _stand_idle(stage)
    trail = SleepTrail(stage, NAME)
    told = run_function(stage, "ScaleEndpoints")
    if told["slept"] != [NAME]:
        raise RuleNotMet(f"{NAME} was not put to sleep: {json.dumps(told)[:300]}")
    record = when(lambda: _carried_on(stage, SleepState.ASLEEP), f"{NAME} did not fall asleep")
    if _instances(stage):
        raise RuleNotMet(f"{record.endpoint} is said to sleep, and has instances")
    return Sleep(steps=tuple(trail.steps()))


def call_and_wake(stage: Stage) -> Wake:
    """Call it as an application does that uses the shipped client, until it answers."""
    sagemaker_control.set_durations(stage.cloud, creating=_WOKEN_SECONDS)
    trail, asked = SleepTrail(stage, NAME), list[Asked]()
    failures: list[str] = []

    def call() -> str | None:
        return _invoke(stage, failures)

    def wake() -> dict[str, Any]:
        told = run_function(stage, "WakeEndpoint", {"endpoint": NAME})
        asked.append(Asked(state=told["state"], reason=told["reason"]))
        return told

    # The client asks every quarter of a minute; the stand-in's minutes are seconds.
    answer = call_endpoint(
        call, wake, _nobody_instead, patience=_PATIENCE, pause=lambda _seconds: pause()
    )
    record = when(lambda: _carried_on(stage, SleepState.CLOSED), f"the sleep of {NAME} stayed open")
    return Wake(
        failed_with=failures[0],
        asked=tuple(asked),
        steps=tuple(trail.steps()),
        answer=answer,
        record=record,
        asleep_seconds=_gap_seconds(sagemaker_control.instances(stage.cloud)),
        paid_minutes=stage.config.endpoints.up_minutes_min if stage.config.endpoints else 0,
    )


def _stand_idle(stage: Stage) -> None:
    sagemaker_control.set_durations(stage.cloud, creating=_MADE_SECONDS, deleting=_GONE_SECONDS)
    stand_idle(stage.cloud, [make_plain(stage.cloud, NAME, TAGS)], IDLE_MINUTES)


def _carried_on(stage: Stage, state: SleepState) -> SleepRecord | None:
    """Run the schedule's function until the record has reached this state."""
    calls = LedgerCalls(stage.dynamodb, stage.table)
    record = DynamoDbSleeps(calls).read(NAME)
    if record is not None and record.state is state:
        return record
    run_function(stage, "ScaleEndpoints")
    return None


def _invoke(stage: Stage, failures: list[str]) -> str | None:
    """Its answer; ``None`` where SageMaker knows no such endpoint."""
    try:
        answer = stage.cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=NAME, ContentType="application/json", Body=json.dumps(_CALL).encode()
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != _NOT_FOUND:
            raise
        failures.append(error.response["Error"]["Message"])
        return None
    said: str = json.load(answer["Body"])["generated_text"]
    return said


def _nobody_instead(model_id: str) -> str:
    raise RuleNotMet(f"{NAME} could not be woken, and {model_id} should answer instead")


def _instances(stage: Stage) -> list[dict[str, Any]]:
    """Those that run."""
    spans = sagemaker_control.instances(stage.cloud)
    return [span for span in spans if span["endpoint"] == NAME and span["until"] is None]


def _gap_seconds(spans: Sequence[dict[str, Any]]) -> float:
    """From the end of the first instances to the begin of the next."""
    first, second = [span for span in spans if span["endpoint"] == NAME][:2]
    return float(second["from"] - first["until"])
