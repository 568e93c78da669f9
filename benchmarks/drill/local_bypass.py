"""Calls past the deployed gate, straight to the Bedrock stand-in, among calls through it.

``usage_reconciliation`` is invoked all the time, two at once; what it has booked is held against
the stand-in's own log of calls. Metrics of some calls come at once, of others late, and of some
after their minute was compared.
"""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.drill.local_plan import Plan, say, sleep_until
from cost_sentry.application.usage_watermark import LOOK_AFTER
from cost_sentry.domain.meter import minute_of
from cost_sentry_local import stand_in_control
from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.background import Background
from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.demo.lambdas import run_function
from cost_sentry_local.demo.replay import Replay
from cost_sentry_local.demo.traffic import HAIKU, NOVA_MICRO, Caller, Content
from cost_sentry_local.demo.workload import plan_call

NOVA_LITE = "us.amazon.nova-lite-v1:0"
BUDGETS = {HAIKU: "haiku", NOVA_LITE: "lite", NOVA_MICRO: "micro"}
"""By model what its budgets' ids begin with."""
OWN = (
    Caller(team="growth", application="campaigns", model_id=NOVA_LITE),
    Caller(team="growth", application="campaigns", model_id=NOVA_MICRO),
)
MINUTE = timedelta(minutes=1)
_AT_ONCE = 8
_EVERY_SECONDS = 5.0
_FURTHER_RUNS = 3
_PAST = {"drill": "past the sentry"}
_OF_CONVERSE = ("modelId", "messages", "system", "inferenceConfig", "requestMetadata")
_KINDS = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Of one model."""

    requests: int
    tokens: int

    def away_from(self, other: "Used") -> int:
        """How far apart they are, both kinds together."""
        return abs(self.requests - other.requests) + abs(self.tokens - other.tokens)


class Bypass:
    """``begin``, ``call`` and ``finish``, with minutes between them.

    Args:
        stage: where all is deployed.
        replay: makes calls through the sentry.
        plan: how many.
        chance: of what is called, and how long the answers are.
    """

    def __init__(self, stage: Stage, replay: Replay, plan: Plan, chance: Random) -> None:
        self._stage, self._replay, self._plan, self._chance = stage, replay, plan, chance
        self._runs: Counter[str] = Counter()
        self._answers: list[Answer] = []

    def begin(self) -> datetime:
        """The first run, from the minute after which everything is compared; that minute."""
        run_function(self._stage, "UsageReconciliation")
        return minute_of(datetime.now(UTC)) + MINUTE

    def call(self) -> datetime:
        """All calls; when their last minute can be compared."""
        cloud, shares = self._stage.cloud, self._plan.lags_seconds
        stand_in_control.set_fault(cloud, "throttle", times=self._plan.throttled, model=HAIKU)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            own = [pool.submit(self._own, number) for number in range(self._plan.own_calls)]
            for lag in shares:
                stand_in_control.set_metric_lag(cloud, lag)
                numbers = range(self._plan.calls_past // len(shares))
                list(pool.map(self._past, [self._request(number) for number in numbers]))
            self._answers = [one.result() for one in own]
        stand_in_control.set_metric_lag(cloud, 0)
        return minute_of(datetime.now(UTC)) + MINUTE + LOOK_AFTER

    def finish(self, comparable_at: datetime) -> Mapping[str, int]:
        """Let the deployed function book until it is at rest; what it came to."""
        with _Runs(self._stage, self._runs):
            sleep_until(comparable_at)
            self._wait_until_booked()
        at_rest = self._posted()
        for _ in range(_FURTHER_RUNS):
            _run_twice(self._stage, self._runs)
        return self._figures(at_rest)

    def _request(self, number: int) -> dict[str, Any]:
        """One of the models in turn; of Claude every second call reads or writes a prompt cache."""
        model = tuple(BUDGETS)[number % len(BUDGETS)]
        is_cached = model == HAIKU and number % 2
        planned = plan_call(
            request_id="-",
            caller=Caller(team="-", application="-", model_id=model),
            content=Content.CACHED if is_cached else Content.TEXT,
            tokens=(self._chance.randint(20, 200), self._chance.randint(1, 400)),
        )
        request = {name: planned.input[name] for name in _OF_CONVERSE if name in planned.input}
        orders = {k: v for k, v in request["requestMetadata"].items() if k.startswith("standIn.")}
        return {**request, "requestMetadata": {**orders, **_PAST}}

    def _past(self, request: Mapping[str, Any]) -> None:
        bedrock: Any = self._stage.cloud.client("bedrock-runtime", connections=_AT_ONCE)
        try:
            bedrock.converse(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ThrottlingException":
                raise

    def _own(self, number: int) -> Answer:
        planned = plan_call(
            request_id=f"own-{number}", caller=OWN[number % len(OWN)], tokens=(60, 40)
        )
        return self._replay.call(planned)

    def _wait_until_booked(self) -> None:
        deadline = time.monotonic() + self._plan.booked_within_seconds
        while self._drift(self._posted()) and time.monotonic() < deadline:
            time.sleep(1)

    def _posted(self) -> dict[str, Used]:
        """By the budgets of each model."""
        operator = self._stage.operator
        return {
            model: Used(
                requests=operator.budget(f"{name}-requests").balance.posted,
                tokens=operator.budget(f"{name}-tokens").balance.posted,
            )
            for model, name in BUDGETS.items()
        }

    def _billed(self, *, is_past: bool) -> list[Mapping[str, Any]]:
        """By the stand-in's log."""
        rows: Sequence[Mapping[str, Any]] = stand_in_control.calls(self._stage.cloud)["calls"]
        return [
            row
            for row in rows
            if row["billed"] and (_PAST.items() <= row["requestMetadata"].items()) == is_past
        ]

    def _truth(self) -> dict[str, Used]:
        rows = [*self._billed(is_past=True), *self._billed(is_past=False)]
        return {
            model: Used(
                requests=sum(row["model"] == model for row in rows),
                tokens=sum(row[k] for row in rows if row["model"] == model for k in _KINDS),
            )
            for model in BUDGETS
        }

    def _drift(self, posted: Mapping[str, Used]) -> int:
        truth = self._truth()
        return sum(truth[model].away_from(posted[model]) for model in BUDGETS)

    def _figures(self, at_rest: Mapping[str, Used]) -> Mapping[str, int]:
        posted, own = self._posted(), self._billed(is_past=False)
        of_models = sum(row["model"] in BUDGETS for row in own)
        return {
            "calls": len(self._billed(is_past=True)),
            "booked": sum(one.requests for one in posted.values()) - of_models,
            "drift": self._drift(posted),
            "tokens": sum(row[k] for row in self._billed(is_past=True) for k in _KINDS),
            "own_calls": of_models,
            "own_calls_that_failed": sum(
                one.outcome is not Outcome.ALLOWED for one in self._answers
            ),
            "runs": self._runs["runs"],
            "booked_by_further_runs": sum(posted[m].away_from(at_rest[m]) for m in BUDGETS),
        }


class _Runs:
    """The scheduled function, again and again, two at once, for the length of a ``with``."""

    def __init__(self, stage: Stage, count: Counter[str]) -> None:
        self._stage, self._count = stage, count
        self._ended = threading.Event()

    def __enter__(self) -> None:
        self._work = Background(self._run, "reconciling")

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._work.outcome()

    def _run(self) -> None:
        while not self._ended.is_set():
            _run_twice(self._stage, self._count)
            self._ended.wait(_EVERY_SECONDS)


def _run_twice(stage: Stage, count: Counter[str]) -> None:
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda _: run_function(stage, "UsageReconciliation"), range(2)))
    count["runs"] += len(told)
    if waits := next((one["waits"] for one in told if one["waits"]), ""):
        say(f"usage_reconciliation: {waits}")
