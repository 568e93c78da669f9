"""Every planted bug is caught, by its own check, where it is said to be; and by nothing else."""

import sys

import pytest

from tests.simulation import __main__ as command
from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.planted_bugs import BUGS, PAGE, known, page
from tests.simulation.simulation import Simulation

AGAIN = "run: python -m tests.simulation.planted_bugs"
SEEDS = known()
CHECKS = {name: check for name, check in vars(broken).items() if name.isupper()}


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught_by_its_check(bug):
    seen = (bug.run(int(seed)).failure for seed in SEEDS[bug.name])

    assert bug.check in (failure.check for failure in seen if failure is not None), AGAIN


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_without_the_bug_the_same_seeds_are_clean(bug):
    assert [bug.run(int(seed), planted=False).failure for seed in SEEDS[bug.name]] == [
        None for _ in SEEDS[bug.name]
    ]


def test_there_is_no_check_without_a_bug_that_it_catches():
    assert {bug.check for bug in BUGS} | {broken.CANARY} == set(CHECKS.values())


def test_every_bug_has_a_name_of_its_own_and_seeds():
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 20
    assert {bug.name for bug in BUGS} == set(SEEDS)
    assert all(SEEDS.values())


def test_the_page_of_planted_bugs_is_current():
    text = PAGE.read_text(encoding="utf-8")

    assert page(text, SEEDS) == text, AGAIN


def test_the_canary_that_always_fails_is_reported(monkeypatch, capsys):
    def sing(_self):
        raise BrokenPromise(broken.CANARY, "as it should")

    monkeypatch.setattr(Simulation, "_check", sing)
    monkeypatch.setattr(sys, "argv", ["simulation", "--seed", "3", "--seeds", "1"])

    assert command.main() == 1
    assert f"broke: {broken.CANARY}: as it should" in capsys.readouterr().out
