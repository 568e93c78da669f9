"""Ledger entries of one shard, numbered as the ledger numbers them."""

from datetime import datetime, timedelta
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
    """Writes entries as the item of one of its shards would."""

    def __init__(self, name: str = "search/web", shard: str = "") -> None:
        self.name = name
        self.shard = shard
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
                "shard": self.shard,
                "tags": {"team": team, "application": application},
                "reserved_at": self._at(self.sequence + 1),
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

    def adjust(self, held: Reservation, how: Resolution) -> LedgerEntry:
        return self._entry(EntryKind.ADJUST, reservation=held, resolution=how)

    def call(self, request_id: str, cost: int, *holds: Hold, **changes: Any) -> list[LedgerEntry]:
        """A reservation and its settlement."""
        held = self.reserve(request_id, *holds, **changes)
        return [held, self.resolve(held, resolution(cost))]

    def _entry(self, kind: EntryKind, **about: Any) -> LedgerEntry:
        self.sequence += 1
        return LedgerEntry(
            account=self.name,
            shard=self.shard,
            sequence=self.sequence,
            kind=kind,
            at=self._at(self.sequence),
            **about,
        )

    @staticmethod
    def _at(sequence: int) -> datetime:
        return NOON + timedelta(milliseconds=sequence)
