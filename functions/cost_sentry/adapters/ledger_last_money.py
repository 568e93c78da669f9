"""The last money of a crowded window: a call's worth out of a few places, whoever has some. Pure.

Many callers look for it at once. None of them moves more than it needs, and each begins to look
elsewhere, so that few meet at the same place.
"""

from collections.abc import Mapping
from dataclasses import replace

from cost_sentry.adapters.ledger_moves import (
    Action,
    give_to_pool,
    is_pool,
    join_pool,
    move_in_shard,
    pool_name,
    pool_number,
    take_from_pool,
    take_from_window,
)
from cost_sentry.adapters.ledger_pools import fullest, pool_of
from cost_sentry.adapters.ledger_wants import Grant, Want, seen_of
from cost_sentry.domain.allotment import Spread, pool_refill_amount

WINDOW = ""
"""Among the names of places."""


def last_money(want: Want, spread: Spread, attempt: int) -> Grant | None:
    """What is missing, out of a place that has enough, else of the fullest ones together.

    Args:
        want: of a shard that the window serves, or one behind a pool.
        spread: where the money was a moment ago; if it has gone, the transaction fails.
        attempt: how often it has; then another place is tried.

    Returns:
        Nothing at all where the shard needs nothing any more; ``None`` if a few places have too
        little together.
    """
    own = spread.places.get(want.place)
    if own is not None:
        want = replace(want, free=own.free, newcomer=False)
    takes = _out_of_one(want, spread, attempt) or _out_of_few(want, spread)
    if not takes and want.needed:
        return None
    return Grant(
        takes=tuple(takes),
        amount=want.needed,
        seen=seen_of(want, spread.limit, spread.left - want.needed, 0 if own is None else None),
    )


def _out_of_one(want: Want, spread: Spread, attempt: int) -> list[Action]:
    """A pool before a shard, whose item is larger and busier; the window, which all share, last."""
    enough = sorted(
        name
        for name, part in spread.places.items()
        if part.free >= want.needed and name != want.place
    )
    names = [name for name in enough if is_pool(name)] or enough
    if names:
        return _taken(want, spread, {names[pool_of(want.place, attempt) % len(names)]: want.needed})
    return _out_of_window(want, spread) if spread.unallotted >= want.needed else []


def _out_of_window(want: Want, spread: Spread) -> list[Action]:
    """With some more for the shard's pool, so that the window is not asked for each call."""
    if want.place in spread.places:
        return _taken(want, spread, {WINDOW: want.needed})
    pool = pool_of(want.place)
    amount = pool_refill_amount(want.needed, want.hold.amount, spread.unallotted)
    takes = [take_from_window(want.purse, amount, spread.limit, pool_name(pool))]
    if want.newcomer:
        takes.append(join_pool(want.purse, pool, amount - want.needed))
    elif amount > want.needed:
        takes.append(give_to_pool(want.purse, pool, amount - want.needed))
    return takes


def _out_of_few(want: Want, spread: Spread) -> list[Action]:
    there = {name: part.free for name, part in spread.places.items() if name != want.place}
    there[WINDOW] = spread.unallotted
    shares = fullest(there, want.needed)
    return _taken(want, spread, shares) if sum(shares.values()) == want.needed else []


def _taken(want: Want, spread: Spread, shares: Mapping[str, int]) -> list[Action]:
    """Out of each place its share; the shard's own pool counts it, if it has not met it."""
    own = pool_of(want.place)
    takes = [_take(want, spread, name, amount) for name, amount in shares.items()]
    if want.newcomer and shares and pool_name(own) not in shares:
        takes.append(join_pool(want.purse, own))
    return takes


def _take(want: Want, spread: Spread, name: str, amount: int) -> Action:
    own = pool_of(want.place)
    if name == WINDOW:
        to = want.place if want.place in spread.places else pool_name(own)
        return take_from_window(want.purse, amount, spread.limit, to)
    if is_pool(name):
        pool = pool_number(name)
        newcomer = want.newcomer and pool == own
        return take_from_pool(want.purse, pool, amount, newcomer=newcomer)
    return move_in_shard(name, {want.purse: -amount}, want.now, has=amount)
