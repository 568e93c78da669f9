"""Slots: named so that nobody makes one twice, and worth only what they hold."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.emergency import (
    SlotName,
    day_of,
    expiry_of,
    given_back,
    is_slot,
    lacks,
    slot_name_of,
    slot_names,
)
from cost_sentry.domain.request_id import is_request_id
from cost_sentry.domain.reservation import Hold, ReservationState
from tests.fakes.builders import NOON, allowance, hold, reservation

DAY = date(2026, 11, 21)
HOLDS = (hold(100),)


def test_a_slots_name_says_what_it_is_and_is_a_request_id():
    first, second = slot_names(allowance(), HOLDS, "book-1", DAY)

    assert first.text.startswith("emergency-outage-2026-11-21-00-")
    assert second.text.startswith("emergency-outage-2026-11-21-01-")
    longest = slot_names(allowance("a" * 63, calls_per_day=100), HOLDS, "book-1", DAY)
    assert all(is_request_id(name.text) for name in longest)


def test_the_same_allowance_has_the_same_slots_whoever_asks():
    scope = {"team": "search", "user": "ann"}
    turned = dict(reversed(scope.items()))

    assert slot_names(allowance(scope=scope), HOLDS, "book-1", DAY) == slot_names(
        allowance(scope=turned), HOLDS, "book-1", DAY
    )


@pytest.mark.parametrize(
    "change",
    [
        {"allowance": allowance(scope={"team": "growth"})},
        {"allowance": allowance(model_id="amazon.nova-pro-v1:0")},
        {"allowance": allowance(input_tokens_max=31)},
        {"allowance": allowance(output_tokens_max=71)},
        {"holds": (replace(HOLDS[0], window_id="2026-11-22"),)},
        {"holds": (replace(HOLDS[0], amount=101),)},
        {"holds": (replace(HOLDS[0], unit=Unit.TOKENS),)},
        {"holds": (*HOLDS, Hold(budget_id="all", window_id="all", unit=Unit.USD, amount=1))},
        {"price_version": "book-2"},
        {"day": date(2026, 11, 22)},
        {"turn": 1},
    ],
)
def test_a_slot_of_another_making_has_another_name(change):
    made = {"allowance": allowance(), "holds": HOLDS, "price_version": "book-1", "day": DAY}

    assert slot_names(**made)[0] != slot_names(**{**made, **change})[0]


def test_more_calls_a_day_keep_the_slots_that_there_are():
    two, three = (slot_names(allowance(calls_per_day=n), HOLDS, "b", DAY) for n in (2, 3))

    assert three[:2] == two


@pytest.mark.parametrize("id_", ["outage", "a", "a-2026-11-21-00-0123abcd", "0-0"])
def test_a_name_is_read_back_whatever_the_allowance_is_called(id_):
    name = SlotName(allowance_id=id_, day=DAY, index=7, digest="0123abcd")

    assert slot_name_of(name.text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "r1",
        "emergency-outage-2026-11-21-00",
        "emergency-outage-2026-11-31-00-0123abcd",
        "emergency-outage-2026-11-21-0-0123abcd",
        "emergency-outage-2026-11-21-00-0123ABCD",
        "emergency--2026-11-21-00-0123abcd\n",
    ],
)
def test_no_other_text_is_a_slots_name(text):
    assert slot_name_of(text) is None


def test_slots_lie_in_an_account_that_no_caller_can_have():
    assert allowance().account == "search/-/outage"
    scope = {"team": "a/b", "application": "web"}
    assert allowance(scope=scope).account == "a%2Fb/web/outage"


def test_an_allowance_is_for_requests_that_carry_all_of_its_tags():
    web = allowance(scope={"team": "search", "application": "web"})

    assert web.covers({"team": "search", "application": "web", "user": "ann"})
    assert not web.covers({"team": "search"})


def test_slots_are_of_a_day_of_utc_and_stay_pending_for_a_day_more():
    late = datetime.fromisoformat("2026-11-21T23:30:00-05:00")

    assert day_of(late) == date(2026, 11, 22)
    assert expiry_of(DAY) == datetime(2026, 11, 23, tzinfo=UTC)


def test_a_slot_is_known_by_its_execution_and_no_call_has_that_one():
    assert is_slot(reservation(attempt="emergency.a1b2c3d4"))
    assert not is_slot(reservation(attempt="emergenc.a1b2c3d4"))


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (hold(100), None),
        (hold(1), None),
        (hold(101), "the call needs more of budget search-daily than is set aside for one"),
        (
            Hold(budget_id="ann-daily", window_id="2026-11-21", unit=Unit.USD, amount=1),
            "nothing is set aside in budget ann-daily",
        ),
        (
            replace(hold(1), window_id="2026-11-22"),
            "nothing is set aside in budget search-daily",
        ),
    ],
)
def test_a_slot_pays_only_for_what_it_holds_in_its_own_windows(call, why):
    assert lacks([hold(100)], [call]) == why


def test_a_slot_that_nobody_uses_costs_nothing():
    ended = given_back(NOON)

    assert (ended.state, ended.cost_picodollars) == (ReservationState.VOIDED, 0)
    assert not ended.estimated
