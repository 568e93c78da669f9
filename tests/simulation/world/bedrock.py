"""Amazon Bedrock: answers, refusals, silences; only the auditor knows what each really cost."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.simulation.world import latencies
from tests.simulation.world.faults import Faults
from tests.simulation.world.lambda_service import FunctionFailed
from tests.simulation.world.scheduler import Promise, Scheduler

REFUSALS = (
    "BedrockRuntime.ThrottlingException",
    "BedrockRuntime.ValidationException",
    "BedrockRuntime.ModelNotReadyException",
    "BedrockRuntime.ServiceQuotaExceededException",
)
"""The model did not run: nothing is billed."""
BREAKS = (
    "BedrockRuntime.InternalServerException",
    "BedrockRuntime.ServiceUnavailableException",
    "BedrockRuntime.ModelTimeoutException",
    "BedrockRuntime.ModelErrorException",
)
"""The model may have run, and may be billed."""
STALL_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """What a call asks for, as far as its bill depends on it."""

    execution: str
    account: str
    request_id: str
    model_id: str
    input_bound_tokens: int
    output_limit_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """The truth about one call that ran."""

    call: ModelCall
    input_tokens: int
    output_tokens: int


class Bedrock:
    """Args:
    scheduler: a call takes virtual time.
    faults: what goes wrong.
    overrun: chance that a call uses more than its bound, which no real model should.
    started: is told of each call as it begins.
    billed: is told of each call that costs something, as it ends.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        faults: Faults,
        *,
        overrun: float,
        started: Callable[[ModelCall], None],
        billed: Callable[[Bill], None],
    ) -> None:
        self._scheduler = scheduler
        self._faults = faults
        self._overrun = overrun
        self._started = started
        self._billed = billed

    def converse(self, call: ModelCall) -> Promise:
        """Converse's answer in camelCase; its error is a ``FunctionFailed``."""
        self._started(call)
        random, answer = self._scheduler.current.random, self._scheduler.promise()
        low, high = latencies.BEDROCK_CALL
        takes = low + int(random.random() ** 3 * (high - low))
        if not self._faults.strike("model_fault", random):
            bill = self._bill(call, random)
            usage = None if self._faults.strike("no_usage", random) else _usage(bill)
            response = {"usage": usage} if usage else {}
            self._end(takes, answer, bill, response=response)
            return answer
        kind = random.random()
        if kind < 0.4:
            low, high = latencies.BEDROCK_REFUSAL
            takes = low + int(random.random() * (high - low))
            self._end(takes, answer, None, error=random.choice(REFUSALS))
            return answer
        ran = self._bill(call, random) if random.random() < 0.7 else None
        if kind < 0.7:
            self._end(takes, answer, ran, error=random.choice(BREAKS))
        else:
            stall = STALL_SECONDS * latencies.SECOND
            self._end(stall, answer, ran, error="BedrockRuntime.InternalServerException")
        return answer

    def _bill(self, call: ModelCall, random: Random) -> Bill:
        read = random.randint(1, call.input_bound_tokens)
        written = random.randint(0, call.output_limit_tokens)
        if random.random() < self._overrun:
            written += random.randint(1, 3 * call.output_limit_tokens + 1)
            read = call.input_bound_tokens
        if random.random() < 0.2:
            read = call.input_bound_tokens
            written = max(written, call.output_limit_tokens)
        return Bill(call=call, input_tokens=read, output_tokens=written)

    def _end(
        self,
        takes: int,
        answer: Promise,
        bill: Bill | None,
        *,
        response: dict[str, Any] | None = None,
        error: str = "",
    ) -> None:
        def end() -> None:
            if bill is not None:
                self._billed(bill)
            answer.keep(response, FunctionFailed(error) if error else None)

        self._scheduler.after(takes, end)


def _usage(bill: Bill) -> dict[str, int]:
    total = bill.input_tokens + bill.output_tokens
    return {
        "inputTokens": bill.input_tokens,
        "outputTokens": bill.output_tokens,
        "totalTokens": total,
    }
