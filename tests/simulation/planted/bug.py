"""One mistake that somebody could make, planted into the real code for the length of a run."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from cost_sentry.adapters import ledger_moves
from tests.simulation.outcome import Outcome
from tests.simulation.plan import Plan
from tests.simulation.simulation import Simulation
from tests.simulation.workloads import mix_of
from tests.simulation.world import faults
from tests.simulation.world.faults import FaultMix

STEPS_MAX = 30_000
"""Events of one seed: far more than a world without the mistake needs."""
Workload = Callable[[Random], Plan]
Planting = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedBug:
    """A mistake, and the check that must see it."""

    name: str
    summary: str
    check: str
    workload: Workload
    plant: Planting
    faults: Mapping[str, float] | None = None
    """What goes wrong in the world; ``None`` for whatever the seed draws."""

    def run(self, seed: int, *, planted: bool = True, tracing: bool = False) -> Outcome:
        """The workload of this seed, with or without the mistake."""
        plan = self.workload(Random(f"plan {seed}"))
        simulation = self._simulation(seed, plan, tracing=tracing)
        if not planted:
            return simulation.run()
        with pytest.MonkeyPatch.context() as patch:
            self.plant(patch)
            return self._simulation(seed, plan, tracing=tracing).run()

    def _simulation(self, seed: int, plan: Plan, *, tracing: bool) -> Simulation:
        mix = mix_of(seed, plan) if self.faults is None else FaultMix(**self.faults)
        return Simulation(seed, plan, mix, steps_max=STEPS_MAX, tracing=tracing)


@dataclass(slots=True)
class Bugs:
    """The mistakes of one file, in its order."""

    found: list[PlantedBug] = field(default_factory=list)

    def caught_by(
        self, check: str, workload: Workload, mix: Mapping[str, float] | None = None
    ) -> Callable[[Planting], PlantedBug]:
        """Make a bug of a function; its name and docstring are the bug's."""

        def made(plant: Planting) -> PlantedBug:
            bug = PlantedBug(
                name=plant.__name__.replace("_", " "),
                summary=_first_line(plant.__doc__),
                check=check,
                workload=workload,
                plant=plant,
                faults=mix,
            )
            self.found.append(bug)
            return bug

        return made


CALM: Mapping[str, float] = {}
"""Nothing goes wrong but the mistake."""
assert FaultMix(**CALM) == faults.NONE


def _first_line(text: str | None) -> str:
    assert text, "a planted bug says what it is"
    return text.strip().splitlines()[0].removesuffix(".")


def pools_keep_what_they_give(patch: pytest.MonkeyPatch, module: Any) -> None:
    """What this module takes out of a pool stays in the pool as well."""
    take = ledger_moves.take_from_pool
    patch.setattr(
        module,
        "take_from_pool",
        lambda purse, pool, _amount, **named: take(purse, pool, 0, **named),
    )


def without(arguments: Mapping[str, Any], *clauses: str) -> dict[str, Any]:
    """The write with those clauses of its condition left out that contain one of these texts."""
    kept = [
        clause
        for clause in _clauses(arguments["ConditionExpression"])
        if not any(text in clause for text in clauses)
    ]
    return with_condition(arguments, kept)


def with_condition(arguments: Mapping[str, Any], clauses: Iterable[str]) -> dict[str, Any]:
    """The write under another condition, or none."""
    changed = {k: v for k, v in arguments.items() if k != "ConditionExpression"}
    condition = " AND ".join(clauses)
    return swept(changed | ({"ConditionExpression": condition} if condition else {}))


def reworded(arguments: Mapping[str, Any], *changes: tuple[str, str]) -> dict[str, Any]:
    """The write with texts of its update and condition replaced."""
    changed = dict(arguments)
    for name in ("UpdateExpression", "ConditionExpression"):
        for old, new in changes if name in changed else ():
            changed[name] = changed[name].replace(old, new)
    return swept(changed)


def swept(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Without the names and values that no expression uses any more: DynamoDB refuses them."""
    texts = " ".join(str(v) for k, v in arguments.items() if k.endswith("Expression"))
    changed = dict(arguments)
    for member in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        used = {k: v for k, v in arguments.get(member, {}).items() if _is_used(k, texts)}
        changed[member] = used
        if not used:
            del changed[member]
    return changed


def _is_used(placeholder: str, texts: str) -> bool:
    position = texts.find(placeholder)
    while position >= 0:
        following = texts[position + len(placeholder) :][:1]
        if not (following.isalnum() or following == "_"):
            return True
        position = texts.find(placeholder, position + 1)
    return False


def _clauses(condition: str) -> list[str]:
    """What stands between the outermost ANDs."""
    found, depth, start = [], 0, 0
    for position, letter in enumerate(condition):
        depth += (letter == "(") - (letter == ")")
        if not depth and condition.startswith(" AND ", position):
            found.append(condition[start:position])
            start = position + len(" AND ")
    return [*found, condition[start:]]
