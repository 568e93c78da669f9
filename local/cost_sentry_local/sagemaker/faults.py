"""Orders to go wrong: the next calls of an operation are answered with an error of AWS."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cost_sentry_local.sagemaker.errors import MODEL_ERROR, SageMakerError

ENDS_FAILED = "Failed"
"""No error: what is made ends with this status."""
_FIELDS = {"operation", "code", "name", "times", "originalStatus"}


@dataclass(slots=True, kw_only=True)
class Fault:
    """Of one operation."""

    operation: str
    code: str
    name: str | None = None
    """Only of the endpoint or component of this name."""
    times: int = 1
    original_status: int = 500
    """Of a ``ModelError``: what the model's container answered."""


def fault_from_json(told: Mapping[str, Any]) -> Fault:
    """``ValueError`` if it is none."""
    if unknown := sorted(told.keys() - _FIELDS):
        raise ValueError(f"unknown member {unknown[0]!r}; allowed are {', '.join(sorted(_FIELDS))}")
    named = {name: told.get(name) for name in ("operation", "code")}
    for name, value in named.items():
        if not str(value).isalpha() or value is None:
            raise ValueError(f"{name} is {value!r}; allowed is a name of AWS's API")
    times = told.get("times", 1)
    if not isinstance(times, int) or times < 1:
        raise ValueError(f"times is {times!r}; allowed are whole numbers from 1")
    return Fault(
        operation=told["operation"],
        code=told["code"],
        name=told.get("name"),
        times=times,
        original_status=int(told.get("originalStatus", 500)),
    )


@dataclass(slots=True)
class FaultBook:
    """Those still to come."""

    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """One more."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """None any more."""
        with self._lock:
            self._faults.clear()

    def meet(self, operation: str, name: str | None) -> None:
        """Raise the error that is due, if one is."""
        if fault := self._take(operation, name, ends_failed=False):
            original = fault.original_status if fault.code == MODEL_ERROR else None
            words = "The stand-in was told to answer so."
            raise SageMakerError(fault.code, words, original)

    def is_to_fail(self, operation: str, name: str) -> bool:
        """Whether what is made by this call shall end as ``Failed``."""
        return self._take(operation, name, ends_failed=True) is not None

    def _take(self, operation: str, name: str | None, *, ends_failed: bool) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                fits = fault.operation == operation and fault.name in (None, name)
                if fits and (fault.code == ENDS_FAILED) == ends_failed:
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                    return fault
        return None
