"""The two writes of the hot path, as arguments of ``UpdateItem``. Pure.

```text
            absent ──reserve──▶ pending ──resolve──▶ resolved ──forget──▶ stamp ──▶ journal only
condition:  id in neither map   this very record     journal has it      a minute later
            free ≥ amount, for every budget
```

Reserve and resolve each change one item once, so there is nothing to conflict with, nothing to
roll back, and a repeated write finds itself already done.
"""

from collections.abc import Mapping
from typing import Any

from cost_sentry.adapters.entry_record import entry_text
from cost_sentry.adapters.ledger_items import HELD_BYTES_MAX, account_key, number
from cost_sentry.adapters.reservation_record import (
    record_text,
    reservation_to_record,
    resolution_to_record,
)
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution

KIND_OF_STATE = {
    ReservationState.SETTLED: EntryKind.SETTLE,
    ReservationState.VOIDED: EntryKind.VOID,
    ReservationState.EXPIRED: EntryKind.EXPIRE,
}
_NAMES = {
    "#pending": "pending",
    "#resolved": "resolved",
    "#free": "free",
    "#entry": "entry",
    "#sequence": "sequence",
    "#held": "held_bytes",
}


def pending_text(reservation: Reservation) -> str:
    """What stands in ``pending`` for this reservation, byte for byte."""
    return record_text(reservation_to_record(reservation))


def resolved_text(reservation: Reservation, resolution: Resolution) -> str:
    """What stands in ``resolved`` once it has ended, byte for byte."""
    return record_text(
        {"r": reservation_to_record(reservation), "x": resolution_to_record(resolution)}
    )


def reserve_arguments(reservation: Reservation) -> dict[str, Any]:
    """Hold every budget's amount, or nothing."""
    record = pending_text(reservation)
    holds = list(enumerate(reservation.holds))
    takes = [f"#free.#b{i} = #free.#b{i} - :a{i}" for i, _ in holds]
    sets = ["#pending.#id = :record", "#entry = :entry", *takes]
    conditions = [
        "attribute_not_exists(#pending.#id)",
        "attribute_not_exists(#resolved.#id)",
        "#held <= :room",
        *(f"#free.#b{i} >= :a{i}" for i, _ in holds),
    ]
    size = len(record.encode()) + len(reservation.request_id)
    return {
        "Key": account_key(reservation.account),
        "UpdateExpression": f"SET {', '.join(sets)} ADD #sequence :one, #held :size",
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {
            **_NAMES,
            "#id": reservation.request_id,
            **{f"#b{i}": hold.key for i, hold in holds},
        },
        "ExpressionAttributeValues": {
            ":record": {"S": record},
            ":entry": {
                "S": entry_text(EntryKind.RESERVE, reservation.reserved_at, reservation=reservation)
            },
            ":one": number(1),
            ":size": number(size),
            ":room": number(HELD_BYTES_MAX - size),
            **{f":a{i}": number(hold.amount) for i, hold in holds},
        },
        # The account also says what it saw of each budget, and the answer says what is left.
        "ReturnValues": "ALL_NEW",
    }


def resolve_arguments(reservation: Reservation, resolution: Resolution) -> dict[str, Any]:
    """Post what it cost to every budget, give back the rest, and remember how it ended."""
    record, ended = pending_text(reservation), resolved_text(reservation, resolution)
    holds = list(enumerate(reservation.holds))
    sets = ["#resolved.#id = :ended", "#entry = :entry"]
    for i, _ in holds:
        sets.append(f"#free.#b{i} = #free.#b{i} + :rest{i}")
        sets.append(f"#posted.#b{i} = if_not_exists(#posted.#b{i}, :zero) + :cost{i}")
    values: dict[str, Any] = {
        ":record": {"S": record},
        ":ended": {"S": ended},
        ":entry": {"S": _resolution_entry(reservation, resolution)},
        ":one": number(1),
        ":growth": number(len(ended.encode()) - len(record.encode())),
    }
    if holds:
        values[":zero"] = number(0)
    for i, hold in holds:
        cost = resolution.posting(hold)
        values[f":cost{i}"] = number(cost)
        values[f":rest{i}"] = number(hold.amount - cost)
    names = {**_NAMES, "#id": reservation.request_id, **{f"#b{i}": h.key for i, h in holds}}
    return {
        "Key": account_key(reservation.account),
        "UpdateExpression": (
            f"SET {', '.join(sets)} REMOVE #pending.#id ADD #sequence :one, #held :growth"
        ),
        "ConditionExpression": "#pending.#id = :record",
        "ExpressionAttributeNames": {**names, "#posted": "posted"},
        "ExpressionAttributeValues": values,
    }


def forget_arguments(
    account: str, *, shrink: Mapping[str, str], drop: Mapping[str, str], stamp: str
) -> dict[str, Any]:
    """Put ``stamp`` in place of full records, and drop old stamps; ids with what stands there.

    Leaves no entry: nothing of the ledger changes, the journal keeps it all. On the condition that
    all of it still stands there: repeated, it would take the same bytes off ``held_bytes`` twice.
    """
    names = {f"#r{i}": request_id for i, request_id in enumerate([*shrink, *drop])}
    paths = {request_id: f"#resolved.{alias}" for alias, request_id in names.items()}
    sets = [f"{paths[request_id]} = :stamp" for request_id in shrink]
    removes = [paths[request_id] for request_id in drop]
    shrunk = sum(len(text.encode()) - len(stamp) for text in shrink.values())
    dropped = sum(len(text) + len(request_id) for request_id, text in drop.items())
    values = {":shrink": number(-shrunk - dropped)}
    if sets:
        values |= {":stamp": {"S": stamp}, ":full": {"S": "{"}}
    conditions = [
        *(f"begins_with({paths[request_id]}, :full)" for request_id in shrink),
        *(f"attribute_exists({path})" for path in removes),
    ]
    return {
        "Key": account_key(account),
        "UpdateExpression": (
            (f"SET {', '.join(sets)} " if sets else "")
            + (f"REMOVE {', '.join(removes)} " if removes else "")
            + "ADD #held :shrink"
        ),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {"#resolved": "resolved", "#held": "held_bytes", **names},
        "ExpressionAttributeValues": values,
    }


def _resolution_entry(reservation: Reservation, resolution: Resolution) -> str:
    return entry_text(
        KIND_OF_STATE[resolution.state],
        resolution.resolved_at,
        reservation=reservation,
        resolution=resolution,
    )
