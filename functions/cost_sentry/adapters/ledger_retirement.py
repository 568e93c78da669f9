"""Ended windows leave the shards, so that their items stay small for ever."""

from collections.abc import Iterable
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

EXPIRED_KEPT = timedelta(days=1)
"""How long the true cost of an expired call may still become known to the ledger."""


def retire_ended_windows(
    calls: LedgerCalls, shards: Iterable[ShardState], now: datetime, batch_max: int
) -> int:
    """Give what ended windows left in shards back to their budgets; how many were moved.

    A window that a pending or lately expired reservation of the shard belongs to waits.
    """
    done = 0
    for shard in shards:
        held = held_purses(shard)
        _drop_expired(calls, shard, now)
        sequence = shard.sequence
        for purse in shard.free:
            if done >= batch_max:
                return done
            if has_ended(window_of(purse), now) and purse not in held:
                moved = _retire(calls, replace(shard, sequence=sequence), purse, now)
                done, sequence = done + moved, sequence + moved
    return done


def retire_all(calls: LedgerCalls, shard: ShardState, now: datetime) -> int:
    """Give all money of a shard that holds no call back to its budgets; how many windows it was."""
    done, sequence = 0, shard.sequence
    for purse in shard.free:
        if owes(shard, purse, now):
            break  # It is paid where it lies, and in the window nobody would look for it.
        if not _retire(calls, replace(shard, sequence=sequence), purse, now):
            break
        done, sequence = done + 1, sequence + 1
    return done


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


def _retire(calls: LedgerCalls, shard: ShardState, purse: str, now: datetime) -> bool:
    free = shard.free[purse]
    update: dict[str, Any] = {
        "Key": place_key(shard.place),
        "UpdateExpression": "SET #entry = :entry REMOVE #free.#b, seen.#b ADD #sequence :one",
        # The sequence moves with every write: nobody reserved or settled since it was read.
        "ConditionExpression": "#sequence = :sequence",
        "ExpressionAttributeNames": {
            "#b": purse,
            "#free": "free",
            "#entry": "entry",
            "#sequence": "sequence",
        },
        "ExpressionAttributeValues": {
            ":entry": {"S": entry_text(EntryKind.RECALL, now, moves={purse: -free})},
            ":one": number(1),
            ":sequence": number(shard.sequence),
        },
    }
    window = give_to_window(purse, free, leaves=shard.place)
    return isinstance(calls.transact([{"Update": update}, window]), Written)
