"""What an id says about its own age, to the millisecond."""

from datetime import timedelta
from uuid import UUID

import pytest

from cost_sentry.domain.request_id import is_ahead, is_fresh, made_at
from tests.fakes.builders import NOON


def uuid7(made):
    return str(UUID(int=int(made.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62))


def test_a_version_7_uuid_says_to_the_millisecond_when_it_was_made():
    for milliseconds in (0, 1, 999, 1_000):
        made = NOON + timedelta(milliseconds=milliseconds)
        assert made_at(uuid7(made)) == made
    assert made_at(uuid7(NOON).upper()) == NOON


@pytest.mark.parametrize(
    "request_id",
    ["ticket-4711", "ffffffff-ffff-7000-8000-000000000000", uuid7(NOON).replace("-7", "-4")],
    ids=["of another kind", "in the year 10889", "of another version"],
)
def test_every_other_id_says_nothing(request_id):
    assert made_at(request_id) is None
    assert (is_fresh(request_id, NOON), is_ahead(request_id, NOON)) == (False, False)


@pytest.mark.parametrize(
    ("seconds", "fresh", "ahead"),
    [
        (-11, False, False),
        (-10, True, False),
        (0, True, False),
        (10, True, False),
        (11, False, True),
    ],
)
def test_an_id_is_new_for_ten_seconds_before_and_after(seconds, fresh, ahead):
    request_id = uuid7(NOON + timedelta(seconds=seconds))

    assert (is_fresh(request_id, NOON), is_ahead(request_id, NOON)) == (fresh, ahead)
