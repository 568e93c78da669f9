"""Ledger entries as the JSON text that every write leaves in its account item."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cost_sentry.adapters.reservation_record import (
    record_text,
    reservation_from_record,
    reservation_to_record,
    resolution_from_record,
    resolution_to_record,
)
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.reservation import Reservation, Resolution


def entry_text(
    kind: EntryKind,
    at: datetime,
    *,
    reservation: Reservation | None = None,
    resolution: Resolution | None = None,
    moves: Mapping[str, int] | None = None,
) -> str:
    """The entry without account and sequence: the item that carries it knows both."""
    record: dict[str, Any] = {"k": kind.value, "at": at.isoformat()}
    if reservation is not None:
        record["r"] = reservation_to_record(reservation)
    if resolution is not None:
        record["x"] = resolution_to_record(resolution)
    if moves:
        record["mv"] = sorted(moves.items())
    return record_text(record)


def entry_to_json(entry: LedgerEntry) -> str:
    """The text of an entry; the inverse of ``entry_from_json``."""
    return entry_text(
        entry.kind,
        entry.at,
        reservation=entry.reservation,
        resolution=entry.resolution,
        moves=dict(entry.moves),
    )


def entry_from_json(text: str, *, account: str, sequence: int) -> LedgerEntry:
    """The entry that this version of the account item tells; ``ValueError`` if it is none."""
    try:
        record = json.loads(text)
        return LedgerEntry(
            account=account,
            sequence=sequence,
            kind=EntryKind(record["k"]),
            at=datetime.fromisoformat(record["at"]),
            reservation=reservation_from_record(record["r"]) if "r" in record else None,
            resolution=resolution_from_record(record["x"]) if "x" in record else None,
            moves=tuple((key, amount) for key, amount in record.get("mv", ())),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a ledger entry: {error}") from error
