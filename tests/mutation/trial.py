"""One mutant in a process of its own, split off this one with everything imported."""

import os
import resource
import signal
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant
from tests.mutation.planting import plant

KILLED, SURVIVED, ENDLESS, NOT_PLANTED = "killed", "survived", "endless", "not planted"
SECONDS_MIN, TIMES_SLOWER = 3, 10
"""A test may take so long of the processor's time, and so many times as long as without a mutant;
on the clock as much again, several times. Whatever takes longer does not end, and that is seen."""
MEMORY_MORE_MAX = 2 * 2**30
_CODES = {0: KILLED, 1: SURVIVED, 2: NOT_PLANTED}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant."""

    outcome: str
    by: str = ""
    """The test that failed, or that did not end."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test, and how long it takes."""

    item: Any
    seconds: float


class Trial:
    """Runs while it is not asked for its verdict; without a mutant it is to survive."""

    def __init__(
        self, module: types.ModuleType, mutant: Mutant | None, tests: Sequence[Test]
    ) -> None:
        self.module, self.mutant = module, mutant
        self._reading, writing = os.pipe()
        self.process = os.fork()
        if not self.process:
            os.close(self._reading)
            os._exit(_tried(module, mutant, tests, writing))
        os.close(writing)

    def verdict(self, status: int) -> Verdict:
        """Of the process that has ended with this status."""
        with os.fdopen(self._reading, encoding="utf-8") as told:
            by = told.read().rstrip("\n").rpartition("\n")[2]
        if not os.WIFEXITED(status):
            return Verdict(ENDLESS, by)
        outcome = _CODES[os.WEXITSTATUS(status)]
        return Verdict(outcome, by if outcome == KILLED else "")


def _tried(module: types.ModuleType, mutant: Mutant | None, tests: Sequence[Test], out: int) -> int:
    _limit_memory()
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    try:
        if mutant and not plant(module, mutant):
            return 2
    except Exception as error:  # noqa: BLE001 - a module that cannot even be imported is seen
        os.write(out, f"the import: {type(error).__name__}\n".encode())
        return 0
    for test, following in zip(tests, [*tests[1:], *tests[-1:]], strict=True):
        os.write(out, f"{test.item.nodeid}\n".encode())
        if not passes(test.item, following.item, SECONDS_MIN + TIMES_SLOWER * test.seconds):
            return 0
    return 1


def _limit_memory() -> None:
    """A list that grows without end is an error, and not this machine's end."""
    with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123
        now = int(told.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY_MORE_MAX, resource.RLIM_INFINITY))


def passes(item: Any, following: Any, seconds_max: float) -> bool:
    """Whether one test passes; what the ``following`` one needs too stays up."""
    signal.setitimer(signal.ITIMER_PROF, seconds_max)
    signal.setitimer(signal.ITIMER_REAL, 5 * seconds_max)
    reports = runtestprotocol(item, log=False, nextitem=following)
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return not any(report.failed for report in reports)
