"""The score: killed, of all mutants that are not listed as equivalent."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.mutation.equivalents import Equivalents
from tests.mutation.mutants import Mutant
from tests.mutation.trial import ENDLESS, KILLED, NOT_PLANTED, SURVIVED, Verdict

GOAL_PERCENT = 95


@dataclass(frozen=True, slots=True)
class Row:
    """One module, or all of them."""

    module: str
    mutants: int
    killed: int
    """By a failing test, or because a test did not end."""
    endless: int
    """How many of the killed did not end."""
    equivalent: int
    survived: int
    score_percent: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What ``--json`` gives."""

    modules: list[Row]
    total: Row
    survivors: list[dict[str, str | int]]


class Report:
    """What is to be said of a run."""

    def __init__(
        self,
        modules: Sequence[str],
        verdicts: Mapping[tuple[str, Mutant], Verdict],
        equivalents: Equivalents,
    ) -> None:
        self._modules, self._verdicts = modules, verdicts
        self._listed = set(equivalents.reasons)
        self.problems = [*self._wrongly_listed(), *self._not_planted(), *self._below()]

    def _is_listed(self, module: str, mutant: Mutant) -> bool:
        return (module, mutant.function, mutant.what) in self._listed

    def _wrongly_listed(self) -> list[str]:
        return [
            f"listed as equivalent, but killed by {verdict.by}: {module} {mutant.what}"
            for (module, mutant), verdict in self._verdicts.items()
            if self._is_listed(module, mutant) and verdict.outcome in {KILLED, ENDLESS}
        ]

    def _not_planted(self) -> list[str]:
        return [
            f"could not be planted: {module} {mutant.function}: {mutant.what}"
            for (module, mutant), verdict in self._verdicts.items()
            if verdict.outcome == NOT_PLANTED
        ]

    def _below(self) -> list[str]:
        total = self.figures().total
        if total.score_percent >= GOAL_PERCENT:
            return []
        return [f"{total.score_percent} % killed, below {GOAL_PERCENT} %"]

    def figures(self) -> Figures:
        """All that was counted."""
        survivors: list[dict[str, str | int]] = [
            {
                "module": module,
                "function": mutant.function,
                "change": mutant.what,
                "line": mutant.line,
            }
            for (module, mutant), verdict in self._verdicts.items()
            if verdict.outcome == SURVIVED and not self._is_listed(module, mutant)
        ]
        rows = [self._row(name, {name}) for name in self._modules]
        return Figures(rows, self._row("all", set(self._modules)), survivors)

    def _row(self, name: str, modules: set[str]) -> Row:
        counts = Counter(
            "equivalent" if self._is_listed(module, mutant) else verdict.outcome
            for (module, mutant), verdict in self._verdicts.items()
            if module in modules
        )
        killed, survived = counts[KILLED] + counts[ENDLESS], counts[SURVIVED]
        return Row(
            module=name,
            mutants=counts.total(),
            killed=killed,
            endless=counts[ENDLESS],
            equivalent=counts["equivalent"],
            survived=survived,
            score_percent=_percent(killed, killed + survived),
        )

    def table(self) -> str:
        """For people, and for the README."""
        figures = self.figures()
        lines = [
            "| module | mutants | killed | of these endless | equivalent | survived | score |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        lines += [
            f"| {row.module} | {row.mutants} | {row.killed} | {row.endless} | {row.equivalent}"
            f" | {row.survived} | {row.score_percent} % |"
            for row in (*figures.modules, figures.total)
        ]
        lines += [
            f"survived: {one['module']}:{one['line']} {one['function']}: {one['change']}"
            for one in figures.survivors
        ]
        return "\n".join(lines)


def _percent(part: int, whole: int) -> float:
    """Rounded down, so that a goal is not reached by rounding; nothing to kill is all killed."""
    return part * 1000 // whole / 10 if whole else 100.0
