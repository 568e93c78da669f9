"""A closed loop seen from outside: what is surely taken of a budget, and who was refused wrongly.

Both sides are judged by this one file. It imports nothing of either.
"""

import threading
import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entered:
    """A caller is about to ask: when, and how much was surely free just then."""

    at: float
    room: float


@dataclass(slots=True)
class LoopWatch:
    """One budget and its callers; amounts in any one unit.

    What is taken of it is settled cost plus live holds. A hold counts from the answer that grants
    it and until its settlement is answered, so the room that is seen is too large only by the calls
    that are being admitted just then. Those are subtracted: a refusal is false only if there was
    room for one more even if every admission that overlaps it had come first.
    """

    budget: float
    callers: int
    spent: float = 0
    calls: int = 0
    refusals: int = 0
    _taken: float = 0
    _changed_at: float = field(default_factory=time.perf_counter)
    _refused_since: int = 0
    _won: list[tuple[float, float, float]] = field(default_factory=list)
    _lost: list[tuple[float, float, float, float]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> Entered:
        """Before asking."""
        with self._lock:
            return Entered(at=time.perf_counter(), room=self.budget - self._taken)

    def admitted(self, entered: Entered, held: float) -> None:
        """The answer was yes, and so much is held."""
        with self._lock:
            self._taken += held
            self._change()
            self._won.append((entered.at, self._changed_at, held))

    def refused(self, entered: Entered, needed: float) -> None:
        """The answer was no; ``needed`` would have been enough."""
        with self._lock:
            self.refusals += 1
            self._refused_since += entered.at > self._changed_at
            room = min(entered.room, self.budget - self._taken)
            if room >= needed:
                self._lost.append((entered.at, time.perf_counter(), room, needed))

    def settled(self, held: float, cost: float) -> None:
        """The call has cost ``cost``; the rest of what it held is free again."""
        with self._lock:
            self.spent += cost
            self.calls += 1
            self._taken -= held - cost
            self._change()

    def is_quiet(self, seconds: float) -> bool:
        """Nothing moved for so long, and everyone has been told no since."""
        with self._lock:
            waited = time.perf_counter() - self._changed_at
            return waited >= seconds and self._refused_since >= self.callers

    def false_refusals(self) -> int:
        """Refusals while the budget could have paid."""
        return sum(self._is_false(*refusal) for refusal in self._lost)

    def _is_false(self, entered: float, left: float, room: float, needed: float) -> bool:
        overlapping = sum(held for at, until, held in self._won if at < left and until > entered)
        return room - overlapping >= needed

    def _change(self) -> None:
        self._changed_at = time.perf_counter()
        self._refused_since = 0
