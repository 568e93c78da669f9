"""How a call that brought no answer of the model looks to its caller.

botocore.exceptions.ClientError
├── ThrottlingException, ValidationException …   as Bedrock would have raised it, plus ``sentry``
└── CallRejected                                 the sentry said no; no model was called
    └── CallAlreadyAnswered                      this request id was used before; not called again
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

OPERATION = "Converse"

_BEDROCK_NAMES = {
    "ModelCallTimedOut": "ModelTimeoutException",
    "States.Timeout": "ModelTimeoutException",
    "LedgerUnavailable": "ServiceUnavailableException",
    "LedgerContention": "ServiceUnavailableException",
    "Lambda.TooManyRequestsException": "ThrottlingException",
}
"""Faults that Bedrock has no name for, by what a caller of Bedrock would do about them."""

_UNAVAILABLE = ("LEDGER_UNAVAILABLE", "CIRCUIT_OPEN")
_BY_A_BUDGET = ("BUDGET_EXHAUSTED", "CRITICAL_ONLY")
_OUT_OF_TIME = (
    "the workflow ran out of its time; the call stays charged at the reserved amount until its"
    " true cost is known"
)


class CallRejected(ClientError):  # noqa: N818 - named as the answer it is
    """The sentry refused the call before a token was paid for.

    ``sentry`` is the whole answer: the reason's code and message, every budget with what is left
    and when it resets, and for a malformed request each field with what is allowed.
    """

    def __init__(self, sentry: Mapping[str, Any]) -> None:
        self.sentry = dict(sentry)
        message = str(sentry.get("message") or "the call was rejected")
        wait = sentry.get("retryAfterSeconds")
        headers = {} if wait is None else {"retry-after": str(wait)}
        response: Any = {
            "Error": {"Code": type(self).__name__, "Message": message},
            "ResponseMetadata": {
                "RequestId": str(sentry.get("requestId") or ""),
                "HTTPStatusCode": _rejection_status(sentry),
                "HTTPHeaders": headers,
            },
            "sentry": self.sentry,
        }
        super().__init__(response, OPERATION)

    def __reduce__(self) -> tuple[type["CallRejected"], tuple[dict[str, Any]]]:
        """Survives a process pool, as exceptions must."""
        return type(self), (self.sentry,)

    @property
    def code(self) -> str:
        """What decided, such as ``BUDGET_EXHAUSTED``."""
        return str(self.sentry.get("code") or "")

    @property
    def message(self) -> str:
        """The reason in one sentence."""
        return str(self.response["Error"]["Message"])

    @property
    def retry_after_seconds(self) -> int | None:
        """After which the same call has some hope; ``None`` where waiting does not help."""
        wait: int | None = self.sentry.get("retryAfterSeconds")
        return wait

    @property
    def resets_at(self) -> datetime | None:
        """When every budget that refused has reset; ``None`` if one never does.

        Where ``message`` says that a budget can never pay for the call, waiting does not help.
        """
        binding = [b for b in self.sentry.get("budgets") or [] if b.get("binding")]
        resets = [b["resetsAt"] for b in binding if b.get("resetsAt")]
        if not binding or len(resets) < len(binding):
            return None
        return max(datetime.fromisoformat(text) for text in resets)


def _rejection_status(sentry: Mapping[str, Any]) -> int:
    """As an HTTP gateway would put it.

    503 without ledger or model; 429 where a budget refused, of whatever window, for the call itself
    is well-formed, and ``retry-after`` is there only if waiting helps; 400 for all else, unless
    waiting helps.
    """
    if sentry.get("code") in _UNAVAILABLE:
        return 503
    helps = sentry.get("retryAfterSeconds") is not None
    return 429 if helps or sentry.get("code") in _BY_A_BUDGET else 400


class CallAlreadyAnswered(CallRejected):
    """The request id was used before, so the model was not called again (P5).

    ``sentry`` says what became of the first call. Its text is gone: the sentry keeps none (P10).
    """


def rejection(sentry: Mapping[str, Any]) -> CallRejected:
    """The exception for an answer that holds no output of the model."""
    kind = CallAlreadyAnswered if sentry.get("replayed") else CallRejected
    return kind(sentry)


def failure(execution: Mapping[str, Any], bedrock: "BedrockRuntimeClient") -> ClientError:
    """What Bedrock would have raised, for an execution that ended FAILED or TIMED_OUT.

    ``response["sentry"]`` says what became of the money; ``response["workflow"]`` which execution
    failed and the error's own name there.
    """
    name = str(execution.get("error") or "")
    if execution.get("status") == "TIMED_OUT":
        name = "States.Timeout"
    message, sentry = _cause(execution)
    code = _bedrock_code(name, bedrock)
    response = {
        "Error": {"Code": code, "Message": message or name},
        "ResponseMetadata": {"HTTPStatusCode": _http_status(code, bedrock), "RetryAttempts": 0},
        "sentry": sentry,
        "workflow": {"executionArn": execution.get("executionArn"), "error": name},
    }
    exceptions: Any = bedrock.exceptions
    error: ClientError = exceptions.from_code(code)(response, OPERATION)
    return error


def _cause(execution: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if execution.get("status") == "TIMED_OUT":
        return _OUT_OF_TIME, {}
    text = str(execution.get("cause") or "")
    try:
        cause = json.loads(text)
    except ValueError:
        return text, {}
    if not isinstance(cause, dict):
        return text, {}
    message = cause.get("message") or cause.get("errorMessage") or text
    return str(message), dict(cause.get("sentry") or {})


def _bedrock_code(name: str, bedrock: "BedrockRuntimeClient") -> str:
    bare = name.removeprefix("BedrockRuntime.")
    known = {str(shape.name) for shape in bedrock.meta.service_model.error_shapes}
    for candidate in (bare, f"{bare}Exception"):
        if candidate in known:
            return candidate
    return _BEDROCK_NAMES.get(bare, "InternalServerException")


def _http_status(code: str, bedrock: "BedrockRuntimeClient") -> int:
    shapes = {str(shape.name): shape for shape in bedrock.meta.service_model.error_shapes}
    return int(shapes[code].metadata.get("error", {}).get("httpStatusCode", 500))
