"""Proof that a window cannot pay; or where its money lies, gathered and given to the shard."""

from dataclasses import replace
from datetime import datetime, timedelta

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import ShardState, place_key
from cost_sentry.adapters.ledger_last_money import last_money
from cost_sentry.adapters.ledger_moves import join_pool, pool_name, take_from_window
from cost_sentry.adapters.ledger_pools import pool_of
from cost_sentry.adapters.ledger_wants import NOTHING, Grant, Want, is_recent, remember, seen_of
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.application.ports import Remaining, Shortage
from cost_sentry.domain.allotment import (
    OUT_OF_REACH_PERCENT_MAX,
    Spread,
    gathered,
    nearly_spent,
    refill_amount,
)

SHORTAGE_KNOWN = timedelta(seconds=1)
"""How long a crowded window that was proven short is not looked at again."""


class Proofs:
    """Looks at all places of a window; remembers for a moment which crowded ones were short."""

    def __init__(self, calls: LedgerCalls, allotments: Allotments) -> None:
        self._calls = calls
        self._allotments = allotments
        self._short: dict[str, tuple[datetime, Spread]] = {}

    def known_short(self, want: Want) -> Shortage | None:
        """A crowded window that was short a moment ago is not looked at again."""
        known = self._short.get(want.purse)
        if known is None or not is_recent(known[0], want.now, SHORTAGE_KNOWN):
            return None
        return _shortage(want, known[1], known[0])

    def prove(
        self, want: Want, window: WindowState | None, attempt: int
    ) -> Shortage | Grant | None:
        """Look at all places at one instant (P2).

        Args:
            want: what a quick look did not find.
            window: as it was a moment ago, if it is crowded.
            attempt: how often what was found had gone when it was taken.

        Returns:
            That there is too little; what is there, of which nothing is moved yet, and which is
            nothing if the shard has enough by now; ``None`` if it must be looked at again.
        """
        if window is not None and nearly_spent(window.limit, want.hold.amount):
            seen = self._allotments.glance(want.purse, window)
            if seen is None:
                return None
            if not seen.in_debt:
                return self._share_out(want, seen, attempt)
        spread = self._allotments.spread(want.purse)
        if spread is None:
            return None
        short = self._short_of(want, spread)
        is_unseen = spread.crowded and want.place not in spread.places
        if short is not None and is_unseen and not self._is_as_it_was(want):
            return NOTHING  # The call is tried again with what is there now.
        return short or self._take(want, spread)

    def _is_as_it_was(self, want: Want) -> bool:
        """Whether the shard still has what it had: another call may have been served meanwhile."""
        item = self._calls.get(place_key(want.place))
        return item is not None and ShardState.of(item).free.get(want.purse, 0) == want.free

    def _share_out(self, want: Want, seen: Spread, attempt: int) -> Shortage | Grant | None:
        """The last money of a large and crowded window, which changes while it is looked at.

        Nobody gathers it, and what is as good as nothing counts as nothing.
        """
        if seen.left <= nearly_spent(seen.limit, want.hold.amount):
            seen = replace(seen, unallotted=0, places={})
        return self._short_of(want, seen) or last_money(want, seen, attempt)

    def _short_of(self, want: Want, spread: Spread) -> Shortage | None:
        short = _shortage(want, spread, want.now)
        if short is not None and spread.crowded:
            remember(self._short, want.purse, (want.now, spread))
        return short

    def _take(self, want: Want, spread: Spread) -> Grant | None:
        """Out of the window, whither it is gathered first; past a pool that has too little."""
        own = spread.places.get(want.place)
        if own is not None:
            want = replace(want, free=own.free)
        if not want.needed:
            return NOTHING
        others = [part for name, part in spread.places.items() if name != want.place]
        in_debt = spread.impounded > 0 or any(part.free < 0 for part in others)
        if in_debt or spread.unallotted < want.needed:
            placement = gathered(spread, spread.limit)
            self._allotments.place(want.purse, spread, placement, want.now)
            return None
        return _out_of_window(want, spread)


def _out_of_window(want: Want, spread: Spread) -> Grant:
    """For a shard behind a pool past that pool, which has too little; nothing of it shall stay."""
    if not spread.crowded or want.place in spread.places:
        amount = refill_amount(want.needed, want.hold.amount, spread.unallotted)
        left = spread.left - (want.free if want.place in spread.places else 0)
        return Grant(
            takes=(take_from_window(want.purse, amount, spread.limit, want.place),),
            amount=amount,
            seen=seen_of(want, spread.limit, left - amount),
        )
    pool = pool_of(want.place)
    joins = [join_pool(want.purse, pool)] if want.newcomer else []
    return Grant(
        takes=(take_from_window(want.purse, want.needed, spread.limit, pool_name(pool)), *joins),
        amount=want.needed,
        seen=seen_of(want, spread.limit, spread.left - want.needed, free_max=0),
    )


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
