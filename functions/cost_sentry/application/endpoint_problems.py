"""What one run could not do, by kind: a person mends each kind otherwise."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cost_sentry.application.endpoint_ports import (
    EndpointBusy,
    EndpointDenied,
    EndpointHalfDone,
    EndpointRefused,
    EndpointThrottled,
)
from cost_sentry.domain.errors import InvariantViolated, LedgerUnavailable


class ProblemKind(StrEnum):
    """The values are names of metrics."""

    DENIED = "EndpointsDenied"
    """A right is missing."""
    THROTTLED = "EndpointsThrottled"
    REFUSED = "EndpointsRefused"
    """SageMaker will not do it as things are."""
    BUSY = "EndpointsBusy"
    LEDGER = "EndpointsUnrecorded"
    """The table does not answer, so nothing is done."""
    RECORD = "EndpointsUnreadable"
    """A record cannot be read, so its endpoint is left alone."""
    SILENT = "EndpointsSilent"
    """No answer, or none that can be read."""
    LATE = "EndpointsLate"
    """The time of the run was over before their turn."""


_KINDS: tuple[tuple[type[Exception], ProblemKind], ...] = (
    (EndpointDenied, ProblemKind.DENIED),
    (EndpointThrottled, ProblemKind.THROTTLED),
    (EndpointRefused, ProblemKind.REFUSED),
    (EndpointHalfDone, ProblemKind.REFUSED),
    (EndpointBusy, ProblemKind.BUSY),
    (LedgerUnavailable, ProblemKind.LEDGER),
    (InvariantViolated, ProblemKind.RECORD),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One of them."""

    of: str
    """The endpoint or job, or what could not be done at all."""
    kind: ProblemKind
    words: str

    def __str__(self) -> str:
        return f"{self.of}: {self.words}"


ALL_KINDS = "EndpointProblems"
"""The metric of all kinds together."""


def counted(problems: Iterable[Problem]) -> Mapping[str, int]:
    """By the name of a metric, how many there were; none of what there was nothing of."""
    kinds = Counter(problem.kind.value for problem in problems)
    return {ALL_KINDS: kinds.total(), **kinds} if kinds else {}


def problem_of(what: str, fault: Exception) -> Problem:
    """By what was raised."""
    kinds = (kind for error, kind in _KINDS if isinstance(fault, error))
    return Problem(of=what, kind=next(kinds, ProblemKind.SILENT), words=f"{fault}")
