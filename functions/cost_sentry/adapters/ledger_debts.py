"""Debts lie where running calls will pay them, so that nobody spends the money that is owed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from cost_sentry.adapters.ledger_allotments import OWING_MAX, Allotments
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.adapters.ledger_last_money import WINDOW
from cost_sentry.adapters.ledger_moves import (
    Action,
    is_pool,
    move_in_shard,
    pool_name,
    pool_number,
    take_from_pool,
    take_from_window,
)
from cost_sentry.adapters.ledger_pools import fullest, pool_of
from cost_sentry.domain.allotment import Spread, gathered
from cost_sentry.domain.window import has_ended

ATTEMPTS_MAX = 8
"""Tries to gather one window; what fails is left to the scheduled run."""
PAYMENTS_MAX = 3
"""Tries to pay the debt of a shard behind a pool out of a few places, before all are gathered."""
WINDOWS_MAX = 25
"""Windows that one scheduled run gathers."""

Debts = Mapping[str, Mapping[str, int]]
"""What shards owe, by budget window and shard."""


class DebtCover:
    """Puts debts where they belong.

    Args:
        calls: the table.
        allotments: of the same table.
        pause: waits a little after the n-th meeting with another writer.
    """

    def __init__(
        self, calls: LedgerCalls, allotments: Allotments, pause: Callable[[int], None]
    ) -> None:
        self._calls = calls
        self._allotments = allotments
        self._pause = pause

    def cover(self, purse: str, owed: Mapping[str, int], now: datetime) -> bool | None:
        """Put the debts of a window where they belong; ``None`` if there was nothing to do.

        A shard behind a pool is not looked at when the next call is refused or held. So its debt
        is paid at once: out of a few places, or together with all of them.

        Args:
            purse: ``budget@window``.
            owed: what shards owe, by shard.
            now: of the entries.

        Returns:
            False if other writers were in the way each time: a debt stays with its shard, which
            cannot spend until it is paid.
        """
        window = self._allotments.window(purse)
        if window is None:
            return False
        unseen = [place for place in owed if place not in window.places]
        left = [place for place in unseen if not self._pay(purse, place, owed[place], now)]
        if not left and len(unseen) == len(owed):
            return True
        done = [self._gather(purse, some, now) for some in _in_parts(left)]
        if False in done:
            return False
        return True if True in done or len(left) < len(unseen) else None

    def _gather(self, purse: str, owing: Sequence[str], now: datetime) -> bool | None:
        for attempt in range(ATTEMPTS_MAX):
            spread = self._allotments.spread(purse, owing)
            if spread is not None:
                if not _is_astray(spread):
                    return None if attempt == 0 else True
                placement = gathered(spread, spread.limit)
                if self._allotments.place(purse, spread, placement, now):
                    return True
            self._pause(attempt)
        return False

    def _pay(self, purse: str, place: str, owed: int, now: datetime) -> bool:
        """Out of a few places, each seen at an instant of its own: so nobody is in the way."""
        for attempt in range(PAYMENTS_MAX):
            window = self._allotments.window(purse)
            seen = None if window is None else self._allotments.glance(purse, window)
            if seen is not None:
                takes = _takes(purse, seen, place, owed, now)
                if not takes:
                    return False
                receive = move_in_shard(place, {purse: owed}, now, owes=True)
                if isinstance(self._calls.transact([*takes, receive]), Written):
                    return True
            self._pause(attempt)
        return False

    def cover_all(self, debts: Debts, now: datetime) -> int:
        """Cover a bounded number of windows; how many now lie right that did not before."""
        some = sorted(debts)[:WINDOWS_MAX]
        return sum(self.cover(purse, debts[purse], now) is True for purse in some)


def debts_of(shards: Iterable[ShardState], now: datetime) -> dict[str, dict[str, int]]:
    """What these shards owe, by running window and shard."""
    found: dict[str, dict[str, int]] = {}
    for shard in shards:
        for purse, free in shard.free.items():
            if free < 0 and not has_ended(purse.rsplit("@", 1)[1], now):
                found.setdefault(purse, {})[shard.place] = -free
    return found


def _is_astray(spread: Spread) -> bool:
    """Whether a place owes and the debt is not laid as ``gathered`` lays it."""
    free = {name: part.free for name, part in spread.places.items()}
    lying = (spread.unallotted, spread.impounded, free)
    wanted = gathered(spread, spread.limit)
    in_debt = any(amount < 0 for amount in free.values())
    return in_debt and lying != (wanted.unallotted, wanted.impounded, wanted.free)


def _in_parts(owing: Sequence[str]) -> list[Sequence[str]]:
    """As many at once as can be looked at together; none of them once, if there are none."""
    return [owing[i : i + OWING_MAX] for i in range(0, len(owing), OWING_MAX)] or [owing]


def _takes(purse: str, seen: Spread, place: str, owed: int, now: datetime) -> list[Action]:
    """What pays the debt out of the fullest places; nothing if a few have too little together."""

    def take(name: str, share: int) -> Action:
        if name == WINDOW:
            return take_from_window(purse, share, seen.limit, pool_name(pool_of(place)))
        if is_pool(name):
            return take_from_pool(purse, pool_number(name), share, newcomer=False)
        return move_in_shard(name, {purse: -share}, now, has=True)

    there = {name: part.free for name, part in seen.places.items()}
    shares = fullest({**there, WINDOW: 0 if seen.impounded else seen.unallotted}, owed)
    is_enough = sum(shares.values()) >= owed
    return [take(name, share) for name, share in shares.items()] if is_enough else []
