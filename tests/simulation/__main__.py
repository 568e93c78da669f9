"""``python -m tests.simulation --seed 7 --seeds 200``: run seeds, and tell what they did."""

import argparse
import sys
import time

from tests.simulation.outcome import Outcome
from tests.simulation.simulation import STEPS_MAX, Simulation


def main() -> int:
    """Run; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--steps", type=int, default=STEPS_MAX, help="events of one seed at most")
    given = parser.parse_args()
    began, outcomes = time.process_time(), []
    for seed in range(given.seed, given.seed + given.seeds):
        outcomes.append(Simulation(seed, steps_max=given.steps).run())
        if outcomes[-1].failure is not None:
            tell(outcomes[-1], given.steps)
    seconds = time.process_time() - began
    operations = sum(outcome.operations for outcome in outcomes)
    broken = sum(outcome.failure is not None for outcome in outcomes)
    show(
        f"{given.seeds} seeds, {operations} operations of DynamoDB, {seconds:.1f} s of CPU, "
        f"{broken} broken promises"
    )
    return 1 if broken else 0


def show(*lines: str) -> None:
    """Say it."""
    sys.stdout.write("\n".join(lines) + "\n")


def tell(outcome: Outcome, steps: int) -> None:
    """Why a seed failed, and how to see it again."""
    traced = Simulation(outcome.seed, steps_max=steps, tracing=True).run()
    show(
        *traced.trace,
        f"seed {outcome.seed} ({outcome.workload}) broke: {outcome.failure}",
        f"again: python -m tests.simulation --seed {outcome.seed} --steps {steps}",
    )


if __name__ == "__main__":
    sys.exit(main())
