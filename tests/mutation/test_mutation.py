"""The tool bites, and its list of equivalent mutants is about mutants that exist."""

import json
import os
import subprocess
import sys

import pytest

from tests.mutation.equivalents import Equivalents
from tests.mutation.mutants import mutants
from tests.mutation.report import Report
from tests.mutation.trial import ENDLESS, KILLED, SURVIVED, Verdict

TINY = """
LIMIT = 3

def fits(amount):
    return amount <= LIMIT

def counted(amount):
    while amount > 0:
        amount -= 1
    return amount

def unseen(amount):
    return amount + 1
"""
TEST_OF_TINY = """
import tiny

def test_three_fits_and_five_does_not():
    assert tiny.fits(3) and not tiny.fits(5)

def test_counts_to_nothing():
    assert tiny.counted(3) == 0
"""
RUN = """
import json, pytest, tiny
from tests.mutation.run import Run
run = Run([tiny], [tiny], 2, lambda *_: None)
pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "test_tiny.py"], plugins=[run])
found = {mutant.what: verdict.outcome for (_, mutant), verdict in run.verdicts.items()}
open("found.json", "w").write(json.dumps(found))
"""


def changes(source):
    return [mutant.what for mutant in mutants(source)]


def test_mutants_are_killed_or_survive_and_those_that_hang_are_stopped(tmp_path):
    (tmp_path / "tiny.py").write_text(TINY)
    (tmp_path / "test_tiny.py").write_text(TEST_OF_TINY)
    path = os.pathsep.join([*sys.path, str(tmp_path)])
    subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", RUN],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
    )

    found = json.loads((tmp_path / "found.json").read_text())

    assert found == {
        "LIMIT = 3 → LIMIT = 4": SURVIVED,
        "return amount <= LIMIT → return None": KILLED,
        "return amount <= LIMIT → return amount < LIMIT": KILLED,
        "not (amount > 0)": KILLED,
        "amount > 0 → amount >= 0": KILLED,
        "amount > 0 → amount > 1": KILLED,
        "without amount -= 1": ENDLESS,
        "amount -= 1 → amount -= 2": KILLED,
        "return amount → return None": KILLED,
        "return amount + 1 → return None": SURVIVED,
        "return amount + 1 → return amount - 1": SURVIVED,
        "return amount + 1 → return amount + 2": SURVIVED,
    }


def test_every_mutant_that_is_listed_as_equivalent_exists():
    assert Equivalents.read().lost() == []


def test_a_listed_mutant_that_no_longer_exists_is_told():
    name = ("domain.allotment", "gathered", "an old line → another")

    assert Equivalents({name: "nobody could tell"}).lost() == [" ".join(name)]


def test_conditions_of_dynamodb_are_changed_inside_their_texts():
    found = changes("write = {'ConditionExpression': '#free >= :amount AND #state = :open'}")

    for text in (
        "#free > :amount AND #state = :open",
        "#free >= :amount OR #state = :open",
        "#free >= :amount AND #state <> :open",
        "(#free >= :amount AND #state = :open OR attribute_not_exists(never_there))",
    ):
        assert any(what.endswith(f"'{text}'}}") for what in found), text


def test_words_of_errors_annotations_and_docstrings_are_left_alone():
    source = 'def f(a: int | None) -> "x >= y":\n    "a >= b"\n    raise ValueError(a + 1)'

    assert changes(source) == ["without raise ValueError(a + 1)"]


def report(outcome, listed):
    [mutant] = mutants("LIMIT = 3")
    name = ("m", mutant.function, mutant.what)
    return Report(
        ["m"], {("m", mutant): Verdict(outcome)}, Equivalents({name: "x"} if listed else {})
    )


@pytest.mark.parametrize(
    ("outcome", "listed", "problem"),
    [
        (KILLED, False, None),
        (ENDLESS, False, None),
        (SURVIVED, False, "below 95 %"),
        (SURVIVED, True, None),
        (KILLED, True, "listed as equivalent, but killed"),
    ],
)
def test_the_score_is_what_was_killed_of_all_that_are_not_equivalent(outcome, listed, problem):
    problems = report(outcome, listed).problems

    assert [problem in found for found in problems] == ([] if problem is None else [True])


@pytest.mark.parametrize(
    "text",
    [
        '[[mutant]]\nmodule = "m"\nfunction = "f"\nchange = "c"\nwhy = " "\n',
        '[[mutant]]\nmodule = "m"\nfunction = "f"\nchange = "c"\nwhy = "w"\n' * 2,
    ],
)
def test_a_mutant_is_listed_once_and_with_a_reason(text):
    with pytest.raises(ValueError, match="twice in the list, or without a reason"):
        Equivalents.read(text)
