"""What instances cost: exact, rounded up once, and unknown where nobody knows."""

from datetime import timedelta

import pytest

from cost_sentry.domain.instance_price import (
    Fleet,
    cost_picodollars,
    hourly_picodollars,
    unpriced,
)

PRICES = {"ml.g5.xlarge": 1_408_000_000_000, "ml.g5.12xlarge": 7_090_000_000_000}
TWO = Fleet(instance_type="ml.g5.xlarge", count=2)
STRANGE = Fleet(instance_type="ml.p9.48xlarge", count=1)


def test_fleets_cost_what_their_instances_cost():
    assert hourly_picodollars([TWO, Fleet(instance_type="ml.g5.12xlarge", count=1)], PRICES) == (
        9_906_000_000_000
    )


def test_one_unknown_instance_makes_the_whole_unknown_and_never_zero():
    assert hourly_picodollars([TWO, STRANGE], PRICES) is None
    assert cost_picodollars(None, timedelta(hours=1)) is None
    assert unpriced([STRANGE, TWO, STRANGE], PRICES) == ("ml.p9.48xlarge",)


@pytest.mark.parametrize(
    ("span", "cost"),
    [
        (timedelta(hours=1), 7),
        (timedelta(minutes=30), 4),
        (timedelta(microseconds=1), 1),
        (timedelta(0), 0),
        (timedelta(hours=-1), 0),
    ],
)
def test_time_is_rounded_up_once(span, cost):
    assert cost_picodollars(7, span) == cost
