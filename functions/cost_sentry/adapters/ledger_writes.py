"""The writes of the hot path, as arguments of ``UpdateItem``. Pure.

```text
           absent ──reserve──▶ pending ──resolve──▶ ended: a stamp, till the journal has it for long
condition: no memory of the id          this very record  expire keeps the record too, so that
           free ≥ amount, each budget                     the true cost can be posted: adjust
```

Each changes one item once, so there is nothing to conflict with, nothing to roll back, and a
repeated write finds itself already done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cost_sentry.adapters.entry_record import entry_text, reserve_text
from cost_sentry.adapters.ledger_items import Seen, ShardState, number, place_key, stamp_set
from cost_sentry.adapters.ledger_moves import Action
from cost_sentry.adapters.ledger_wants import Grant
from cost_sentry.adapters.reservation_record import (
    held_record,
    record_text,
    reservation_to_record,
    resolution_to_record,
)
from cost_sentry.adapters.run_windows import is_of_run
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution
from cost_sentry.domain.shard import pending_max, stamp_of

EXPIRED_MAX = 8
"""Expired calls of one shard whose true cost may still be posted: its item is billed by its size,
and may have 400 KB."""
KIND_OF_STATE = {
    ReservationState.SETTLED: EntryKind.SETTLE,
    ReservationState.VOIDED: EntryKind.VOID,
    ReservationState.EXPIRED: EntryKind.EXPIRE,
}


def pending_text(reservation: Reservation) -> str:
    """What stands in ``pending`` for this reservation, byte for byte."""
    return record_text(held_record(reservation))


def expired_text(reservation: Reservation, resolution: Resolution) -> str:
    """What stands in ``expired`` for a reservation that nobody resolved in time."""
    return record_text([held_record(reservation), resolution_to_record(resolution)])


def resolved_text(reservation: Reservation, resolution: Resolution) -> str:
    """What the journal keeps once it has ended, byte for byte."""
    return record_text([reservation_to_record(reservation), resolution_to_record(resolution)])


def reserve_arguments(reservation: Reservation) -> dict[str, Any]:
    """Hold every budget's amount, or nothing; a hold of nothing needs nothing to be there."""
    sets, conditions, values = [], [], {}
    for i, hold in enumerate(reservation.holds):
        free = f"#free.#b{i}"
        values[f":a{i}"] = number(hold.amount)
        if hold.amount:
            sets.append(f"{free} = {free} - :a{i}")
            conditions.append(f"{free} >= :a{i}")
        else:
            sets.append(f"{free} = if_not_exists({free}, :a{i})")
    return {
        **_holding(reservation, reserve_text(reservation), sets, conditions, values),
        # The shard also says what it saw of each budget, and the answer says what is left.
        "ReturnValues": "ALL_NEW",
    }


def bring_and_hold(reservation: Reservation, grants: Mapping[str, Grant]) -> Action:
    """Money for the shard, and a call held out of it, in one: nobody else can take it meanwhile.

    Args:
        reservation: what is held.
        grants: what is brought, by ``budget@window``; the rest of its holds is there already.
    """
    sets, conditions, values = [], [], {}
    for i, hold in enumerate(reservation.holds):
        free, grant = f"#free.#b{i}", grants.get(hold.key)
        if not hold.amount:
            sets.append(f"{free} = if_not_exists({free}, :zero)")
            values[":zero"] = number(0)
            continue
        if grant is None:
            sets.append(f"{free} = {free} - :a{i}")
            conditions.append(f"{free} >= :a{i}")
            values[f":a{i}"] = number(hold.amount)
            continue
        change = grant.amount - hold.amount
        sets += [f"{free} = if_not_exists({free}, :zero) + :m{i}", f"#seen.#b{i} = :s{i}"]
        has = f"{free} >= :n{i}"
        # A shard that never carried the window has nothing of it.
        conditions.append(f"(attribute_not_exists({free}) OR {has})" if change >= 0 else has)
        values |= {f":m{i}": number(change), f":n{i}": number(-change), ":zero": number(0)}
        values[f":s{i}"] = {"S": marked(grant.seen, hold.key, reservation).text()}
    moves = {purse: grant.amount for purse, grant in grants.items()}
    update = _holding(reservation, reserve_text(reservation, moves), sets, conditions, values)
    update["ExpressionAttributeNames"]["#seen"] = "seen"
    return {"Update": update}


def marked(seen: Seen, purse: str, reservation: Reservation) -> Seen:
    """Of an agent run, unlike at any other refill, for no id is held twice (``ledger_runs``)."""
    return replace(seen, mark=stamp_of(reservation.request_id)) if is_of_run(purse) else seen


def _holding(
    reservation: Reservation,
    entry: str,
    sets: Sequence[str],
    conditions: Sequence[str],
    values: Mapping[str, Any],
) -> dict[str, Any]:
    """What every beginning of a reservation has in common; the money is the caller's."""
    names = ("pending", "expired", "state", "ended", "faded", "inherited", "free", "entry")
    memories = ("#ended", "#faded", "#inherited")
    unknown = [
        "attribute_exists(#pending)",
        "attribute_not_exists(#pending.#id)",
        "attribute_not_exists(#expired.#id)",
        "attribute_not_exists(#state)",
        "size(#pending) < :full",
        *(f"NOT contains({memory}, :stamp)" for memory in memories),
    ]
    return {
        "Key": place_key(reservation.place),
        "UpdateExpression": (
            f"SET {', '.join(['#pending.#id = :record', '#entry = :entry', *sets])}"
            " ADD #sequence :one"
        ),
        "ConditionExpression": " AND ".join([*unknown, *conditions]),
        "ExpressionAttributeNames": {
            **{f"#{name}": name for name in (*names, "sequence")},
            "#id": reservation.request_id,
            **{f"#b{i}": hold.key for i, hold in enumerate(reservation.holds)},
        },
        "ExpressionAttributeValues": {
            ":record": {"S": pending_text(reservation)},
            ":entry": {"S": entry},
            ":stamp": {"S": stamp_of(reservation.request_id)},
            ":one": number(1),
            ":full": number(pending_max(reservation.shard)),
            **values,
        },
    }


def adopt_arguments(held: Reservation, attempt: str) -> dict[str, Any]:
    """Another invocation of the same execution takes the reservation over.

    The record then names it, so the first one, should it give up, can no longer take it back.
    """
    adopted = pending_text(replace(held, attempt=attempt))
    return {
        "Key": place_key(held.place),
        "UpdateExpression": "SET #pending.#id = :adopted",
        "ConditionExpression": "#pending.#id = :record",
        "ExpressionAttributeNames": {"#pending": "pending", "#id": held.request_id},
        "ExpressionAttributeValues": {
            ":adopted": {"S": adopted},
            ":record": {"S": pending_text(held)},
        },
        "ReturnValues": "ALL_NEW",
    }


def resolve_arguments(
    reservation: Reservation, resolution: Resolution, forgotten: Sequence[str] = ()
) -> dict[str, Any]:
    """Give back what it did not cost, and remember that it ended.

    ``forgotten`` are expired calls of a shard that keeps as many as it may: what they were charged
    stays, whatever is heard of them later.
    """
    entry = entry_text(
        KIND_OF_STATE[resolution.state],
        resolution.resolved_at,
        reservation=reservation,
        resolution=resolution,
    )
    backs = [(i, hold, resolution.back(hold)) for i, hold in enumerate(reservation.holds)]
    arguments = _ending(reservation, entry, backs)
    names, values = (
        arguments["ExpressionAttributeNames"],
        arguments["ExpressionAttributeValues"],
    )
    names["#pending"], has_room = "pending", ""
    values[":record"] = {"S": pending_text(reservation)}
    sets, rest = arguments["UpdateExpression"].split(" ADD ", 1)
    if resolution.state is ReservationState.EXPIRED:
        sets += ", #expired.#id = :expired"
        names["#expired"] = "expired"
        values[":expired"] = {"S": expired_text(reservation, resolution)}
        values[":most"] = number(EXPIRED_MAX + len(forgotten))
        has_room = " AND size(#expired) < :most"
    names |= {f"#x{i}": request_id for i, request_id in enumerate(forgotten)}
    removed = ", ".join(["#pending.#id", *(f"#expired.#x{i}" for i in range(len(forgotten)))])
    arguments["UpdateExpression"] = f"{sets} REMOVE {removed} ADD {rest}"
    arguments["ConditionExpression"] = f"#pending.#id = :record{has_room}"
    return arguments


def too_many_expired(shard: ShardState | None, reservation: Reservation) -> tuple[str, ...]:
    """The expired calls that leave a full shard for this one, which it holds: the oldest."""
    if shard is None or shard.pending.get(reservation.request_id) != pending_text(reservation):
        return ()
    pairs = {request_id: shard.expired_reservation(request_id) for request_id in shard.expired}
    ended = {name: pair[1].resolved_at for name, pair in pairs.items() if pair is not None}
    surplus = len(ended) - EXPIRED_MAX + 1
    return tuple(sorted(ended, key=lambda name: (ended[name], name))[: max(0, surplus)])


def adjust_arguments(
    reservation: Reservation, charged: Resolution, true: Resolution
) -> dict[str, Any]:
    """Post the true cost of a reservation that had expired, and was charged in full."""
    entry = entry_text(EntryKind.ADJUST, true.resolved_at, reservation=reservation, resolution=true)
    backs = [
        (i, hold, charged.posting(hold) - true.posting(hold))
        for i, hold in enumerate(reservation.holds)
    ]
    arguments = _ending(reservation, entry, backs)
    arguments["ExpressionAttributeNames"]["#expired"] = "expired"
    arguments["ExpressionAttributeValues"][":record"] = {"S": expired_text(reservation, charged)}
    sets, rest = arguments["UpdateExpression"].split(" ADD ", 1)
    arguments["UpdateExpression"] = f"{sets} REMOVE #expired.#id ADD {rest}"
    arguments["ConditionExpression"] = "#expired.#id = :record"
    return arguments


def _ending(reservation: Reservation, entry: str, backs: list[Any]) -> dict[str, Any]:
    """What every end of a reservation has in common; ``backs`` are place, hold and amount."""
    moved = [(i, hold, amount) for i, hold, amount in backs if amount]
    sets = ["#entry = :entry", *(f"#free.#b{i} = #free.#b{i} + :b{i}" for i, _, _ in moved)]
    names = {"entry", "ended", "sequence", *(["free"] if moved else [])}
    return {
        "Key": place_key(reservation.place),
        "UpdateExpression": f"SET {', '.join(sets)} ADD #sequence :one, #ended :stamp",
        "ExpressionAttributeNames": {
            **{f"#{name}": name for name in sorted(names)},
            "#id": reservation.request_id,
            **{f"#b{i}": hold.key for i, hold, _ in moved},
        },
        "ExpressionAttributeValues": {
            ":entry": {"S": entry},
            ":stamp": stamp_set(frozenset({stamp_of(reservation.request_id)})),
            ":one": number(1),
            **{f":b{i}": number(amount) for i, _, amount in moved},
        },
        "ReturnValues": "ALL_NEW",
    }
