"""Parts of the transactions that move money between windows, pools and shards. Pure.

What a move takes and what it gives stand in one transaction, so that money is conserved (P3).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cost_sentry.adapters.entry_record import entry_text
from cost_sentry.adapters.ledger_items import (
    Key,
    Seen,
    number,
    place_key,
    pool_key,
    window_key,
)
from cost_sentry.adapters.run_windows import kept_for_a_while
from cost_sentry.domain.allotment import DIRECT_PLACES_MAX
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import window_of

Action = dict[str, dict[str, Any]]
_POOL = "pool:"


def pool_name(pool: int) -> str:
    """A pool's name among the places of a window; no account's name has a colon."""
    return f"{_POOL}{pool}"


def pool_number(name: str) -> int:
    """The inverse of ``pool_name``."""
    return int(name.removeprefix(_POOL))


def is_pool(name: str) -> bool:
    """Whether this place is a pool."""
    return name.startswith(_POOL)


def key_of(purse: str, name: str) -> Key:
    """The item that keeps this place's money of the window."""
    if is_pool(name):
        return pool_key(purse, pool_number(name))
    return place_key(name)


def take_from_window(purse: str, amount: int, limit: int, to: str | None) -> Action:
    """Out of the unallotted money, for a shard that the window serves itself, or for a pool.

    On the condition that it has so much, that nobody owes, and that the limit is as seen. ``None``
    for a shard that owes the amount: of a debt nothing is free, so no place comes to the window.
    """
    conditions = [
        "unallotted >= :amount",
        "#limit = :limit",
        "(attribute_not_exists(impounded) OR impounded = :zero)",
    ]
    update: dict[str, Any] = {
        "Key": window_key(purse),
        "UpdateExpression": "SET unallotted = unallotted - :amount",
        "ExpressionAttributeNames": {"#limit": "limit"},
        "ExpressionAttributeValues": {
            ":amount": number(amount),
            ":limit": number(limit),
            ":zero": number(0),
        },
    }
    values = update["ExpressionAttributeValues"]
    if to is not None and is_pool(to):
        conditions.append("attribute_exists(pools)")
    elif to is not None:
        update["UpdateExpression"] += " ADD places :places"
        conditions.append(
            "(contains(places, :place) OR (attribute_not_exists(pools)"
            " AND (attribute_not_exists(places) OR size(places) < :places_max)))"
        )
        values[":places"], values[":place"] = {"SS": [to]}, {"S": to}
        values[":places_max"] = number(DIRECT_PLACES_MAX)
    update["ConditionExpression"] = " AND ".join(conditions)
    return {"Update": update}


def give_to_window(purse: str, amount: int, *, leaves: str | None = None) -> Action:
    """Back to the unallotted money; ``leaves`` is a shard that no longer carries the window."""
    update: dict[str, Any] = {
        "Key": window_key(purse),
        "UpdateExpression": "SET unallotted = unallotted + :amount",
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeValues": {":amount": number(amount)},
    }
    if leaves is not None:
        update["UpdateExpression"] += " DELETE places :places"
        update["ExpressionAttributeValues"][":places"] = {"SS": [leaves]}
    return {"Update": update}


def take_from_pool(
    purse: str, pool: int, amount: int, *, newcomer: bool, free_max: int | None = None
) -> Action:
    """Out of a pool.

    Args:
        purse: ``budget@window``.
        pool: its number.
        amount: on the condition that it has so much.
        newcomer: whether the shard is served for the first time.
        free_max: what the shard takes that it may keep; on the condition that the pool was not told
            of less, for a lowered limit. ``None`` for one that keeps nothing of it.
    """
    update: dict[str, Any] = {
        "Key": pool_key(purse, pool),
        "UpdateExpression": "SET unallotted = unallotted - :amount",
        "ConditionExpression": "unallotted >= :amount",
        "ExpressionAttributeValues": {":amount": number(amount)},
    }
    if free_max is not None:
        unlowered = " AND (attribute_not_exists(shard_max) OR shard_max >= :free_max)"
        update["ConditionExpression"] += unlowered
        update["ExpressionAttributeValues"][":free_max"] = number(free_max)
    if newcomer:
        update["UpdateExpression"] += " ADD shards :one"
        update["ExpressionAttributeValues"][":one"] = number(1)
    return {"Update": update}


def take_from_place(purse: str, name: str, amount: int, now: datetime) -> Action:
    """Out of a pool, or a shard that the window serves; on the condition that it is there."""
    if is_pool(name):
        return take_from_pool(purse, pool_number(name), amount, newcomer=False)
    return move_in_shard(name, {purse: -amount}, now, has=True)


def join_pool(purse: str, pool: int, amount: int = 0) -> Action:
    """Count a shard that is served for the first time, and not out of its pool, which may gain."""
    update: Action = {
        "Update": {
            "Key": pool_key(purse, pool),
            "UpdateExpression": "ADD shards :one, unallotted :amount",
            "ExpressionAttributeValues": {":one": number(1), ":amount": number(amount)},
        }
    }
    return kept_for_a_while(update, window_of(purse))


def tell_pool(purse: str, pool: int, limit: int, share: int) -> Action:
    """What each shard that it serves may keep at most, as a part of this limit."""
    update: Action = {
        "Update": {
            "Key": pool_key(purse, pool),
            "UpdateExpression": (
                "SET lowered_to = :limit, shard_max = :share,"
                " unallotted = if_not_exists(unallotted, :zero)"
            ),
            "ExpressionAttributeValues": {
                ":limit": number(limit),
                ":share": number(share),
                ":zero": number(0),
            },
        }
    }
    return kept_for_a_while(update, window_of(purse))


def give_to_pool(purse: str, pool: int, amount: int) -> Action:
    """Into a pool, which is made by its first money."""
    update: Action = {
        "Update": {
            "Key": pool_key(purse, pool),
            "UpdateExpression": "ADD unallotted :amount",
            "ExpressionAttributeValues": {":amount": number(amount)},
        }
    }
    return kept_for_a_while(update, window_of(purse))


def move_in_shard(
    place: str,
    moves: Mapping[str, int],
    now: datetime,
    *,
    seen: Mapping[str, Seen] | None = None,
    was: int | None = None,
    has: bool = False,
    owes: bool = False,
    is_open: bool = False,
) -> Action:
    """Change a shard's free money and say so in its entry.

    Args:
        place: the shard.
        moves: signed amounts by ``budget@window``.
        now: of the entry.
        seen: what the shard shall know of these windows from now on.
        was: what its free money of each must still be; ``None`` if any will do.
        has: on the condition that it has what is taken of each.
        owes: on the condition that it still owes something of each.
        is_open: on the condition that it takes calls.
    """
    purses = list(enumerate(moves))
    kind = EntryKind.ALLOT if sum(moves.values()) >= 0 else EntryKind.RECALL
    sets = ["#entry = :entry"]
    names = {"#free": "free", "#entry": "entry", "#sequence": "sequence"}
    values: dict[str, Any] = {
        ":zero": number(0),
        ":one": number(1),
        ":entry": {"S": entry_text(kind, now, moves=moves)},
    }
    conditions = ["attribute_exists(pk)"]
    if is_open:
        names["#state"] = "state"
        conditions.append("attribute_not_exists(#state)")
    for i, purse in purses:
        sets.append(f"#free.#b{i} = if_not_exists(#free.#b{i}, :zero) + :m{i}")
        names[f"#b{i}"], values[f":m{i}"] = purse, number(moves[purse])
        if was is not None:
            # None is not nothing: a shard that has left the window's places takes no debt of it.
            values[":was"] = number(was)
            conditions.append(f"#free.#b{i} = :was")
        if has:
            values[f":has{i}"] = number(-moves[purse])
            conditions.append(f"#free.#b{i} >= :has{i}")
        if owes:
            conditions.append(f"#free.#b{i} < :zero")
        if seen is not None:
            sets.append(f"#seen.#b{i} = :s{i}")
            names["#seen"], values[f":s{i}"] = "seen", {"S": seen[purse].text()}
    return {
        "Update": {
            "Key": place_key(place),
            "UpdateExpression": f"SET {', '.join(sets)} ADD #sequence :one",
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
    }


def set_pool(purse: str, name: str, was: int, wanted: int) -> Action:
    """Change a pool's money from what was seen to what it should be; one is made by a debt too."""
    is_new = " OR attribute_not_exists(unallotted)" if was == 0 else ""
    update: Action = {
        "Update": {
            "Key": key_of(purse, name),
            "UpdateExpression": "SET unallotted = :wanted",
            "ConditionExpression": f"unallotted = :was{is_new}",
            "ExpressionAttributeValues": {":wanted": number(wanted), ":was": number(was)},
        }
    }
    return kept_for_a_while(update, window_of(purse))
