"""Measures: what may be put in force, when it ends, and what writers in any order leave behind."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.measure import (
    APPROVED_MAX,
    BYTES_MAX,
    KEPT_AFTER,
    MEASURES_MAX,
    MeasureKind,
    MeasuresFull,
    kind_of,
    tightened_id,
    with_lifted,
    with_put,
)
from cost_sentry.domain.measures_in_force import in_force, raised_by
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import config
from tests.fakes.builders import NOON, budget, measure

HOUR = timedelta(hours=1)
LONG = NOON + 24 * HOUR
TIGHT = measure("t1", kind=MeasureKind.TIGHTEN, amount=500)


def test_a_measure_ends_by_itself_without_anybody_writing():
    one = measure(until=NOON + HOUR)

    assert one.is_in_force(NOON)
    assert one.is_in_force(NOON + HOUR - timedelta(milliseconds=1))
    assert not one.is_in_force(NOON + HOUR)


def test_a_lifted_measure_is_never_put_in_force_again():
    one = measure()
    lifted_first = with_put(with_lifted((), one, NOON), one, NOON)
    put_first = with_lifted(with_put((), one, NOON), one, NOON)

    assert lifted_first == put_first == (one.lifted(NOON),)
    assert not lifted_first[0].is_in_force(NOON)


@given(st.permutations(["put a", "put a", "lift a", "put b", "lift a"]))
def test_whatever_order_writers_come_in_the_same_measures_are_in_force(steps):
    a, b, known = measure("a"), measure("b", scope={"team": "support"}), ()
    for step in steps:
        verb, _, name = step.partition(" ")
        change = with_put if verb == "put" else with_lifted
        known = change(known, {"a": a, "b": b}[name], NOON)

    assert {one.id for one in known if one.is_in_force(NOON)} == {"b"}
    assert len(known) == 2


def test_a_measure_that_ended_cannot_be_put_late():
    one = measure(until=NOON + HOUR)

    assert with_put((), one, NOON + HOUR) == ()


def test_what_ended_leaves_the_record_a_while_later():
    one, other = measure("a"), measure("b", until=NOON + 5 * HOUR)
    known = with_put((), one, NOON)

    assert len(with_put(known, other, NOON + HOUR)) == 2
    assert with_put(known, other, NOON + HOUR + KEPT_AFTER) == (other,)


def test_a_scope_is_tightened_by_one_measure_the_latest():
    tighter = replace(TIGHT, id="t2", amount=100)
    elsewhere = replace(TIGHT, id="t3", scope={"team": "support"})

    known = with_put(with_put(with_put((), TIGHT, NOON), elsewhere, NOON), tighter, NOON)

    assert [one.id for one in known if one.is_in_force(NOON)] == ["t3", "t2"]


def test_no_more_are_on_record_than_have_room_and_lifting_always_has():
    known = ()
    for number in range(MEASURES_MAX):
        known = with_put(known, measure(f"m{number}"), NOON)

    with pytest.raises(MeasuresFull, match=f"{MEASURES_MAX} measures are on record"):
        with_put(known, measure("one more"), NOON)

    lifted = with_lifted(known, measure("m3"), NOON)
    assert len(lifted) == MEASURES_MAX
    beside = with_lifted(lifted, measure("never put"), NOON)
    assert len(beside) == MEASURES_MAX
    assert {one.id for one in beside if one.lifted_at} == {"never put"}


def granted(number, **changes):
    given = {"kind": MeasureKind.GRANT, "price_class": "premium", "until": NOON + 90 * 24 * HOUR}
    return measure(f"ap-{number}", **{**given, **changes})


def put_all(known, measures, now=NOON):
    for one in measures:
        known = with_put(known, one, now)
    return known


def test_whatever_was_approved_the_brake_has_its_places():
    known = put_all((), map(granted, range(APPROVED_MAX)))

    with pytest.raises(MeasuresFull) as full:
        with_put(known, granted("one-more"), NOON)

    assert "25 approvals are in force, as many as may be" in str(full.value)
    assert "or its time is over: the first at 2027-02-19T12:00+00:00" in str(full.value)
    braked = put_all(known, (measure(f"i{n}") for n in range(MEASURES_MAX - APPROVED_MAX)))
    assert len(braked) == MEASURES_MAX
    with pytest.raises(MeasuresFull, match="50 measures are on record"):
        with_put(braked, measure("one more"), NOON)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=150))
def test_approvals_that_come_and_go_never_take_a_place_of_the_brake(steps):
    known = ()
    for is_put, number in steps:
        with suppress(MeasuresFull):
            known = (with_put if is_put else with_lifted)(known, granted(number), NOON)

    standing = {one.id for one in known if not one.lifted_at}
    braked = put_all(known, (measure(f"i{n}") for n in range(MEASURES_MAX - APPROVED_MAX)))

    assert len(standing) <= APPROVED_MAX
    assert len(known) <= len(braked) <= MEASURES_MAX
    assert sum(one.is_restraint for one in braked) == MEASURES_MAX - APPROVED_MAX
    assert standing <= {one.id for one in braked}, "only what was ended makes way"


def ended(known, ids, at):
    for number in ids:
        known = with_lifted(known, granted(number), at)
    return known


def test_an_approval_that_is_ended_early_makes_room_for_another_at_once():
    known = put_all((), map(granted, range(APPROVED_MAX)))

    known = ended(known, range(20), NOON + HOUR)

    assert len(put_all(known, map(granted, range(100, 120)))) == APPROVED_MAX + 20


def test_where_no_place_is_left_one_that_ended_makes_way_when_no_writer_can_be_late():
    full = put_all((), map(granted, range(APPROVED_MAX)))
    full = ended(full, range(APPROVED_MAX), NOON)
    full = put_all(full, (measure(f"i{n}", until=LONG) for n in range(MEASURES_MAX - APPROVED_MAX)))
    full = ended(full, [7], NOON)
    soon, later = NOON + timedelta(hours=2, seconds=-1), NOON + timedelta(hours=2)

    with pytest.raises(MeasuresFull, match="50 measures are on record"):
        with_put(full, granted("one-more"), soon)

    found = with_put(full, granted("one-more"), later)
    assert (found[-1].id, len(found)) == ("ap-one-more", MEASURES_MAX)
    braked = with_put(full, measure("now", until=LONG), soon)
    assert (braked[-1].id, len(braked)) == ("now", MEASURES_MAX)


def test_a_raise_stays_on_record_until_the_ledger_has_its_limit_back():
    raised = measure(kind=MeasureKind.RAISE, amount=1, budget_id="b", budget_kind="k")

    assert not raised.is_gone(raised.until + HOUR)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": 5}, "takes nothing, not amount"),
        ({"kind": MeasureKind.TIGHTEN}, "takes amount, not nothing"),
        (
            {"kind": MeasureKind.RAISE, "amount": 5},
            "takes amount and budget_id and budget_kind, not amount",
        ),
        ({"kind": MeasureKind.GRANT, "budget_id": "b"}, "takes price_class, not budget_id"),
        ({"kind": MeasureKind.TIGHTEN, "amount": -1}, "an amount of -1 is below nothing"),
        ({"until": NOON}, "before it is made"),
        ({"why": "x" * BYTES_MAX}, "bytes of text"),
        ({"scope": {str(n): "x" for n in range(5)}}, "5 tags"),
    ],
)
def test_what_could_not_be_put_in_force_is_no_measure(changes, says):
    with pytest.raises(ValueError, match=says):
        measure(**changes)


def test_what_tightens_is_an_ordinary_minute_budget_under_an_id_of_its_scope():
    made = TIGHT.budget

    assert (made.unit, made.window, made.limit) == (Unit.USD, WindowKind.MINUTE, 500)
    assert made.id == tightened_id({"team": "search"}) == replace(TIGHT, id="t2").budget.id
    assert made.id != tightened_id({"team": "support"})
    assert not made.bounds, "what slows calls down allows none that no budget covers"


def test_a_configuration_without_measures_is_in_force_as_it_is():
    applied = config(budget())

    assert in_force(applied, NOON) is applied


def test_a_configuration_is_in_force_with_the_budgets_of_its_measures_until_they_end():
    raised = measure(
        "r",
        kind=MeasureKind.RAISE,
        scope={},
        amount=7,
        budget_id="search-daily",
        budget_kind=kind_of(budget()),
    )
    applied = replace(config(budget(limit=10)), measures=(TIGHT, raised, replace(raised, id="s")))

    now = in_force(applied, NOON)

    assert [(one.id, one.limit) for one in now.budgets] == [
        ("search-daily", 24),
        (TIGHT.budget.id, 500),
    ]
    assert raised_by(applied.measures, budget(), NOON) == 14
    assert raised_by(applied.measures, budget(), NOON + HOUR) == 0
    later = in_force(applied, NOON + HOUR)
    assert (later.budgets, later.measures) == (applied.budgets, ())
