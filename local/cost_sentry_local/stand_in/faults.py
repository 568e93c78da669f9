"""Faults that a test sets over HTTP, and what each does to a call."""

import threading
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from cost_sentry_local.stand_in.errors import BedrockError
from cost_sentry_local.stand_in.models import base_model_id


class FaultKind(StrEnum):
    """What may go wrong. From ``stall`` on, the model has run and the call is billed."""

    THROTTLE = "throttle"
    NOT_READY = "not_ready"
    ACCESS_DENIED = "access_denied"
    VALIDATION = "validation"
    QUOTA = "quota"
    NOT_FOUND = "not_found"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    MODEL_TIMEOUT = "model_timeout"
    MODEL_ERROR = "model_error"
    STALL = "stall"
    BREAK = "break"
    DISCONNECT = "disconnect"
    NO_USAGE = "no_usage"


_ERRORS = {
    FaultKind.THROTTLE: (
        "ThrottlingException",
        "Too many requests, please wait before trying again.",
    ),
    FaultKind.NOT_READY: ("ModelNotReadyException", "Model is not ready for inference."),
    FaultKind.ACCESS_DENIED: (
        "AccessDeniedException",
        "You don't have access to the model with the specified model ID.",
    ),
    FaultKind.VALIDATION: ("ValidationException", "The request is not valid for this model."),
    FaultKind.QUOTA: ("ServiceQuotaExceededException", "Your request exceeds a service quota."),
    FaultKind.NOT_FOUND: (
        "ResourceNotFoundException",
        "This model version has reached the end of its life.",
    ),
    FaultKind.INTERNAL: (
        "InternalServerException",
        "The system encountered an unexpected error during processing. Try your request again.",
    ),
    FaultKind.UNAVAILABLE: (
        "ServiceUnavailableException",
        "Bedrock is unable to process your request.",
    ),
    FaultKind.MODEL_TIMEOUT: ("ModelTimeoutException", "Model has timed out in processing."),
    FaultKind.MODEL_ERROR: (
        "ModelErrorException",
        "The model returned an error while processing your request.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of trouble for the next ``times`` calls, of one model or of any."""

    kind: FaultKind
    times: int = 1
    model: str | None = None
    seconds: float = 30.0

    def hits(self, model_id: str) -> bool:
        """Whether a call of this model meets the fault."""
        return self.model is None or base_model_id(self.model) == base_model_id(model_id)

    def error(self) -> BedrockError | None:
        """The error that Bedrock answers, if the fault is one."""
        known = _ERRORS.get(self.kind)
        return BedrockError(*known) if known else None


def fault_from_json(body: object) -> Fault:
    """A fault from the control endpoint's JSON.

    Raises:
        ValueError: the message says which field is wrong and what is allowed.
    """
    if not isinstance(body, dict):
        raise ValueError("a fault is a JSON object")  # noqa: TRY004 - a caller's JSON, not our type
    unknown = sorted(body.keys() - {"kind", "times", "model", "seconds"})
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}; allowed are kind, times, model, seconds")
    kinds = [kind.value for kind in FaultKind]
    if body.get("kind") not in kinds:
        raise ValueError(f"kind is {body.get('kind')!r}; allowed are {', '.join(kinds)}")
    times = body.get("times", 1)
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        raise ValueError(f"times is {times!r}; allowed are whole numbers from 1")
    return Fault(**(body | {"kind": FaultKind(body["kind"])}))


class FaultBook:
    """The faults still to come, first set first met; safe to use from many threads."""

    def __init__(self) -> None:
        """Start without faults."""
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Queue a fault behind those already set."""
        with self._lock:
            self._faults.append(fault)

    def take(self, model_id: str) -> Fault | None:
        """The fault that this call meets, counted down by one."""
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fault.hits(model_id):
                    self._count_down(place, fault)
                    return fault
        return None

    def listed(self) -> list[dict[str, object]]:
        """The faults still to come, as JSON."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def _count_down(self, place: int, fault: Fault) -> None:
        if fault.times == 1:
            del self._faults[place]
        else:
            self._faults[place] = replace(fault, times=fault.times - 1)
