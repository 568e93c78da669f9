"""What a page shows is what the code says today."""

import ast
import re

import pytest

from scripts import reference_meanings
from scripts.generate_reference import generated, pages
from scripts.item_size import size, units
from scripts.reference_tables import ROOT, TABLES
from scripts.table_meter import UNITS, units_text
from tests.docs.answers_shown import EXAMPLES, answers
from tests.docs.calls_shown import CALLS, SHOWN, calls, simulation

ASKED = re.compile(r"<!-- (table|file): (\S+) -->")
PAGES = {page.relative_to(ROOT).as_posix(): page for page in pages()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_current(name: str) -> None:
    text = PAGES[name].read_text(encoding="utf-8")

    assert generated(text) == text, "run: python -m scripts.generate_reference"


def test_every_table_is_on_a_page_and_every_part_ends() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES.values()]
    asked = [match for text in texts for match in ASKED.findall(text)]

    assert {name for kind, name in asked if kind == "table"} == TABLES.keys()
    assert sum(text.count("<!-- end -->") for text in texts) == len(asked)


def test_a_stale_part_is_replaced_and_the_rest_is_left_alone() -> None:
    page = "before\n<!-- table: decisions -->\nold\n<!-- end -->\nafter\n"

    after = generated(page)

    assert after.startswith("before\n<!-- table: decisions -->\n| decision | means |")
    assert after.endswith("|\n<!-- end -->\nafter\n")
    assert generated(after) == after


def test_a_page_that_asks_for_what_nobody_makes_is_an_error() -> None:
    with pytest.raises(KeyError):
        generated("<!-- table: nothing -->\n<!-- end -->")


def test_a_name_without_a_meaning_stops_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    (first, *_) = reference_meanings.STATES
    fewer = {k: v for k, v in reference_meanings.STATES.items() if k is not first}
    monkeypatch.setattr(reference_meanings, "STATES", fewer)

    with pytest.raises(KeyError, match=first):
        TABLES["states"]()


def test_a_meaning_without_a_field_stops_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        reference_meanings, "ANSWER", {**reference_meanings.ANSWER, "gone": "a field of old"}
    )

    with pytest.raises(KeyError, match="gone"):
        TABLES["answer-fields"]()


@pytest.mark.parametrize("name", ["answer_allowed.json", "answer_refused.json"])
def test_the_answers_shown_are_the_answers_given(name: str) -> None:
    shown = (EXAMPLES / name).read_text(encoding="utf-8")

    assert answers()[name] == shown, "run: python -m tests.docs.answers_shown"


def test_the_calls_that_are_simulated_are_those_of_the_trace() -> None:
    assert calls() == CALLS.read_text(encoding="utf-8"), "run: python -m tests.docs.calls_shown"


def test_the_simulation_that_a_page_shows_is_what_its_command_says() -> None:
    shown = SHOWN.read_text(encoding="utf-8")

    assert simulation() == shown, "run: python -m tests.docs.calls_shown"
    assert "32 refused" in shown.splitlines()[0]


def test_an_item_is_sized_as_dynamodb_sizes_it() -> None:
    item = {"pk": {"S": "ü"}, "n": {"N": "1234"}, "m": {"M": {"a": {"S": "bc"}}}}

    assert size(item) == (2 + 2) + (1 + 3) + (1 + 3 + 1 + 2 + 1)
    assert [units(one, 1024) for one in ({}, {"a": {"S": "x" * 1024}})] == [1, 2]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_units_that_the_cost_is_made_of_are_those_that_are_measured() -> None:
    assert units_text() == UNITS.read_text(encoding="utf-8"), "run: python -m scripts.table_meter"


def test_the_examples_are_python() -> None:
    for path in EXAMPLES.glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"))
