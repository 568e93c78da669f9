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
    pool_name,
    pool_number,
    take_from_pool,
    take_from_window,
)
from cost_sentry.adapters.ledger_pools import fullest, pool_of
from cost_sentry.adapters.ledger_wants import NOTHING, Grant, Want, seen_of
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
    if not want.needed:
        return NOTHING
    shares = _shares(want, spread, attempt)
    if sum(shares.values()) < want.needed:
        return None
    return Grant(
        takes=_takes(want, spread, shares),
        recalls={n: amount for n, amount in shares.items() if n != WINDOW and not is_pool(n)},
        amount=want.needed,
        seen=seen_of(want, spread.limit, spread.left - want.needed, 0 if own is None else None),
    )


def _shares(want: Want, spread: Spread, attempt: int) -> Mapping[str, int]:
    """A pool before a shard, whose item is larger and busier; the window, which all share, last.

    Where no place has enough, the window has more than each of them if it has.
    """
    there = {name: part.free for name, part in spread.places.items() if name != want.place}
    enough = sorted(name for name, free in there.items() if free >= want.needed)
    names = [name for name in enough if is_pool(name)] or enough
    if names:
        return {names[pool_of(want.place, attempt) % len(names)]: want.needed}
    return fullest({**there, WINDOW: spread.unallotted}, want.needed)


def _takes(want: Want, spread: Spread, shares: Mapping[str, int]) -> tuple[Action, ...]:
    """Out of the window and of pools; the shard's own pool counts it, if it has not met it."""
    if WINDOW in shares and len(shares) == 1:
        return _out_of_window(want, spread)
    own, to = pool_of(want.place), _at_the_window(want, spread)
    takes = [
        take_from_pool(
            want.purse, pool_number(name), amount, newcomer=want.newcomer and name == pool_name(own)
        )
        for name, amount in shares.items()
        if is_pool(name)
    ]
    if WINDOW in shares:
        takes.append(take_from_window(want.purse, shares[WINDOW], spread.limit, to))
    if want.newcomer and pool_name(own) not in shares:
        takes.append(join_pool(want.purse, own))
    return tuple(takes)


def _at_the_window(want: Want, spread: Spread) -> str:
    """The window knows the shard, or the pool that stands between."""
    return want.place if want.place in spread.places else pool_name(pool_of(want.place))


def _out_of_window(want: Want, spread: Spread) -> tuple[Action, ...]:
    """With some more for the shard's pool, so that the window is not asked for each call."""
    to = _at_the_window(want, spread)
    if not is_pool(to):
        return (take_from_window(want.purse, want.needed, spread.limit, to),)
    amount = pool_refill_amount(want.needed, want.hold.amount, spread.unallotted)
    take = take_from_window(want.purse, amount, spread.limit, to)
    more = amount - want.needed
    if want.newcomer:
        return take, join_pool(want.purse, pool_number(to), more)
    return (take, give_to_pool(want.purse, pool_number(to), more)) if more else (take,)
