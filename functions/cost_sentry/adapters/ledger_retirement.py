"""Ended windows leave the shards, so that their items stay small for ever."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.adapters.entry_record import entry_text
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import ShardState, number, place_key
from cost_sentry.adapters.ledger_moves import give_to_window
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import window_of
from cost_sentry.domain.window import has_ended

LEAVING_MAX = 24
"""Windows that leave a shard in one move: a quarter of what a transaction may hold."""
TRIES_MAX = 8
"""Reads of a busy shard before its ended windows wait for the next run."""
RETIRED_MIN = 8
"""Ended windows that are worth a transaction when a call ends: the shard is billed by its size, and
no scheduled run reaches all shards of a large account."""
EXPIRED_KEPT = timedelta(days=1)
"""How long the true cost of an expired call may still become known to the ledger."""


def retire_ended_windows(
    calls: LedgerCalls, shards: Iterable[ShardState], now: datetime, moves_max: int
) -> int:
    """Give what ended windows left in shards back to their budgets; how many moves it took.

    A window that a pending or lately expired reservation of the shard belongs to waits.
    """
    left = moves_max
    for shard in shards:
        if left <= 0:
            break
        _drop_expired(calls, shard, now)
        left -= _retire_ended(calls, shard, now, left)
    return moves_max - left


def retire_some(calls: LedgerCalls, shard: ShardState, now: datetime) -> None:
    """Of a busy shard, as the end of a call left it: some ended windows go home, and one try."""
    if len(shard.free) < RETIRED_MIN:
        return  # Nearly always; nothing more is looked at then.
    leaving = _ended(shard, now)
    if len(leaving) >= RETIRED_MIN:
        _retire(calls, shard, leaving[:LEAVING_MAX], now)


def _retire_ended(calls: LedgerCalls, shard: ShardState, now: datetime, moves_max: int) -> int:
    """All that have ended in one shard, some at a time.

    Each move holds only if nobody wrote to the shard since it was read. In a busy one somebody
    does all the time, so it is read right before, and again if that was not soon enough.
    """
    done = 0
    leaving = _ended(shard, now)
    for _ in range(TRIES_MAX if leaving else 0):
        item = calls.get(place_key(shard.place))
        read = None if item is None else ShardState.of(item)
        leaving = () if read is None else _ended(read, now)
        while read is not None and leaving and done < moves_max:
            some, leaving = leaving[:LEAVING_MAX], leaving[LEAVING_MAX:]
            if not _retire(calls, read, some, now):
                break
            done, read = done + 1, replace(read, sequence=read.sequence + 1)
        else:
            break
    return done


def _ended(shard: ShardState, now: datetime) -> tuple[str, ...]:
    ended = [purse for purse in shard.free if has_ended(window_of(purse), now)]
    held = held_purses(shard) if ended else ()
    return tuple(purse for purse in ended if purse not in held)


def retire_all(calls: LedgerCalls, shard: ShardState, now: datetime) -> bool:
    """Give the money of a shard that holds no call back to its budgets; whether some of it went.

    What it owes of a window that runs is paid where it lies: in the window nobody would look.
    """
    leaving = tuple(purse for purse in shard.free if not owes(shard, purse, now))[:LEAVING_MAX]
    return bool(leaving) and _retire(calls, shard, leaving, now)


def owes(shard: ShardState, purse: str, now: datetime) -> bool:
    """Whether the shard has a debt of a window that runs."""
    return shard.free[purse] < 0 and not has_ended(window_of(purse), now)


def held_purses(shard: ShardState) -> set[str]:
    """Windows that a pending or lately expired reservation of the shard belongs to."""
    pending = shard.pending_reservations.values()
    expired = (shard.expired_reservation(request_id) for request_id in shard.expired)
    held = [*pending, *(pair[0] for pair in expired if pair is not None)]
    return {hold.key for reservation in held for hold in reservation.holds}


def _drop_expired(calls: LedgerCalls, shard: ShardState, now: datetime) -> None:
    """What was charged to a call that nobody resolved in a day stays charged."""
    for request_id, text in shard.expired.items():
        pair = shard.expired_reservation(request_id)
        if pair is not None and now - pair[1].resolved_at > EXPIRED_KEPT:
            calls.update(
                {
                    "Key": place_key(shard.place),
                    "UpdateExpression": "REMOVE expired.#id",
                    "ConditionExpression": "expired.#id = :text",
                    "ExpressionAttributeNames": {"#id": request_id},
                    "ExpressionAttributeValues": {":text": {"S": text}},
                }
            )


def _retire(calls: LedgerCalls, shard: ShardState, purses: Sequence[str], now: datetime) -> bool:
    """Whether all of them left: the shard is billed by its size, so they leave together."""
    update = departure(shard, purses, now)
    # The sequence moves with every write: nobody reserved or settled since it was read.
    update["ConditionExpression"] = "#sequence = :sequence"
    update["ExpressionAttributeValues"][":sequence"] = number(shard.sequence)
    homes = [give_to_window(purse, shard.free[purse], leaves=shard.place) for purse in purses]
    return isinstance(calls.transact([{"Update": update}, *homes]), Written)


def departure(shard: ShardState, purses: Sequence[str], now: datetime) -> dict[str, Any]:
    """Windows leave a shard with all it has of them; the condition is the caller's to add.

    ``#b0`` and so on are the windows.
    """
    names = {"#free": "free", "#entry": "entry", "#sequence": "sequence"}
    names |= {f"#b{i}": purse for i, purse in enumerate(purses)}
    removed = ", ".join(f"#free.#b{i}, seen.#b{i}" for i in range(len(purses)))
    moves = {purse: -shard.free[purse] for purse in purses}
    return {
        "Key": place_key(shard.place),
        "UpdateExpression": f"SET #entry = :entry REMOVE {removed} ADD #sequence :one",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            ":entry": {"S": entry_text(EntryKind.RECALL, now, moves=moves)},
            ":one": number(1),
        },
    }
