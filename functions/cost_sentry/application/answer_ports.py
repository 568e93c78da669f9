"""What keeping answers needs from the world. None of it may fail a call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from cost_sentry.domain.answer_cache import AnswerPlace, KeptAnswer
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.invocation import InvocationRequest


class AnswersUnavailable(CostSentryError):  # noqa: N818 - named as what it says of the cache
    """The cache could not be asked, or holds what nobody can read; the message is a name."""


class AnswerReader(Protocol):
    """Finds answers. Raises ``AnswersUnavailable``."""

    def key(self, request: InvocationRequest, output_limit_tokens: int) -> str:
        """A hash of all that the answer depends on, which nobody else can make.

        Of the whole request but its id, of its proven caller, and of the output limit that is
        sent. Two callers never have a key in common.
        """
        ...

    def find(self, key: str) -> KeptAnswer | None:
        """What was kept last under this key, as far as is known; it may have ended."""
        ...


class AnswerKeeper(Protocol):
    """Keeps answers. Raises ``AnswersUnavailable``."""

    def keep(self, place: AnswerPlace, kept: KeptAnswer) -> None:
        """Take the place of whatever was kept there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySavings:
    """What an application's cache has spared it on one day (UTC)."""

    day: date
    hits: int
    """Requests that were answered from it, each id once."""
    avoided_picodollars: int


class Savings(Protocol):
    """The read side of what was avoided. Raises ``LedgerUnavailable``."""

    def days(self, account: str, first: date, last: date) -> Sequence[DaySavings]:
        """Days with hits from ``first`` to ``last``, both included, in order."""
        ...
