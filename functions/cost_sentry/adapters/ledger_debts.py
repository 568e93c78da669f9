"""Debts lie where running calls will pay them, so that nobody spends the money that is owed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from cost_sentry.adapters.ledger_allotments import OWING_MAX, Allotments
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import ShardState, place_key
from cost_sentry.adapters.ledger_last_money import WINDOW
from cost_sentry.adapters.ledger_moves import (
    Action,
    move_in_shard,
    take_from_place,
    take_from_window,
)
from cost_sentry.adapters.ledger_pools import fullest
from cost_sentry.adapters.ledger_retirement import owes
from cost_sentry.adapters.ledger_walk import in_turn, turn_of
from cost_sentry.domain.allotment import Spread, gathered

ATTEMPTS_MAX = 8
"""Tries to gather one window; what fails is left to the scheduled run."""
PAYMENTS_MAX = 8
"""Tries to pay what a shard owes out of a few places, before all are gathered."""
WINDOWS_MAX = 25
"""Windows that one scheduled run gathers."""

Debts = Mapping[str, Iterable[str]]
"""Shards that owe, by budget window."""


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

    def cover(self, purse: str, owing: Iterable[str], now: datetime) -> bool | None:
        """Put the debts of a window where they belong; ``None`` if there was nothing to do.

        Each shard that owes is paid out of a few places, while others go on writing. What nobody
        has the money for is laid, by a look at all places, on those that every look sees.

        Args:
            purse: ``budget@window``.
            owing: shards that owe, or did a moment ago.
            now: of the entries.

        Returns:
            False if other writers were in the way each time: a debt stays with its shard, which
            cannot spend until it is paid.
        """
        paid = {place: self._pay(purse, place, now) for place in owing}
        left = [place for place, done in paid.items() if done is False]
        done = [self._gather(purse, some, now) for some in _in_parts(left)]
        if False in done:
            return False
        return True if True in [*done, *paid.values()] else None

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

    def _pay(self, purse: str, place: str, now: datetime) -> bool | None:
        """Whether the shard owes nothing any more; ``None`` if it did not owe.

        Each place is seen at an instant of its own, so nobody is in the way. What a few of them do
        not have, more of them may: what there is is paid, and then it is looked again.
        """
        for attempt in range(PAYMENTS_MAX):
            owed = self._owed(purse, place)
            if owed <= 0:
                return True if attempt else None
            window = self._allotments.window(purse)
            seen = None if window is None else self._allotments.glance(purse, window)
            if seen is not None:
                shares = _shares(seen, place, owed)
                if not shares:
                    return False
                takes = [_take(purse, seen, *share, now) for share in shares.items()]
                amount = sum(shares.values())
                receive = move_in_shard(place, {purse: amount}, now, owes=True)
                done = self._calls.transact([*takes, receive])
                if isinstance(done, Written):
                    if amount == owed:
                        return True
                    continue
            self._pause(attempt)
        return False

    def _owed(self, purse: str, place: str) -> int:
        item = self._calls.get(place_key(place))
        return 0 if item is None else -ShardState.of(item).free.get(purse, 0)

    def cover_all(self, debts: Debts, now: datetime) -> int:
        """Cover a bounded number of windows; how many now lie right that did not before.

        Each run goes on where the one before ended: debts that running calls will pay stay where
        they lie, and must not keep others from being looked at.
        """
        some = in_turn(sorted(debts), turn_of(now) * WINDOWS_MAX)[:WINDOWS_MAX]
        return sum(self.cover(purse, debts[purse], now) is True for purse in some)


def debts_of(shards: Iterable[ShardState], now: datetime) -> dict[str, set[str]]:
    """The shards of these that owe, by running window."""
    found: dict[str, set[str]] = {}
    for shard in shards:
        for purse in shard.free:
            if owes(shard, purse, now):
                found.setdefault(purse, set()).add(shard.place)
    return found


def _is_astray(spread: Spread) -> bool:
    """Whether a place owes and the debt is not laid as ``gathered`` lays it."""
    free = {name: part.free for name, part in spread.places.items()}
    lying = (spread.unallotted, spread.impounded, free)
    wanted = gathered(spread, spread.limit)
    in_debt = any(amount < 0 for amount in free.values())
    return in_debt and lying != (wanted.unallotted, wanted.impounded, wanted.free)


def _in_parts(owing: Sequence[str]) -> Iterable[Sequence[str]]:
    """As many at once as can be looked at together."""
    return (owing[i : i + OWING_MAX] for i in range(0, len(owing), OWING_MAX))


def _shares(seen: Spread, place: str, owed: int) -> Mapping[str, int]:
    """What the fullest places give of it; nothing if nobody has anything."""
    there = {name: part.free for name, part in seen.places.items() if name != place}
    return fullest({**there, WINDOW: 0 if seen.impounded else seen.unallotted}, owed)


def _take(purse: str, seen: Spread, name: str, share: int, now: datetime) -> Action:
    """On the condition that it is still there."""
    if name == WINDOW:
        return take_from_window(purse, share, seen.limit, None)
    return take_from_place(purse, name, share, now)
