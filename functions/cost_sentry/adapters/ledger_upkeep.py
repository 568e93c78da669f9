"""What the scheduled run does to keep shards small, money at hand and debts where they belong.

Each kind of work has a bound of its own, so that a backlog of one starves no other. Debts come
first: until they are paid, others may spend what is owed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_debts import DebtCover, debts_of
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.adapters.ledger_merging import tidy_shards
from cost_sentry.adapters.ledger_rest import lay_to_rest
from cost_sentry.adapters.ledger_retirement import retire_ended_windows
from cost_sentry.adapters.ledger_runs import send_idle_home
from cost_sentry.adapters.ledger_surplus import Surplus
from cost_sentry.adapters.ledger_walk import (
    accounts,
    in_turn,
    shards_by_account,
    shards_of_all,
    turn_of,
)
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.reservation import Reservation


def overdue(calls: LedgerCalls, now: datetime, batch_max: int) -> Iterator[Reservation]:
    """Reservations past their time. Read on while they are resolved: the first need not wait.

    Each run looks at another account first, so that a backlog of one starves nobody.
    """
    due = (
        reservation
        for shard in shards_of_all(calls, turn_of(now))
        for reservation in shard.pending_reservations.values()
        if reservation.expires_at <= now
    )
    return islice(due, batch_max)


@dataclass
class _Done:
    """Writes of one run, by the kind of work."""

    retired: int = 0
    sent_home: int = 0
    given_back: int = 0
    merged: int = 0
    laid_to_rest: int = 0

    @property
    def all(self) -> int:
        return self.retired + self.sent_home + self.given_back + self.merged + self.laid_to_rest


class Upkeep:
    """One run.

    Args:
        calls: the table.
        surplus: of this run.
        now: of the entries.
        moves_max: writes of each kind of work.
    """

    def __init__(self, calls: LedgerCalls, surplus: Surplus, now: datetime, moves_max: int) -> None:
        self._calls = calls
        self._surplus = surplus
        self._now = now
        self._max = moves_max
        self._done = _Done()

    def run(self, debts: DebtCover) -> int:
        """All of it; how much was changed.

        An account whose items cannot be written now waits for the next run, and keeps no other from
        its turn. ``LedgerUnavailable``, once all others are done, so that it is seen.
        """
        names = in_turn(accounts(self._calls), turn_of(self._now))
        covered = debts.cover_all(self._debts(names), self._now)
        problem: LedgerUnavailable | None = None
        for _, shards in shards_by_account(self._calls, names):
            try:
                self._tidy(shards)
            except LedgerUnavailable as lost:
                if lost.is_silent:
                    raise  # Each account more would wait as long.
                problem = lost
        if problem is not None:
            raise problem
        return covered + self._done.all

    def _debts(self, names: list[str]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for _, shards in shards_by_account(self._calls, names):
            for purse, owing in debts_of(shards, self._now).items():
                found.setdefault(purse, set()).update(owing)
        return found

    def _tidy(self, of_account: Iterable[ShardState]) -> None:
        calls, now, done, most = self._calls, self._now, self._done, self._max
        shards = list(of_account)
        if len(shards) > most:
            # Each run begins where the last one may have ended: busy ones always have work.
            shards = in_turn(shards, turn_of(now) * most)
        done.retired += retire_ended_windows(calls, shards, now, most - done.retired)
        done.sent_home += send_idle_home(calls, shards, now, most - done.sent_home)
        done.given_back += self._surplus.give_back(shards, most - done.given_back)
        done.merged += tidy_shards(calls, shards, now, most - done.merged)
        done.laid_to_rest += lay_to_rest(calls, shards, now, most - done.laid_to_rest)
