"""Many seeds one after another, on one core or more, and what they did together."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context

from tests.simulation.outcome import Outcome
from tests.simulation.simulation import Simulation

CHUNK = 20
"""Seeds that a process is given at once."""


@dataclass(slots=True)
class Summary:
    """What many seeds did."""

    seeds: int = 0
    operations: int = 0
    events: int = 0
    writes: int = 0
    checks: int = 0
    virtual_seconds: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    workloads: Counter[str] = field(default_factory=Counter)
    broken: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """One seed more."""
        self.seeds += 1
        for name in ("operations", "events", "writes", "checks", "virtual_seconds"):
            setattr(self, name, getattr(self, name) + getattr(outcome, name))
        self.decisions.update(
            allowed=outcome.allowed, refused=outcome.refused, unavailable=outcome.unavailable
        )
        self.faults.update(outcome.faults)
        self.met.update(outcome.met)
        self.workloads[outcome.workload] += 1
        if outcome.failure is not None:
            self.broken.append(outcome)


def run_seed(seed: int) -> Outcome:
    """One seed, to its end."""
    return Simulation(seed).run()


def run_seeds(seeds: Iterator[int], jobs: int, is_enough: Callable[[], bool]) -> Iterator[Outcome]:
    """Their outcomes, in whatever order they come, until it is enough."""
    if jobs == 1:
        for seed in seeds:
            if is_enough():
                return
            yield run_seed(seed)
        return
    # Spawned, so that no process inherits another's greenlets.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running: set[Future[list[Outcome]]] = set()
        while True:
            while len(running) < 2 * jobs and not is_enough():
                chunk = [seed for _, seed in zip(range(CHUNK), seeds, strict=False)]
                if not chunk:
                    break
                running.add(pool.submit(_run_chunk, chunk))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()


def _run_chunk(seeds: list[int]) -> list[Outcome]:
    return [run_seed(seed) for seed in seeds]


def seeds_from(first: int, most: int | None) -> Iterator[int]:
    """``most`` of them, or without end."""
    return iter(count(first)) if most is None else iter(range(first, first + most))
