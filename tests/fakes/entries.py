"""Ledger entries of one account, numbered as the ledger numbers them."""

from datetime import timedelta
from typing import Any

from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.reservation import Hold, Reservation, ReservationState, Resolution
from tests.fakes.builders import NOON, reservation, resolution

KINDS = {
    ReservationState.SETTLED: EntryKind.SETTLE,
    ReservationState.VOIDED: EntryKind.VOID,
    ReservationState.EXPIRED: EntryKind.EXPIRE,
}


class Account:
    """Writes entries as an account item would."""

    def __init__(self, name: str = "search/web") -> None:
        self.name = name
        self.sequence = 0

    def allot(self, amount: int, purse: str = "search-daily@2026-11-21") -> LedgerEntry:
        return self._entry(EntryKind.ALLOT, moves=((purse, amount),))

    def reserve(self, request_id: str, *holds: Hold, **changes: Any) -> LedgerEntry:
        team, _, application = self.name.partition("/")
        held = reservation(
            request_id,
            *holds,
            **{
                "account": self.name,
                "tags": {"team": team, "application": application},
                **changes,
            },
        )
        return self._entry(EntryKind.RESERVE, reservation=held)

    def resolve(
        self, held: LedgerEntry | Reservation, how: Resolution | None = None
    ) -> LedgerEntry:
        what = held.reservation if isinstance(held, LedgerEntry) else held
        ended = how or resolution()
        return self._entry(KINDS[ended.state], reservation=what, resolution=ended)

    def call(self, request_id: str, cost: int, *holds: Hold, **changes: Any) -> list[LedgerEntry]:
        """A reservation and its settlement."""
        held = self.reserve(request_id, *holds, **changes)
        return [held, self.resolve(held, resolution(cost))]

    def _entry(self, kind: EntryKind, **about: Any) -> LedgerEntry:
        self.sequence += 1
        at = NOON + timedelta(milliseconds=self.sequence)
        return LedgerEntry(account=self.name, sequence=self.sequence, kind=kind, at=at, **about)
