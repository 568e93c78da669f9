"""What emergency allowances need from the world: a second service that hands each slot out once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from cost_sentry.application.ports import Stored
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.errors import CostSentryError, LedgerUnavailable
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.price_book import ModelPrice
from cost_sentry.domain.reservation import Reservation, Resolution
from cost_sentry.domain.route import Route
from cost_sentry.domain.sentry_config import SentryConfig


class StoreUnavailable(CostSentryError):  # noqa: N818 - named like the ledger's
    """The emergency store could not be asked, or what it holds cannot be read.

    A write may have happened all the same.
    """


class StoreUnreadable(StoreUnavailable):
    """It answered, and what it holds under this name is none of its own."""


class Claimant(StrEnum):
    """Who took a slot, for good."""

    CALL = "call"
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One call that is paid for: a pending reservation of the ledger, and its price."""

    reservation: Reservation
    price: ModelPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Which call took a slot. Holds no text of it (P10)."""

    account: str
    """The caller's, which is not the slot's."""
    request_id: str
    attempt: str
    at: datetime
    decision: Decision
    """As it was answered, for whoever wants it explained; its ``reservation`` is not kept."""
    perhaps_held: Reservation | None = None
    """What the ledger may hold for the same call, because its answer was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenId:
    """What a request id stands for while the ledger is silent (P5)."""

    digest: str
    attempt: str
    slot: Slot

    @property
    def execution(self) -> str:
        """The part of ``attempt`` that all invocations of an execution share."""
        return self.attempt.partition(".")[0]


class EmergencyStore(Protocol):
    """Slots, and what became of them. Every method raises ``StoreUnavailable``.

    What is written once is never changed: of several writers one is first, and all the others are
    told what stands. A writer whose answer was lost may ask again and finds its own.
    """

    def slot_ids(self, allowance_id: str | None = None) -> Sequence[str]:
        """Ids of the slots that there are, claimed or not, in order; of one allowance, or all."""
        ...

    def slot(self, slot_id: str) -> Slot | None:
        """``None`` if it is not there, or not there any more."""
        ...

    def put_slot(self, slot: Slot) -> None:
        """Offer it to calls. Only once the ledger holds it."""
        ...

    def delete_slot(self, slot_id: str) -> None:
        """Its money is where it belongs. Nothing happens if it is not there."""
        ...

    def claims(self, day: date, allowance_id: str | None = None) -> Mapping[str, Claimant]:
        """Who took the slots of this day, by slot id: also of slots that were deleted since."""
        ...

    def claim(self, slot_id: str, claim: Claim | None) -> bool:
        """Take the slot, for a call, or with ``None`` for the sweep; whether it is taken for that.

        A call's claim is known again by its ``attempt``; one sweep's is as good as another's.
        """
        ...

    def claim_of(self, slot_id: str) -> Claim | None:
        """The call that took it; ``None`` if none did."""
        ...

    def taken(self, account: str, request_id: str) -> TakenId | None:
        """What this caller's id stands for; ``None`` if it was not used."""
        ...

    def take(self, account: str, request_id: str, taken: TakenId) -> TakenId:
        """Let the id stand for this slot, unless it was used; returns what it stands for now."""
        ...

    def outcome(self, slot_id: str) -> Resolution | None:
        """How the call ended, if that could not be told to the ledger."""
        ...

    def put_outcome(self, slot_id: str, resolution: Resolution) -> Resolution:
        """Keep how the call ended, unless that is kept; returns what is kept now (P4)."""
        ...

    def config(self) -> Stored | None:
        """The configuration that was mirrored last, with the measures of then."""
        ...

    def put_config(self, stored: Stored) -> None:
        """Mirror the configuration in force, and what is in force beside it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One request that met a silent ledger."""

    request: InvocationRequest
    attempt: str
    config: SentryConfig | None
    """The one in force; ``None`` if that could not be read."""
    error: LedgerUnavailable
    route: Route | None = None
    """How its models were chosen; ``None`` where the request names one, or nobody has looked."""


WithoutLedger = Callable[[Outage], Decision | str]
"""The decision that an emergency allowance pays for, or why none does; empty if there is none.

Never raises for want of a store.
"""


class OutcomeKeeper(Protocol):
    """The part of the store that settlement needs."""

    def put_outcome(self, slot_id: str, resolution: Resolution) -> Resolution:
        """See ``EmergencyStore``."""
        ...
