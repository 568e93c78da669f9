"""Runs the suite once to see what each test calls, then for each mutant those that call it.

Each mutant lives in a process of its own that is split off this one, with everything imported.
"""

import os
import signal
import time
import types
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.planting import plant, watch

CPU_SECONDS_MAX = 60
"""Of one mutant; whatever takes longer does not end, and that is seen."""
KILLED, SURVIVED, NOT_PLANTED = 0, 1, 2


@dataclass(slots=True)
class Runner:
    """A plugin of pytest.

    Args:
        modules: whose code is changed.
    """

    modules: Sequence[types.ModuleType]
    outcomes: dict[tuple[str, Mutant], int] = field(default_factory=dict)
    _called: dict[str, set[str]] = field(default_factory=dict)
    """Names of functions to the tests that call them."""
    _seconds: dict[str, float] = field(default_factory=dict)

    def pytest_runtestloop(self, session: Any) -> bool:
        """In the place of pytest's own."""
        self._look(session.items)
        for module in self.modules:
            with open(str(module.__file__), encoding="utf-8") as source:  # noqa: PTH123
                found = list(mutants(source.read()))
            for mutant in found:
                tests = self._tests(session.items, module, mutant)
                outcome = _outcome(module, mutant, tests)
                self.outcomes[module.__name__, mutant] = outcome
                if outcome == SURVIVED:
                    tell(module.__name__, mutant)
        return True

    def _look(self, items: Sequence[Any]) -> None:
        """Each test once, on code that tells what is called; in a process of its own."""
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            with os.fdopen(writing, "w", encoding="utf-8") as out:
                _look_on(self.modules, items, out)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as told:
            for line in told:
                test, seconds, passed, *names = line.rstrip("\n").split("\t")
                if passed == "True":
                    self._seconds[test] = float(seconds)
                    for name in names:
                        self._called.setdefault(name, set()).add(test)
        os.waitpid(child, 0)

    def _tests(self, items: Sequence[Any], module: types.ModuleType, mutant: Mutant) -> list[Any]:
        """Those that call the function, the quickest first."""
        named = self._called.get(f"{module.__name__}:{mutant.function}", set())
        names = named if mutant.function else self._seconds.keys()
        chosen = [item for item in items if item.nodeid in names]
        return sorted(chosen, key=lambda item: self._seconds[item.nodeid])


def _look_on(modules: Sequence[types.ModuleType], items: Sequence[Any], out: Any) -> None:
    called: set[str] = set()
    for module in modules:
        watch(module, called.add)
    for item in items:
        called.clear()
        began = time.process_time()
        passed = _passes(item)
        seconds = time.process_time() - began
        out.write("\t".join([item.nodeid, f"{seconds:.4f}", str(passed), *sorted(called)]) + "\n")


def _passes(item: Any) -> bool:
    reports = runtestprotocol(item, log=False, nextitem=None)
    return not any(report.failed for report in reports)


def _outcome(module: types.ModuleType, mutant: Mutant, tests: Sequence[Any]) -> int:
    child = os.fork()
    if not child:
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS_MAX)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        os._exit(_survives(module, mutant, tests))
    status = os.waitpid(child, 0)[1]
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else KILLED


def _survives(module: types.ModuleType, mutant: Mutant, tests: Sequence[Any]) -> int:
    try:
        if not plant(module, mutant):
            return NOT_PLANTED
    except Exception:  # noqa: BLE001 - a constant that cannot even be made is seen at once
        return KILLED
    return SURVIVED if all(_passes(item) for item in tests) else KILLED


def tell(module: str, mutant: Mutant) -> None:
    """A survivor, as it is found."""
    where = mutant.function or "(module)"
    os.write(2, f"survives  {module}:{mutant.line} {where}: {mutant.what}\n".encode())
