"""The provider behind the three operations: checks, counts, remembers, answers."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cost_sentry_local.stand_in.answer import Answer, answer, blocked, guardrail_blocks
from cost_sentry_local.stand_in.call_log import Call, CallLog
from cost_sentry_local.stand_in.control import Control, control_of
from cost_sentry_local.stand_in.errors import BedrockError, invalid
from cost_sentry_local.stand_in.faults import Fault, FaultBook, FaultKind
from cost_sentry_local.stand_in.models import Model, base_model_id, model_for
from cost_sentry_local.stand_in.profiles import Profiles
from cost_sentry_local.stand_in.prompt import pieces, prompt_tokens
from cost_sentry_local.stand_in.prompt_cache import PromptCache
from cost_sentry_local.stand_in.usage import NOTHING, TokenUsage
from cost_sentry_local.stand_in.validation import check

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One finished call, before it is put on the wire."""

    answer: Answer
    usage: TokenUsage
    seconds: float
    fault: Fault | None
    guarded: bool = False


@dataclass(slots=True, kw_only=True)
class Provider:
    """Faults to meet, calls made, prompts cached: one per server."""

    faults: FaultBook = field(default_factory=FaultBook)
    calls: CallLog = field(default_factory=CallLog)
    cache: PromptCache = field(default_factory=PromptCache)
    profiles: Profiles = field(default_factory=Profiles)
    sleep: Callable[[float], None] = time.sleep
    last_request: Json | None = None
    """Of Converse, as it came over the wire; only tests ask for it."""

    def count(self, model_id: str, request: object) -> int:
        """CountTokens: the prompt's tokens, for free.

        Raises:
            BedrockError: as Bedrock would refuse the same request.
        """
        model = self.model(model_id)
        checked = check(request, model)
        tokens = _input_tokens(checked, control_of(checked))
        self._log(model_id, "CountTokens", "ok", NOTHING, {})
        return tokens

    def model(self, model_id: str) -> Model:
        """The model behind a name; ``BedrockError`` if there is none."""
        return model_for(self.profiles.source(model_id))

    def run(self, model_id: str, operation: str, request: object) -> Result:
        """Run a Converse request, whichever operation brought it.

        Raises:
            BedrockError: the model did not run; nothing is billed.
        """
        try:
            result = self._run(model_id, request)
        except BedrockError as error:
            self._log(model_id, operation, error.name, None, _metadata(request))
            raise
        outcome = result.fault.kind.value if result.fault else result.answer.stop_reason
        self._log(model_id, operation, outcome, result.usage, _metadata(request))
        self.sleep(result.seconds)
        return result

    def _run(self, model_id: str, request: object) -> Result:
        fault = self.faults.take(model_id)
        _raise_if_error(fault)
        model = self.model(model_id)
        checked = check(request, model)
        control = control_of(checked)
        fault = fault or control.fault
        _raise_if_error(fault)
        _check_length(checked, control, model)
        if guardrail_blocks(checked):
            return Result(answer=blocked(), usage=NOTHING, seconds=0, fault=fault, guarded=True)
        said = answer(
            {**checked, "modelId": model_id},
            control,
            _limit(checked, model),
            reasoning=model.reasoning,
        )
        usage = self._usage(model_id, checked, control, model, said.tokens)
        return Result(answer=said, usage=usage, seconds=_seconds(control, fault), fault=fault)

    def _usage(
        self, model_id: str, request: Json, control: Control, model: Model, output: int
    ) -> TokenUsage:
        if control.input_tokens is not None:
            return TokenUsage(input=_input_tokens(request, control), output=output)
        base = base_model_id(self.profiles.source(model_id))
        used = self.cache.use(base, pieces(request), model.cache_from, time.monotonic())
        return TokenUsage(
            input=used.plain,
            output=output,
            cache_read=used.read,
            cache_write=used.written,
            cache_write_hour=used.written_hour,
        )

    def _log(
        self,
        model_id: str,
        operation: str,
        outcome: str,
        usage: TokenUsage | None,
        metadata: dict[str, str],
    ) -> None:
        self.calls.add(
            Call(
                model=model_id,
                operation=operation,
                outcome=outcome,
                billed=usage is not None and usage != NOTHING,
                usage=usage or NOTHING,
                metadata=metadata,
            )
        )


def _input_tokens(request: Json, control: Control) -> int:
    """The prompt's tokens, or the number to replay as far as the prompt's bytes allow."""
    if control.input_tokens is None:
        return prompt_tokens(request)
    said = {name: request.get(name) for name in ("messages", "system", "toolConfig")}
    return min(control.input_tokens, len(json.dumps(said, ensure_ascii=False).encode()))


def _check_length(request: Json, control: Control, model: Model) -> None:
    if _input_tokens(request, control) > model.context:
        raise invalid("Input is too long for requested model.")


def _limit(request: Json, model: Model) -> int:
    asked = (request.get("inferenceConfig") or {}).get("maxTokens")
    room = max(1, model.context - prompt_tokens(request))
    return min(model.output if asked is None else int(asked), model.output, room)


def _raise_if_error(fault: Fault | None) -> None:
    error = fault.error() if fault else None
    if error:
        raise error


def _seconds(control: Control, fault: Fault | None) -> float:
    stalled = fault.seconds if fault and fault.kind is FaultKind.STALL else 0.0
    return control.latency_seconds + stalled


def _metadata(request: object) -> dict[str, str]:
    known = request.get("requestMetadata") if isinstance(request, dict) else None
    return known if isinstance(known, dict) else {}
