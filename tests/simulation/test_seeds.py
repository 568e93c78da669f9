"""Every seed keeps every promise, whatever goes wrong."""

import pytest

from tests.simulation.simulation import Simulation

SEEDS, CHUNK = 200, 50


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_seed_breaks_a_promise(first):
    broken = [
        (seed, str(failure))
        for seed in range(first, first + CHUNK)
        if (failure := Simulation(seed).run().failure) is not None
    ]

    assert broken == []
