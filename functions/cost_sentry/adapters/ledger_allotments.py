"""A window's money: seen at one instant, put where it should lie by one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cost_sentry.adapters.ledger_calls import (
    TRANSACTION_ITEMS_MAX,
    LedgerCalls,
    Outcome,
    TooLarge,
    Written,
)
from cost_sentry.adapters.ledger_items import (
    Item,
    ShardState,
    definition_key,
    number,
    window_key,
)
from cost_sentry.adapters.ledger_moves import (
    Action,
    is_pool,
    key_of,
    move_in_shard,
    pool_name,
    pool_number,
    set_pool,
)
from cost_sentry.adapters.ledger_windows import PoolState, WindowState
from cost_sentry.adapters.run_windows import gone_after
from cost_sentry.domain.allotment import DIRECT_PLACES_MAX, POOLS, Part, Placement, Spread
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from cost_sentry.domain.reservation import budget_of, window_of

OWING_MAX = TRANSACTION_ITEMS_MAX - DIRECT_PLACES_MAX - POOLS - 1
"""Shards behind pools that can be looked at together with a window, its places and its pools."""


class Allotments:
    """Reads and moves one budget window's money; ``purse`` is ``budget@window``."""

    def __init__(self, calls: LedgerCalls) -> None:
        self._calls = calls

    def window(self, purse: str) -> WindowState | None:
        """The window as it stands, opened if nobody spent from it yet.

        ``None`` if its limit was changed while it was opened.
        """
        item = self._calls.get(window_key(purse)) or self._open(purse)
        return None if item is None else WindowState.of(item)

    def spread(self, purse: str, owing: Sequence[str] = ()) -> Spread | None:
        """All places of the window at one instant; ``None`` if other writers were in the way.

        Args:
            purse: ``budget@window``.
            owing: at most ``OWING_MAX`` shards that owe, and may not be among its places.
        """
        window = self.window(purse)
        if window is None:
            return None
        owing = [place for place in owing if place not in window.places]
        names = (*window.places, *map(pool_name, range(window.pools)), *owing)
        items = self._calls.snapshot([window_key(purse), *(key_of(purse, n) for n in names)])
        if items is None or items[0] is None:
            return None
        seen = WindowState.of(items[0])
        if (seen.places, seen.pools) != (window.places, window.pools):
            return None
        return spread_of(purse, seen, dict(zip(names, items[1:], strict=True)), owing)

    def glance(self, purse: str, window: WindowState) -> Spread | None:
        """The places of a crowded window, each at an instant of its own; ``None`` as ``spread``.

        No writer is in its way, where that of a busy window always has some. The window is read
        last: what was moved there from places that had been read already is seen twice, and not
        missed. What is missed are a few calls' worth that moved the other way meanwhile.

        Args:
            purse: ``budget@window``.
            window: as it was some seconds ago; no place joins a crowded window.
        """
        names = (*window.places, *map(pool_name, range(window.pools)))
        items = self._calls.get_many([key_of(purse, name) for name in names])
        if items is None:
            return None
        last = self._calls.get(window_key(purse))
        if last is None:
            return None
        return spread_of(purse, WindowState.of(last), dict(zip(names, items, strict=True)))

    def _open(self, purse: str) -> Item | None:
        """Create the window with the limit that is defined at that very instant."""
        budget_id = budget_of(purse)
        definition = self._calls.get(definition_key(budget_id))
        if definition is None:
            raise ConfigurationError(f"budget {budget_id!r} is not defined in the ledger")
        limit = definition["limit"]
        create: Action = {
            "Put": {
                "Item": {
                    **window_key(purse),
                    "limit": limit,
                    "unallotted": limit,
                    **gone_after(window_of(purse)),
                },
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        self._calls.transact([defined(purse, int(limit["N"])), create])
        return self._calls.get(window_key(purse))

    def shift_limit(self, purse: str, spread: Spread, limit: int) -> bool:
        """Change the limit by what is unallotted alone, the way that disturbs no place.

        False if that is not enough, if there is debt to lay anew, if the limit moved meanwhile, or
        if pools came before places: shards behind them must be looked at first.
        """
        if spread.in_debt:
            return False
        change = limit - spread.limit
        update = {
            "Key": window_key(purse),
            "UpdateExpression": "SET #limit = :limit, unallotted = unallotted + :change",
            "ConditionExpression": (
                f"#limit = :was AND unallotted >= :needed AND {_as_crowded(spread)}"
            ),
            "ExpressionAttributeNames": {"#limit": "limit"},
            "ExpressionAttributeValues": {
                ":limit": number(limit),
                ":was": number(spread.limit),
                ":change": number(change),
                ":needed": number(max(0, -change)),
            },
        }
        return isinstance(
            self._calls.transact([{"Update": update}, defined(purse, limit)]), Written
        )

    def place(self, purse: str, spread: Spread, placement: Placement, now: datetime) -> bool:
        """Move the money from where it was seen to where it should lie, all or nothing.

        False if it does not lie there yet: a place changed meanwhile, or more places must give
        than one transaction holds and only the fullest of them did. Look again and repeat.
        """
        changed = [n for n, part in spread.places.items() if placement.free[n] != part.free]
        is_checked = placement.limit != spread.limit
        places_max = TRANSACTION_ITEMS_MAX - 1 - is_checked
        if len(changed) <= places_max:
            outcome = self._place_at_once(purse, spread, placement, now)
            if not isinstance(outcome, TooLarge):
                return isinstance(outcome, Written)
            places_max = len(changed) // 2
        while places_max:
            some = _some_gathered(spread, places_max)
            if not isinstance(self._place_at_once(purse, spread, some, now), TooLarge):
                return False
            places_max //= 2
        raise LedgerUnavailable(f"the ledger refuses to move the money of {purse!r} for its size")

    def _place_at_once(
        self, purse: str, spread: Spread, placement: Placement, now: datetime
    ) -> Outcome:
        moves = [
            set_pool(purse, name, part.free, placement.free[name])
            if is_pool(name)
            else move_in_shard(name, {purse: placement.free[name] - part.free}, now, was=part.free)
            for name, part in spread.places.items()
            if placement.free[name] != part.free
        ]
        changes = placement.limit != spread.limit
        check = [defined(purse, placement.limit)] if changes else []
        return self._calls.transact([_set_window(purse, spread, placement), *check, *moves])


def spread_of(
    purse: str, window: WindowState, places: dict[str, Item | None], owing: Sequence[str] = ()
) -> Spread:
    """The places of a window, read together with it, and shards behind its pools that owe.

    A pool that nobody met yet has nothing, and is a place all the same: a shard behind it may bring
    it money, and then a debt must lie there already.
    """
    return Spread(
        limit=window.limit,
        unallotted=window.unallotted,
        impounded=window.impounded,
        places={
            name: replace(_part(purse, name, item), is_behind_pool=name in owing)
            for name, item in places.items()
            if item is not None or is_pool(name)
        },
        crowded=window.pools > 0,
    )


def _part(purse: str, name: str, item: Item | None) -> Part:
    if item is None or is_pool(name):
        return Part(free=PoolState.of(pool_number(name), item).unallotted, is_pool=True)
    shard = ShardState.of(item)
    return Part(
        free=shard.free.get(purse, 0),
        pending=shard.pending_amount(purse),
        assumed=shard.assumed_amount(purse),
    )


def defined(purse: str, limit: int) -> Action:
    """On the condition that this is the limit that is defined, whenever the write arrives.

    One that was given up as lost may come late, when another limit is in force.
    """
    return {
        "ConditionCheck": {
            "Key": definition_key(budget_of(purse)),
            "ConditionExpression": "#limit = :limit",
            "ExpressionAttributeNames": {"#limit": "limit"},
            "ExpressionAttributeValues": {":limit": number(limit)},
        }
    }


def _as_crowded(spread: Spread) -> str:
    """On the condition that pools stand before the window if they did, and not if they did not."""
    return f"attribute_{'' if spread.crowded else 'not_'}exists(pools)"


def _set_window(purse: str, spread: Spread, placement: Placement) -> Action:
    return {
        "Update": {
            "Key": window_key(purse),
            "UpdateExpression": (
                "SET unallotted = :unallotted, impounded = :impounded, #limit = :limit"
            ),
            "ConditionExpression": (
                "unallotted = :was AND #limit = :limit_was"
                " AND (impounded = :impounded_was OR attribute_not_exists(impounded))"
                f" AND {_as_crowded(spread)}"
            ),
            "ExpressionAttributeNames": {"#limit": "limit"},
            "ExpressionAttributeValues": {
                ":unallotted": number(placement.unallotted),
                ":impounded": number(placement.impounded),
                ":limit": number(placement.limit),
                ":was": number(spread.unallotted),
                ":impounded_was": number(spread.impounded),
                ":limit_was": number(spread.limit),
            },
        }
    }


def _some_gathered(spread: Spread, places_max: int) -> Placement:
    """The fullest places emptied into the budget; limit and everybody else as they are."""
    fullest: Sequence[str] = sorted(
        spread.places, key=lambda n: spread.places[n].free, reverse=True
    )
    emptied = {n for n in fullest[:places_max] if spread.places[n].free > 0}
    free = {n: 0 if n in emptied else part.free for n, part in spread.places.items()}
    return Placement(
        limit=spread.limit,
        unallotted=spread.unallotted + sum(spread.places[n].free for n in emptied),
        impounded=spread.impounded,
        free=free,
    )
