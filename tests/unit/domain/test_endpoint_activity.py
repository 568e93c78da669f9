"""What metrics prove of an endpoint, and what their silence does not."""

from datetime import timedelta

from cost_sentry.domain.endpoint import HEARD_GAP_MAX, activity_of
from tests.fakes.builders import NOON

MINUTE = timedelta(minutes=1)


def minutes(*numbers: int) -> dict:
    return {NOON + number * MINUTE: 1 for number in numbers}


def test_no_metrics_prove_nothing():
    found = activity_of({}, {}, None, period=MINUTE)

    assert (found.heard_since, found.heard_until, found.last_call_at) == (None, None, None)


def test_what_is_heard_reaches_back_to_the_last_gap():
    found = activity_of(minutes(0, 1, 2, 20, 21, 22, 25, 30), {}, 0, period=MINUTE)

    assert found.heard_since == NOON + 20 * MINUTE
    assert found.heard_until == NOON + 31 * MINUTE


def test_a_gap_of_half_an_hour_is_never_bridged():
    found = activity_of(minutes(*range(10), *range(40, 60)), {}, 0, period=MINUTE)

    assert found.heard_since == NOON + 40 * MINUTE
    assert timedelta(minutes=30) > HEARD_GAP_MAX


def test_the_last_call_is_that_of_the_last_minute_with_one():
    calls = {NOON: 3, NOON + MINUTE: 1, NOON + 2 * MINUTE: 0}

    found = activity_of(minutes(0, 1, 2, 3), calls, 0, period=MINUTE)

    assert found.last_call_at == NOON + 2 * MINUTE
    assert found.heard_until == NOON + 4 * MINUTE
