"""The error tree. A refusal is an answer, not an error; these are faults.

CostSentryError
├── RequestRefused          the caller must change something: field, value given, what is allowed
├── LedgerUnavailable       the ledger could not be asked; the answer is no (P9)
│   ├── LedgerContention    too many writers at once; safe to try again
│   └── LedgerThrottled     refused for its rate, before anything was done
├── ConfigurationError      an operator must act
└── InvariantViolated       a bug: stop, and keep the evidence
"""

from dataclasses import dataclass


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
    """The ledger could not be asked, or its answer was lost for good."""


class LedgerContention(LedgerUnavailable):
    """Every bounded attempt met another writer. Nothing was spent; try again."""


class LedgerThrottled(LedgerUnavailable):
    """One item, or the table, was asked more often than it answers. Nothing was done."""


class ConfigurationError(CostSentryError):
    """Something an operator wrote, or did not write, stops the sentry from working."""


class InvariantViolated(CostSentryError):  # noqa: N818
    """A promise of the design is broken. The message names it, such as ``P3``."""


def invariant(condition: bool, promise: str, detail: str) -> None:  # noqa: FBT001
    """Raise ``InvariantViolated`` unless ``condition`` holds; on in production, unlike assert."""
    if not condition:
        raise InvariantViolated(f"{promise}: {detail}")
