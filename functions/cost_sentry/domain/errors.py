"""The error tree. A refusal is an answer, not an error; these are faults.

CostSentryError
├── RequestRefused          the caller must change something: field, value given, what is allowed
├── LedgerUnavailable       the ledger could not be asked; the answer is no (P9)
│   ├── LedgerContention    too many writers at once; safe to try again
│   ├── LedgerBehind        it answers, but cannot say yet what became of a request id
│   ├── LedgerThrottled     refused for its rate, before anything was done
│   └── RecordUnreadable    what is stored is no record of this version; trying again is no help
├── WorkflowUnavailable     a workflow could not be started or told; safe to try again
├── CallerUnproven          who calls could not be proven; nothing was done
├── ConfigurationError      an operator must act
│   └── DamagedDocument     what is stored is no document; its version still is known
└── InvariantViolated       a bug: stop, and keep the evidence
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cost_sentry.domain.reservation import Reservation


class CostSentryError(Exception):
    """Every fault that the sentry raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One thing wrong with a request, in the caller's words."""

    field: str
    """Path of the field as the caller wrote it, such as ``inferenceConfig.maxTokens``."""
    problem: str
    """What is wrong, with the value given; never prompt or completion text (P10)."""
    allowed: str
    """What would be accepted."""


class RequestRefused(CostSentryError):  # noqa: N818 - named as the decision it becomes
    """A request that cannot be judged until its caller changes it."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{e.field}: {e.problem} ({e.allowed})" for e in errors))


class LedgerUnavailable(CostSentryError):  # noqa: N818
    """The ledger could not be asked, or its answer was lost for good.

    ``perhaps_held`` is a reservation that it may hold although nobody heard so.
    """

    is_silent = True
    """Whether it could not be asked; a ledger that answers "not now" is none of an emergency's."""

    def __init__(self, message: str, *, perhaps_held: "Reservation | None" = None) -> None:
        self.perhaps_held = perhaps_held
        super().__init__(message)


class LedgerContention(LedgerUnavailable):
    """Every bounded attempt met another writer. Nothing was spent; try again."""

    is_silent = False


class LedgerBehind(LedgerUnavailable):
    """The request id was used a moment ago, and how that ended cannot be read yet; try again."""

    is_silent = False


class LedgerThrottled(LedgerUnavailable):
    """One item, or the table, was asked more often than it answers. Nothing was done."""

    is_silent = False


class RecordUnreadable(LedgerUnavailable):
    """What is stored is damaged, or another version's. It is left as it is; the message has where.

    Whoever asked for this record gets it; whoever asked for a list gets the others.
    """

    is_silent = False


class WorkflowUnavailable(CostSentryError):  # noqa: N818
    """A workflow could not be started, or told; or its answer was lost. Safe to try again."""


class CallerUnproven(CostSentryError):  # noqa: N818
    """Who calls could not be proven, so nothing was done."""


class ConfigurationError(CostSentryError):
    """Something an operator wrote, or did not write, stops the sentry from working."""


class DamagedDocument(ConfigurationError):  # noqa: N818 - named as what is stored
    """The text of the configuration in force is no document; ``version`` is what replaces it."""

    def __init__(self, message: str, *, version: str) -> None:
        self.version = version
        super().__init__(message)


class InvariantViolated(CostSentryError):  # noqa: N818
    """A promise of the design is broken. The message names it, such as ``P3``."""


def invariant(condition: bool, promise: str, detail: str) -> None:  # noqa: FBT001
    """Raise ``InvariantViolated`` unless ``condition`` holds; on in production, unlike assert."""
    if not condition:
        raise InvariantViolated(f"{promise}: {detail}")
