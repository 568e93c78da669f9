"""Orders of the drill of approvals: all of them, and no more at once than a deployment bears."""

import pytest

from benchmarks.drill.local_anomalies import TEAMS
from benchmarks.drill.local_approvals import all_orders, batches
from benchmarks.drill.local_order_desk import ASKERS, ORDERS_AT_ONCE, OVER, POLICIES
from benchmarks.drill.local_plan import Plan
from cost_sentry.application.ask_for_more import OPEN_MAX, OPEN_PER_CALLER_MAX
from cost_sentry.domain.measure import MEASURES_MAX
from tests.fakes.approval_expectation import Expectation

ORDERS = all_orders(Plan().order_length)


def test_each_order_is_in_one_batch_and_none_is_too_much_for_the_deployment():
    each = list(batches(ORDERS))

    assert sorted(order for batch in each for order in batch) == sorted(ORDERS)
    assert len(ORDERS) == 9 * 12
    assert max(map(len, each)) <= ORDERS_AT_ONCE < OPEN_MAX
    assert ORDERS_AT_ONCE / ASKERS < OPEN_PER_CALLER_MAX


@pytest.mark.parametrize("batch", list(batches(ORDERS)))
def test_orders_side_by_side_share_what_is_everybodys(batch):
    assert len({tuple(event == POLICIES for event in events) for events in batch}) == 1


@pytest.mark.parametrize("batch", list(batches(ORDERS)))
def test_whoever_is_asked_for_seconds_is_not_in_a_crowd(batch):
    assert len(batch) < 25 or not any(OVER in events for events in batch)


def is_ever_raised(events):
    expected, states = Expectation(), set()
    for event in events:
        expected.after(event)
        states.add(expected.state)
    return "approved" in states


def test_raises_of_all_orders_have_room_among_the_measures():
    raised = [events for events in ORDERS if is_ever_raised(events)]

    assert 0 < len(raised) + len(TEAMS) < MEASURES_MAX
