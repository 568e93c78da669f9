"""Step Functions: 256 KiB for every input, argument and result, and a start's name and input.

docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: a larger result is
`States.DataLimitExceeded`, a larger input to a start is refused. The emulator has no limit.

Half a surrogate pair (an escape such as D800 alone) is let through as it came. JSON allows it
(RFC 8259, section 8.2); what Step Functions makes of it is documented nowhere. If AWS refuses the
input or puts another character in its place, no function ever sees one.
"""

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from ministack.services import stepfunctions

Json = dict[str, Any]
_LIMIT_BYTES = 262_144
_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_DEPTH_MAX = 1000
# Whole strings are matched so that brackets inside of them are not.
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_TOO_LARGE = (
    "The state/task '{}' returned a result with a size exceeding the maximum number of bytes"
    " service limit."
)


def close() -> None:
    """Wrap the states that make data, the call of a task, and both ways to start."""
    stepfunctions._execute_pass = _limited(stepfunctions._execute_pass)
    stepfunctions._execute_parallel = _limited(stepfunctions._execute_parallel)
    stepfunctions._execute_map = _limited(stepfunctions._execute_map)
    stepfunctions._execute_task = _limited(stepfunctions._execute_task)
    invoke = stepfunctions._invoke_resource

    def invoke_limited(resource: str, data: Any) -> Any:
        # Inside the task, so that its Catch may name the error.
        _check(data, resource)
        result = invoke(resource, data)
        _check(result, resource)
        return result

    stepfunctions._invoke_resource = invoke_limited
    stepfunctions._start_execution = _checked_start(stepfunctions._start_execution)
    stepfunctions._start_sync_execution = _checked_start(stepfunctions._start_sync_execution)


def _limited(execute: Callable[..., tuple[Any, str | None]]) -> Callable[..., Any]:
    def execute_limited(state: Json, *args: Any) -> tuple[Any, str | None]:
        output, following = execute(state, *args)
        _check(output, state.get("Type", ""))
        return output, following

    return execute_limited


def _check(value: Any, what: str) -> None:
    if _size_bytes(value) > _LIMIT_BYTES:
        raise stepfunctions._ExecutionError("States.DataLimitExceeded", _TOO_LARGE.format(what))


def _size_bytes(value: Any) -> int:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass"))


def _checked_start(start: Callable[[Json], Any]) -> Callable[[Json], Any]:
    def start_checked(data: Json) -> Any:
        refusal = _refusal(data)
        return stepfunctions.error_response_json(*refusal, 400) if refusal else start(data)

    return start_checked


def _check_depth(text: str) -> None:
    """Refuse what is nested deeper than JSON parsers take; 1,000 is AWS's own parser's default."""
    if text.count("[") + text.count("{") <= _DEPTH_MAX:
        return
    depth = 0
    for mark in _MARKS.findall(text):
        depth += (mark in "[{") - (mark in "]}")
        if depth > _DEPTH_MAX:
            raise ValueError(f"nested deeper than {_DEPTH_MAX}")


def _no_number(name: str) -> NoReturn:
    """JSON knows no NaN and no Infinity; Python's parser does."""
    raise ValueError(f"{name} is not JSON")


def _refusal(data: Json) -> tuple[str, str] | None:
    text = data.get("input", "{}")
    if len(text.encode("utf-8", "surrogatepass")) > _LIMIT_BYTES:
        return "ValidationException", (
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member"
            f" must have length less than or equal to {_LIMIT_BYTES}"
        )
    try:
        _check_depth(text)
        json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        return "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{problem}'"
    name = data.get("name")
    if name is not None and not _NAME.fullmatch(name):
        return "InvalidName", f"Invalid Name: '{name}'"
    return None
