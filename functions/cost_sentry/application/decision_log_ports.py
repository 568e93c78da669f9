"""What keeping a decision needs, that no entry of the ledger tells of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cost_sentry.domain.decision import Decision
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.invocation import InvocationRequest


class EntryNotWritable(CostSentryError):  # noqa: N818 - named as what it says of the entry
    """The journal can never hold this entry as it is; asking again is useless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDecision:
    """A decision as it was kept: without reservation, price, or any text of the request."""

    decision: Decision
    account: str
    at: datetime
    slot_id: str | None = None
    """The reservation of ``account`` that paid for it, where that is not named by the request."""
    request: InvocationRequest | None = None
    """As it was asked, without its text; ``None`` of one that was malformed, or of an outage."""


class RejectionLog(Protocol):
    """Why a call was refused or rerouted: the ledger has no entry for what it never held."""

    def record(
        self, decision: Decision, at: datetime, request: InvocationRequest | None = None
    ) -> None:
        """Keep it for 30 days. ``LedgerUnavailable``; callers answer the request anyway.

        Of ``request`` everything is kept but its text.
        """
        ...

    def record_hit(
        self, decision: Decision, at: datetime, request: InvocationRequest | None = None
    ) -> bool:
        """Keep that it was answered from a cache, and add what that spared to the day's savings.

        Both or neither, and once for each request id of an application. Whether it was new; raises
        as ``record``, and ``EntryNotWritable``.
        """
        ...


class RecordedDecisions(Protocol):
    """The read side of ``RejectionLog``."""

    def decisions(self, request_id: str) -> Sequence[RecordedDecision]:
        """Refusals and reroutes of this request id, in order of time."""
        ...
