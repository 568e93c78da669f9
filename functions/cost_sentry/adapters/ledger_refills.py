"""Money for a shard that cannot pay, out of the window or a pool; or proof that there is none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import ShardState, number, place_key, window_key
from cost_sentry.adapters.ledger_last_money import last_money
from cost_sentry.adapters.ledger_moves import (
    Action,
    give_to_pool,
    join_pool,
    move_in_shard,
    pool_name,
    take_from_window,
)
from cost_sentry.adapters.ledger_pools import Pools, pool_of
from cost_sentry.adapters.ledger_wants import Grant, Want, is_recent, seen_of
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.application.ports import Remaining, Shortage
from cost_sentry.domain.allotment import (
    CALLS_PER_REFILL,
    DIRECT_PLACES_MAX,
    OUT_OF_REACH_PERCENT_MAX,
    POOLS,
    SHARE_PER_REFILL,
    Spread,
    gathered,
    nearly_spent,
    refill_amount,
)
from cost_sentry.domain.errors import LedgerContention

ATTEMPTS_MAX = 60
"""Looks at one budget window before giving up with ``LedgerContention``."""
WINDOW_KNOWN = timedelta(seconds=10)
"""How long a crowded window's limit is taken as read: all that a refill through a pool needs."""
WINDOW_SEEN_TRUSTED = timedelta(minutes=5)
"""How long a shard refills itself out of a window without a look at it; what it tells callers of
the window stays as old."""
SHORTAGE_KNOWN = timedelta(seconds=1)
"""How long a crowded window that was proven short is not looked at again."""
DRAWS_MAX = 3
"""On pools of a large window, before all that is left is looked at: so many others are drawing."""
PURSES_KNOWN_MAX = 1_000


class Refills:
    """Brings shards what they need; remembers of crowded windows only what may be a little old."""

    def __init__(
        self,
        calls: LedgerCalls,
        allotments: Allotments,
        pools: Pools,
        pause: Callable[[int], None],
    ) -> None:
        self._calls = calls
        self._allotments = allotments
        self._pools = pools
        self._pause = pause
        self._crowded: dict[str, tuple[datetime, WindowState]] = {}
        self._short: dict[str, tuple[datetime, Spread]] = {}

    def supply(self, wants: Sequence[Want], scarce: Sequence[Want] = ()) -> Shortage | None:
        """Bring a shard enough for all ``wants``, or prove that there is not enough (P2).

        In one transaction if each window, or its pool, has more than enough; then with some more of
        what is ``scarce``. For a window that is not crowded the proof is one instant over all
        places of its money; for one that is, it stands for a second.
        """
        known = [short for short in map(self._known_short, wants) if short is not None]
        if known:
            return known[0]
        for attempt in range(ATTEMPTS_MAX):
            grants = {want.purse: self._grant(want, attempt) for want in wants}
            missing = [want for want in wants if grants[want.purse] is None]
            if missing:
                done = self._prove(missing[0], attempt)
            else:
                more = {want.purse: self._grant(want) for want in scarce if not attempt}
                done = self._bring(wants[0], {**more, **grants})
            if isinstance(done, Shortage):
                return done
            if done:
                return None
            self._pause(attempt)
        raise LedgerContention(f"budget {wants[0].hold.budget_id!r} has too many writers at once")

    def top_up(self, wants: Sequence[Want]) -> bool:
        """Bring a busy shard what its next calls will need, if there is plenty; one try."""
        grants = {}
        for want in wants:
            grant = self._grant(want)
            if grant is None or 2 * grant.amount < want.hold.amount:
                return False
            grants[want.purse] = grant
        return self._bring(wants[0], grants)

    def _bring(self, want: Want, grants: Mapping[str, Grant | None]) -> bool:
        given = {purse: grant for purse, grant in grants.items() if grant and grant.amount}
        receive = move_in_shard(
            want.place,
            {purse: grant.amount for purse, grant in given.items()},
            want.now,
            seen={purse: grant.seen for purse, grant in given.items()},
        )
        return self._move(*(take for grant in given.values() for take in grant.takes), receive)

    def _grant(self, want: Want, attempt: int = 0) -> Grant | None:
        """The quick way, without looking at anybody else's money; ``None`` if there is none."""
        unseen = None if attempt else _as_last_time(want)
        if unseen is not None:
            return unseen
        known = self._crowded.get(want.purse)
        if known is None or not is_recent(known[0], want.now, WINDOW_KNOWN):
            window = self._allotments.window(want.purse)
            if window is None:
                return None
            known = want.now, window
            if window.pools:
                _remember(self._crowded, want.purse, known)
            if want.place in window.places or not window.pools:
                return self._from_window(want, window)
        elif want.place in known[1].places:
            window = self._allotments.window(want.purse)
            return None if window is None else self._from_window(want, window)
        if attempt >= DRAWS_MAX and nearly_spent(known[1].limit, want.hold.amount):
            return None
        return self._pools.grant(want, known[1], attempt)

    def _from_window(self, want: Want, window: WindowState) -> Grant | None:
        if want.place not in window.places and len(window.places) >= DIRECT_PLACES_MAX:
            self._crowd(want.purse)
            return None
        if window.impounded or window.unallotted < want.needed:
            return None
        amount = refill_amount(want.needed, want.hold.amount, window.unallotted)
        return Grant(
            takes=(take_from_window(want.purse, amount, window.limit, want.place),),
            amount=amount,
            seen=seen_of(want, window.limit, window.unallotted - amount),
        )

    def _crowd(self, purse: str) -> None:
        """From now on pools stand before the places that come later."""
        self._calls.update(
            {
                "Key": window_key(purse),
                "UpdateExpression": "SET pools = :pools",
                "ConditionExpression": "attribute_not_exists(pools)",
                "ExpressionAttributeValues": {":pools": number(POOLS)},
            }
        )

    def _is_as_it_was(self, want: Want) -> bool:
        """Whether the shard still has what it had: another call may have been served meanwhile."""
        item = self._calls.get(place_key(want.place))
        return item is not None and ShardState.of(item).free.get(want.purse, 0) == want.free

    def _known_short(self, want: Want) -> Shortage | None:
        """A crowded window that was short a moment ago is not looked at again."""
        known = self._short.get(want.purse)
        if known is None or not is_recent(known[0], want.now, SHORTAGE_KNOWN):
            return None
        return _shortage(want, known[1], known[0])

    def _prove(self, want: Want, attempt: int) -> Shortage | bool:
        """Look at all places at one instant: refuse, or gather what lies elsewhere, or take it."""
        known = self._crowded.get(want.purse)
        if known is not None and nearly_spent(known[1].limit, want.hold.amount):
            seen = self._allotments.glance(want.purse, known[1])
            if seen is None:
                return False
            if not seen.in_debt:
                return self._share_out(want, seen, attempt)
        spread = self._allotments.spread(want.purse)
        if spread is None:
            return False
        short = self._short_of(want, spread)
        is_unseen = spread.crowded and want.place not in spread.places
        if short is not None and is_unseen and not self._is_as_it_was(want):
            return True  # The call is tried again with what is there now.
        return short or self._take(want, spread)

    def _share_out(self, want: Want, seen: Spread, attempt: int) -> Shortage | bool:
        """The last money of a large and crowded window, which changes while it is looked at.

        Nobody gathers it, and what is as good as nothing counts as nothing.
        """
        if seen.left <= nearly_spent(seen.limit, want.hold.amount):
            seen = replace(seen, unallotted=0, places={})
        short = self._short_of(want, seen)
        if short is not None:
            return short
        grant = last_money(want, seen, attempt)
        if grant is None:
            return False
        return not grant.amount or self._bring(want, {want.purse: grant})

    def _short_of(self, want: Want, spread: Spread) -> Shortage | None:
        short = _shortage(want, spread, want.now)
        if short is not None and spread.crowded:
            _remember(self._short, want.purse, (want.now, spread))
        return short

    def _take(self, want: Want, spread: Spread) -> bool:
        own = spread.places[want.place].free if want.place in spread.places else want.free
        needed = want.hold.amount - own
        if needed <= 0:
            return True
        others = [part for name, part in spread.places.items() if name != want.place]
        in_debt = spread.impounded > 0 or any(part.free < 0 for part in others)
        if in_debt or spread.unallotted < needed:
            placement = gathered(spread, spread.limit)
            self._allotments.place(want.purse, spread, placement, want.now)
            return False
        if spread.crowded and want.place not in spread.places:
            return self._take_behind_pool(want, spread, needed)
        amount = refill_amount(needed, want.hold.amount, spread.unallotted)
        seen = seen_of(want, spread.limit, spread.left - own - amount)
        return self._move(
            take_from_window(want.purse, amount, spread.limit, want.place),
            move_in_shard(want.place, {want.purse: amount}, want.now, seen={want.purse: seen}),
        )

    def _take_behind_pool(self, want: Want, spread: Spread, needed: int) -> bool:
        """Past a pool that has too little; what the call gives back will not stay in its shard."""
        pool = pool_of(want.place)
        seen = seen_of(want, spread.limit, spread.left - needed, free_max=0)
        joins = [join_pool(want.purse, pool)] if want.newcomer else []
        return self._move(
            take_from_window(want.purse, needed, spread.limit, pool_name(pool)),
            *joins,
            move_in_shard(want.place, {want.purse: needed}, want.now, seen={want.purse: seen}),
        )

    def give_back(self, place: str, purse: str, amount: int, now: datetime) -> bool:
        """What a shard behind a pool does not need, so that nothing is stranded there."""
        return self._move(
            give_to_pool(purse, pool_of(place), amount),
            move_in_shard(place, {purse: -amount}, now, has=amount),
        )

    def _move(self, *actions: Action) -> bool:
        return isinstance(self._calls.transact(actions), Written)


def _shortage(want: Want, spread: Spread, as_of: datetime) -> Shortage | None:
    left = spread.left if want.place in spread.places else spread.left + want.free
    if left >= want.hold.amount:
        return None
    remaining = Remaining(
        budget_id=want.hold.budget_id,
        window_id=want.hold.window_id,
        limit=spread.limit,
        left=left,
        as_of=as_of,
    )
    missed = OUT_OF_REACH_PERCENT_MAX if spread.crowded else 0
    return Shortage(hold=want.hold, remaining=remaining, out_of_reach_percent_max=missed)


def _as_last_time(want: Want) -> Grant | None:
    """Out of a window that had plenty a moment ago; if it has not, the transaction fails."""
    seen = want.seen
    if seen is None or seen.free_max is not None:
        return None
    amount = want.hold.amount * CALLS_PER_REFILL
    if seen.elsewhere < SHARE_PER_REFILL * amount:
        return None
    if not is_recent(seen.at, want.now, WINDOW_SEEN_TRUSTED):
        return None
    amount = max(want.needed, amount)
    return Grant(
        takes=(take_from_window(want.purse, amount, seen.limit, want.place),),
        amount=amount,
        seen=replace(seen, elsewhere=seen.elsewhere - amount),
    )


def _remember(known: dict[str, Any], purse: str, what: object) -> None:
    if len(known) >= PURSES_KNOWN_MAX:
        known.clear()
    known[purse] = what
