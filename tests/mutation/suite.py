"""The tests that shall kill: run once to see what each calls, then for each mutant those alone."""

import os
import time
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from tests.mutation.mutants import Mutant
from tests.mutation.planting import functions_of, mentions, watch
from tests.mutation.trial import Test, passes

SERVER = "dynoxide]"
"""How a test is named that needs a server."""
SECONDS_MUTANT_MAX = 8
SECONDS_AGAIN_MAX = 40
"""Of tests for a mutant that those of ``SECONDS_MUTANT_MAX`` did not kill. How long a test takes is
measured, so a busy machine runs fewer of them, and what none of them kills is then not their fault.
"""
SECONDS_MAX = 600
"""Of one test on the code as it is."""


@dataclass(slots=True)
class Suite:
    """Args:
    items: pytest's.
    modules: whose functions are looked at.
    """

    items: Sequence[Any]
    modules: Sequence[types.ModuleType]
    failed: list[str] = field(default_factory=list)
    """Tests that fail on the code as it is: nothing can be said then."""
    _called: dict[str, set[str]] = field(default_factory=dict)
    """Names of functions to the tests that call them."""
    _seconds: dict[str, float] = field(default_factory=dict)
    _kills: dict[str, int] = field(default_factory=dict)

    def start_servers(self) -> None:
        """Here, once, and not in every process that is split off: by a test that needs one."""
        served = [item for item in self.items if SERVER in item.nodeid]
        others = [item for item in self.items if SERVER not in item.nodeid]
        if served and others:
            passes(served[0], others[0], SECONDS_MAX)

    def look(self) -> None:
        """Each test once, on code that tells what is called; in a process of its own."""
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            with os.fdopen(writing, "w", encoding="utf-8") as out:
                out.writelines(self._seen())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as told:
            for line in told:
                test, seconds, passed, *names = line.rstrip("\n").split("\t")
                self._seconds[test] = float(seconds)
                self.failed += [] if passed == "True" else [test]
                for name in names:
                    self._called.setdefault(name, set()).add(test)
        os.waitpid(child, 0)

    def _seen(self) -> Iterator[str]:
        called: set[str] = set()
        for module in self.modules:
            watch(module, called.add)
        for item, following in zip(self.items, [*self.items[1:], self.items[-1]], strict=True):
            called.clear()
            began = time.process_time()
            passed = passes(item, following, SECONDS_MAX)
            seconds = time.process_time() - began
            yield "\t".join([item.nodeid, f"{seconds:.4f}", str(passed), *sorted(called)]) + "\n"

    def tests(
        self, module: types.ModuleType, mutant: Mutant, seconds_max: float = SECONDS_MUTANT_MAX
    ) -> list[Test]:
        """Those that call what was changed: first its own, then those that kill much quickly.

        No more than take ``seconds_max`` together: what they do not kill survives.
        """
        names = self._callers(module, mutant)
        own = f"/test_{module.__name__.rpartition('.')[2]}"
        # Whoever makes a dataclass or reads a constant cannot be seen calling it.
        is_value = mutant.function not in dict(functions_of(module))
        found = [
            Test(item, self._seconds[item.nodeid])
            for item in self.items
            if item.nodeid in names or (is_value and own in item.nodeid)
        ]
        found.sort(key=lambda test: (own not in test.item.nodeid, self._worth(test)))
        until = [*accumulate(test.seconds for test in found)]
        return [t for t, seconds in zip(found, until, strict=True) if seconds <= seconds_max]

    def _worth(self, test: Test) -> float:
        kills = self._kills.get(test.item.nodeid, 0)
        return float((0.01 + test.seconds) / (1 + kills) ** 0.5)

    def killers(self) -> list[Test]:
        """Tests that have killed, the best first."""
        found = [item for item in self.items if item.nodeid in self._kills]
        found.sort(key=lambda item: -self._kills[item.nodeid])
        return [Test(item, self._seconds[item.nodeid]) for item in found]

    def killed(self, test: str) -> None:
        """Remember that this test is a good one."""
        self._kills[test] = self._kills.get(test, 0) + 1

    def _callers(self, module: types.ModuleType, mutant: Mutant) -> set[str]:
        own = f"{module.__name__}:{mutant.function}"
        if own in self._called:
            return self._called[own]
        functions = dict(functions_of(module))
        if mutant.function in functions:
            return set()
        named = self._readers(mutant.function) or [
            name for name in self._called if name.startswith(f"{module.__name__}:")
        ]
        return {test for name in named for test in self._called.get(name, ())}

    def _readers(self, constant: str) -> list[str]:
        """Functions that read this constant."""
        return [
            f"{module.__name__}:{name}"
            for module in self.modules
            for name, function in functions_of(module)
            if mentions(function, constant)
        ]
