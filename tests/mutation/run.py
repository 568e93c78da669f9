"""All mutants of some modules, a few at a time."""

import os
import time
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.planting import source_of
from tests.mutation.suite import SECONDS_AGAIN_MAX, SECONDS_MUTANT_MAX, Suite
from tests.mutation.trial import KILLED, SURVIVED, Trial, Verdict

Planned = tuple[types.ModuleType, Mutant]


@dataclass(slots=True)
class Run:
    """A plugin of pytest, in the place of its own loop.

    Args:
        modules: whose code is changed.
        looked_at: whose functions tell which test calls them.
        jobs: mutants at a time.
        tell: hears of each verdict, and how many of how many there are.
        chosen: which mutants of the modules are tried.
        is_hopeless: of a survivor, that more tests would not kill it either.
    """

    modules: Sequence[types.ModuleType]
    looked_at: Sequence[types.ModuleType]
    jobs: int
    tell: Callable[[str, Mutant, Verdict, str], None]
    verdicts: dict[tuple[str, Mutant], Verdict] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    chosen: Callable[[str, Mutant], bool] = lambda _module, _mutant: True
    is_hopeless: Callable[[str, Mutant], bool] = lambda _module, _mutant: False

    def pytest_runtestloop(self, session: Any) -> bool:
        """All of it."""
        suite = Suite(session.items, self.looked_at)
        suite.start_servers()
        suite.look()
        self.failed = suite.failed
        if not suite.failed:
            self._try_all(suite, self._planned(), SECONDS_MUTANT_MAX)
            self._try_all(suite, self._to_be_tried_again(), SECONDS_AGAIN_MAX)
            self._control(suite)
        return True

    def _control(self, suite: Suite) -> None:
        """Whatever killed a mutant must pass without one, split off and in another order too."""
        tests = suite.killers()
        if tests:
            trial = Trial(self.modules[0], None, tests)
            verdict = trial.verdict(os.waitpid(trial.process, 0)[1])
            self.failed += [verdict.by] if verdict.outcome != SURVIVED else []

    def _planned(self) -> list[Planned]:
        return [
            (module, mutant)
            for module in self.modules
            for mutant in mutants(source_of(module))
            if self.chosen(module.__name__, mutant)
        ]

    def _to_be_tried_again(self) -> list[Planned]:
        return [
            (module, mutant)
            for module, mutant in self._planned()
            if self.verdicts[module.__name__, mutant].outcome == SURVIVED
            and not self.is_hopeless(module.__name__, mutant)
        ]

    def _try_all(self, suite: Suite, planned: Sequence[Planned], seconds_max: float) -> None:
        done = 0
        waiting: Iterator[Planned] = iter(planned)
        running: dict[int, tuple[Trial, Mutant]] = {}
        began = time.monotonic()
        while True:
            while len(running) < self.jobs and (following := next(waiting, None)):
                trial = Trial(*following, suite.tests(*following, seconds_max))
                running[trial.process] = trial, following[1]
            if not running:
                return
            process, status = os.wait()
            if process not in running:
                continue
            trial, mutant = running.pop(process)
            verdict = trial.verdict(status)
            if verdict.outcome == KILLED:
                suite.killed(verdict.by)
            self.verdicts[trial.module.__name__, mutant] = verdict
            done += 1
            so_far = f"{done}/{len(planned)} {time.monotonic() - began:.0f} s"
            self.tell(trial.module.__name__, mutant, verdict, so_far)
