"""Debts lie where running calls will pay them, so that nobody spends the money that is owed."""

from collections.abc import Callable, Iterable
from datetime import datetime

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.domain.allotment import Spread, gathered
from cost_sentry.domain.window import has_ended

ATTEMPTS_MAX = 8
"""Tries to gather one window; what fails is left to the scheduled run."""
WINDOWS_MAX = 25
"""Windows that one scheduled run gathers."""


def cover(
    allotments: Allotments, purse: str, now: datetime, pause: Callable[[int], None]
) -> bool | None:
    """Gather the window if it has debts that lie wrong; ``None`` if there was nothing to do.

    False if other writers were in the way each time: the debt stays with its shard, which
    cannot spend until it is paid.
    """
    for attempt in range(ATTEMPTS_MAX):
        spread = allotments.spread(purse)
        if spread is not None:
            if not _is_astray(spread):
                return None if attempt == 0 else True
            if allotments.place(purse, spread, gathered(spread, spread.limit), now):
                return True
        pause(attempt)
    return False


def _is_astray(spread: Spread) -> bool:
    """Whether a place owes and the debt is not laid as ``gathered`` lays it."""
    free = {name: part.free for name, part in spread.places.items()}
    lying = (spread.unallotted, spread.impounded, free)
    wanted = gathered(spread, spread.limit)
    in_debt = any(amount < 0 for amount in free.values())
    return in_debt and lying != (wanted.unallotted, wanted.impounded, wanted.free)


def purses_in_debt(shards: Iterable[ShardState], now: datetime) -> set[str]:
    """The running windows in which one of these shards owes."""
    return {
        purse
        for shard in shards
        for purse, free in shard.free.items()
        if free < 0 and not has_ended(purse.rsplit("@", 1)[1], now)
    }


def cover_all(
    allotments: Allotments, purses: Iterable[str], now: datetime, pause: Callable[[int], None]
) -> int:
    """Gather a bounded number of windows; how many now lie right that did not before."""
    some = sorted(purses)[:WINDOWS_MAX]
    return sum(cover(allotments, purse, now, pause) is True for purse in some)
