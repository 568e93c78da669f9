"""Ledger entries as the JSON text that every write leaves in its shard's item."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cost_sentry.adapters.reservation_record import (
    milliseconds,
    moment_of,
    record_text,
    reservation_from_record,
    reservation_to_record,
    resolution_from_record,
    resolution_to_record,
)
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.reservation import Reservation, Resolution
from cost_sentry.domain.shard import account_and_shard


def reserve_text(reservation: Reservation, moves: Mapping[str, int] | None = None) -> str:
    """A reserve's entry names its request only: the item itself holds the reservation.

    ``moves`` is money that came to the shard with it.
    """
    at = milliseconds(reservation.reserved_at)
    record: dict[str, Any] = {"k": EntryKind.RESERVE.value, "at": at, "id": reservation.request_id}
    if moves:
        record["mv"] = sorted(moves.items())
    return record_text(record)


def entry_text(
    kind: EntryKind,
    at: datetime,
    *,
    reservation: Reservation | None = None,
    resolution: Resolution | None = None,
    moves: Mapping[str, int] | None = None,
) -> str:
    """The entry without place and sequence: the item that carries it knows both."""
    record: dict[str, Any] = {"k": kind.value, "at": milliseconds(at)}
    if reservation is not None:
        record["r"] = reservation_to_record(reservation)
    if resolution is not None:
        record["x"] = resolution_to_record(resolution)
    if moves:
        record["mv"] = sorted(moves.items())
    return record_text(record)


def entry_to_json(entry: LedgerEntry) -> str:
    """The whole text of an entry; the inverse of ``entry_from_json``."""
    return entry_text(
        entry.kind,
        entry.at,
        reservation=entry.reservation,
        resolution=entry.resolution,
        moves=dict(entry.moves),
    )


def entry_from_json(
    text: str, *, place: str, sequence: int, pending: Mapping[str, Reservation] | None = None
) -> LedgerEntry:
    """The entry that this version of a shard's item tells; ``ValueError`` if it is none.

    ``pending`` are the item's reservations by request id: a reserve's entry only names one.
    """
    account, shard = account_and_shard(place)
    try:
        record = json.loads(text)
        return LedgerEntry(
            account=account,
            shard=shard,
            sequence=sequence,
            kind=EntryKind(record["k"]),
            at=moment_of(record["at"]),
            reservation=_reservation(record, pending or {}),
            resolution=resolution_from_record(record["x"]) if "x" in record else None,
            moves=tuple((key, amount) for key, amount in record.get("mv", ())),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a ledger entry: {error}") from error


def _reservation(
    record: Mapping[str, Any], pending: Mapping[str, Reservation]
) -> Reservation | None:
    if "id" in record:
        return pending[record["id"]]
    whole: Sequence[Any] | None = record.get("r")
    return None if whole is None else reservation_from_record(whole)
