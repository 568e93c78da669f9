"""Ledgers with one mistake each, of the kinds that were made elsewhere, to try the races on."""

import threading
import time
from collections import Counter
from dataclasses import replace

from cost_sentry.application.ports import Reserved, Resolved, SameId, Shortage
from cost_sentry.domain.reservation import ResolvedReservation
from tests.fakes.builders import NOON
from tests.fakes.memory_ledger import MemoryLedger


def others_run() -> None:
    time.sleep(0.005)


class LooksThenHolds(MemoryLedger):
    """The condition and the write are two steps."""

    def reserve(self, reservation):
        with self._lock:
            found = super().reserve(reservation)
            if isinstance(found, Reserved):
                del self._held[self._name(reservation)]
        others_run()
        with self._lock:
            if isinstance(found, Reserved):
                self._held[self._name(reservation)] = reservation
        return found


class AddsThenCompares(MemoryLedger):
    """Holds first, and takes back what was too much."""

    def reserve(self, reservation):
        with self._lock:
            self._held[self._name(reservation)] = reservation
        others_run()
        with self._lock:
            [hold] = reservation.holds
            if self._left(hold.key) >= 0:
                return Reserved(reservation=reservation, remaining=())
            del self._held[self._name(reservation)]
            return Shortage(hold=hold, remaining=self._remaining(hold, reservation))


class TakesAConflictForARefusal(MemoryLedger):
    """Says no when another writer is in the way."""

    def __init__(self):
        super().__init__()
        self._busy = threading.Lock()

    def reserve(self, reservation):
        if not self._busy.acquire(blocking=False):
            [hold] = reservation.holds
            return Shortage(hold=hold, remaining=self._remaining(hold, reservation))
        others_run()
        try:
            return super().reserve(reservation)
        finally:
            self._busy.release()


class LeavesMoneyStranded(MemoryLedger):
    """What an account once took out of the budget is never taken back."""

    def __init__(self):
        super().__init__()
        self._allotted = Counter()

    def reserve(self, reservation):
        with self._lock:
            [hold] = reservation.holds
            pending = Counter()
            for held in self._held.values():
                pending[held.account] += held.holds[0].amount
            idle = self._allotted - pending
            idle[reservation.account] = 0
            if self._left(hold.key) - idle.total() < hold.amount:
                return Shortage(hold=hold, remaining=self._remaining(hold, reservation))
            pending[reservation.account] += hold.amount
            self._allotted |= pending
            return super().reserve(reservation)


class HoldsBudgetsOneByOne(MemoryLedger):
    """A refusal by the second budget leaves the first one holding."""

    def reserve(self, reservation):
        with self._lock:
            answer = super().reserve(reservation)
            if isinstance(answer, Shortage):
                kept = reservation.holds[: reservation.holds.index(answer.hold)]
                self._held[self._name(reservation)] = replace(reservation, holds=kept)
            return answer


class KnowsNoId(MemoryLedger):
    """Another attempt under the same id is another call."""

    @staticmethod
    def _name(reservation):
        return reservation.account, f"{reservation.request_id} {reservation.attempt}"


class KnowsNoRetry(MemoryLedger):
    """Tells a repeated write that somebody else has its id."""

    def _known(self, reservation):
        answer = super()._known(reservation)
        if isinstance(answer, Reserved):
            return SameId(reservation=answer.reservation, resolution=None)
        return answer


class EndsTwice(MemoryLedger):
    """Whether it is still pending, and its end, are two steps."""

    def resolve(self, reservation, resolution):
        with self._lock:
            if self._name(reservation) in self._ended:
                return super().resolve(reservation, resolution)
        others_run()
        with self._lock:
            self._held.pop(self._name(reservation), None)
            ended = ResolvedReservation(reservation=reservation, resolution=resolution)
            self._ended[self._name(reservation)] = ended
            return Resolved(resolved=ended, first=True)


class ReadsInTwoSteps(MemoryLedger):
    """A balance of two instants."""

    def balance(self, budget, window_id):
        first = super().balance(budget, window_id)
        others_run()
        return replace(super().balance(budget, window_id), unallotted=first.unallotted)


class ForgetsEndedWindows(MemoryLedger):
    """Tidying away a window takes what was posted with it."""

    def tidy(self, now, batch_max):
        with self._lock:
            over = [n for n, e in self._ended.items() if e.reservation.reserved_at <= NOON < now]
            for name in over:
                del self._ended[name]
            return len(over)


class LimitsLate(MemoryLedger):
    """A new limit is what only those after the next few calls see."""

    def __init__(self):
        super().__init__()
        self._later = []

    def define(self, budget, window_id):
        with self._lock:
            if budget.id not in self._limits:
                return super().define(budget, window_id)
            self._later += [None, None, None, (budget, window_id)]
            return self._limits[budget.id]

    def reserve(self, reservation):
        with self._lock:
            due = self._later.pop(0) if self._later else None
            if due:
                super().define(*due)
            return super().reserve(reservation)


class ForgetsPendingOnChange(MemoryLedger):
    """A changed limit starts with nobody in it."""

    def define(self, budget, window_id):
        with self._lock:
            if budget.id in self._limits:
                self._held.clear()
            return super().define(budget, window_id)


class ForgivesDebt(MemoryLedger):
    """Below what is spent, whatever comes back may be spent again at once."""

    def __init__(self):
        super().__init__()
        self._back = 0

    def _left(self, key):
        return max(super()._left(key), self._back)

    def reserve(self, reservation):
        with self._lock:
            answer = super().reserve(reservation)
            if isinstance(answer, Reserved):
                [hold] = reservation.holds
                self._back = max(0, self._back - hold.amount)
            return answer

    def resolve(self, reservation, resolution):
        with self._lock:
            self._back += resolution.back(*reservation.holds)
            return super().resolve(reservation, resolution)


class CapsOverruns(MemoryLedger):
    """Posts no more than was held."""

    def _posted(self, key):
        return sum(
            min(ended.resolution.posting(hold), hold.amount)
            for ended in self._ended.values()
            for hold in ended.reservation.holds
            if hold.key == key
        )


FOR_ANY_CALL = (
    HoldsBudgetsOneByOne,
    KnowsNoId,
    KnowsNoRetry,
    ForgetsEndedWindows,
    LimitsLate,
    ForgetsPendingOnChange,
    CapsOverruns,
)
"""Those that one caller alone can meet, and that take calls on several budgets."""
