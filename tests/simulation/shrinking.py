"""A seed that fails, made as small as it can be: fewer callers, operators, faults, variations.

Whoever is left keeps his luck, because every task draws from a chance of its own name; so most
failures stay when bystanders go.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.simulation.outcome import Outcome
from tests.simulation.plan import Plan
from tests.simulation.simulation import Simulation
from tests.simulation.world import faults
from tests.simulation.world.faults import FaultMix, without

TRIES_MAX = 400
"""Runs that one failure is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A seed with some of it left out. Names are those of the seed's own plan and mix."""

    seed: int
    callers: tuple[str, ...]
    operators: tuple[str, ...]
    faults: tuple[str, ...]
    settles_late: bool = True

    @classmethod
    def of(cls, seed: int) -> "Case":
        """All of a seed."""
        whole = Simulation(seed)
        return cls(
            seed=seed,
            callers=tuple(caller.name for caller in whole.plan.callers),
            operators=tuple(operator.name for operator in whole.plan.operators),
            faults=tuple(name for name in faults.NAMES if getattr(whole.mix, name)),
            settles_late=whole.plan.settles_late > 0,
        )

    def run(self, *, tracing: bool = False) -> Outcome:
        """What happens then."""
        whole = Simulation(self.seed)
        plan, mix = self._plan(whole.plan), self._mix(whole.mix)
        return Simulation(self.seed, plan, mix, tracing=tracing).run()

    def _plan(self, plan: Plan) -> Plan:
        return replace(
            plan,
            callers=[caller for caller in plan.callers if caller.name in self.callers],
            operators=[one for one in plan.operators if one.name in self.operators],
            settles_late=plan.settles_late if self.settles_late else 0.0,
        )

    def _mix(self, mix: FaultMix) -> FaultMix:
        return without(mix, *(name for name in faults.NAMES if name not in self.faults))

    def smaller(self) -> Iterator["Case"]:
        """Each with something left out, most first."""
        if self.settles_late:
            yield replace(self, settles_late=False)
        for part in _shorter(self.callers):
            if part:
                yield replace(self, callers=part)
        for part in _shorter(self.operators):
            yield replace(self, operators=part)
        for part in _shorter(self.faults):
            yield replace(self, faults=part)

    def command(self) -> str:
        """What runs exactly this again."""
        parts = [f"python -m tests.simulation --seed {self.seed}"]
        parts += [f'--callers "{",".join(self.callers)}"']
        parts += [f'--operators "{",".join(self.operators)}"']
        parts += [f'--faults "{",".join(self.faults)}"']
        return " ".join(parts + ([] if self.settles_late else ["--not-late"]))


def _shorter(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Without a half, a quarter, … down to without one."""
    size = len(names)
    while size:
        for start in range(0, len(names), size):
            yield (*names[:start], *names[start + size :])
        size //= 2


def shrunk(case: Case, fails: Callable[[Case], bool], tries_max: int = TRIES_MAX) -> Case:
    """The smallest case found that still fails."""
    tries = 0
    found = True
    while found:
        found = False
        for smaller in case.smaller():
            tries += 1
            if tries > tries_max:
                return case
            if fails(smaller):
                case, found = smaller, True
                break
    return case


def breaks(check: str) -> Callable[[Case], bool]:
    """Whether a case breaks this very promise."""

    def fails(case: Case) -> bool:
        failure = case.run().failure
        return failure is not None and failure.check == check

    return fails
