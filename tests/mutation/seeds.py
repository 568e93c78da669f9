"""Simulated seeds as tests of their own, short enough to be run for each mutant; not collected."""

import pytest

from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs
from tests.simulation.simulation import Simulation

WORKLOADS = [
    planted.full_shards,
    planted.short_holds,
    planted.scarce,
    planted.long_rollover,
    planted.second_burst,
    planted.steady,
    planted.limit_race,
    planted.crowd,
    planted.last_money,
]


@pytest.mark.parametrize("seed", range(60))
def test_seed(seed):
    assert Simulation(seed).run().failure is None


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.__name__)
@pytest.mark.parametrize("seed", range(2))
def test_workload(workload, seed):
    bug = Bugs().caught_by("", workload, CALM if seed else None)(_nothing)

    assert bug.run(seed, planted=False).failure is None


def _nothing(_patch):
    """No mistake."""
