"""The last money of a crowded window: a call's worth out of a few places, whoever has some. Pure.

Many callers look for it at once. None of them moves more than it needs, and each begins to look
elsewhere, so that few meet at the same place.
"""

from collections.abc import Iterator, Mapping
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
from cost_sentry.adapters.ledger_pools import SCRAPED_MAX, pool_of
from cost_sentry.adapters.ledger_wants import Grant, Want, seen_of
from cost_sentry.domain.allotment import Spread, pool_refill_amount


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
    there = {name: part.free for name, part in spread.places.items() if name != want.place}
    shares = _shares(want, there, attempt)
    takes = tuple(_takes(want, shares))
    if sum(shares.values()) < want.needed:
        if spread.unallotted < want.needed:
            return None
        takes = tuple(_out_of_window(want, spread))
    return Grant(
        takes=takes,
        amount=want.needed,
        seen=seen_of(want, spread.limit, spread.left - want.needed, 0 if own is None else None),
    )


def _shares(want: Want, there: Mapping[str, int], attempt: int) -> Mapping[str, int]:
    """Places, and how much each of them gives; pools first, for shards are larger and busier."""
    enough = sorted(name for name, free in there.items() if free >= want.needed)
    names = [name for name in enough if is_pool(name)] or enough
    if names:
        return {names[pool_of(want.place, attempt) % len(names)]: want.needed}
    shares: dict[str, int] = {}
    for name in sorted(there, key=lambda place: -there[place])[:SCRAPED_MAX]:
        share = min(there[name], want.needed - sum(shares.values()))
        if share > 0:
            shares[name] = share
    return shares


def _takes(want: Want, shares: Mapping[str, int]) -> Iterator[Action]:
    """Out of each place its share; the shard's own pool counts it, if it has not met it."""
    own = pool_of(want.place)
    for name, amount in shares.items():
        if is_pool(name):
            pool = pool_number(name)
            newcomer = want.newcomer and pool == own
            yield take_from_pool(want.purse, pool, amount, newcomer=newcomer)
        else:
            yield move_in_shard(name, {want.purse: -amount}, want.now, has=amount)
    if want.newcomer and pool_name(own) not in shares:
        yield join_pool(want.purse, own)


def _out_of_window(want: Want, spread: Spread) -> Iterator[Action]:
    """With some more for the shard's pool, so that the window is not asked for each call."""
    if want.place in spread.places:
        yield take_from_window(want.purse, want.needed, spread.limit, want.place)
        return
    pool = pool_of(want.place)
    amount = pool_refill_amount(want.needed, want.hold.amount, spread.unallotted)
    yield take_from_window(want.purse, amount, spread.limit, pool_name(pool))
    if want.newcomer:
        yield join_pool(want.purse, pool, amount - want.needed)
    elif amount > want.needed:
        yield give_to_pool(want.purse, pool, amount - want.needed)
