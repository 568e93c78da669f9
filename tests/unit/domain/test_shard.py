"""Where a request is held, and what a shard of which name holds: the same in every release."""

import pytest

from cost_sentry.domain.shard import ancestors, path_of, pending_max, stamp_of


@pytest.mark.parametrize(
    ("request_id", "path", "stamp"),
    [
        ("r1", "001101001110001001110000", "nqBfllBn"),
        ("ticket-4711", "111010100100010001100100", "5_6BEvWu"),
    ],
)
def test_a_deployed_ledger_finds_what_an_older_release_holds(request_id, path, stamp):
    assert (path_of(request_id), stamp_of(request_id)) == (path, stamp)


def test_a_shard_of_one_of_many_holds_four_times_as_many_calls_as_one_of_the_first():
    assert [pending_max("0" * bits) for bits in range(6)] == [4, 4, 4, 4, 16, 16]


@pytest.mark.parametrize(
    ("shard", "above"), [("", ()), ("1", ("",)), ("011", ("01", "0", ""))], ids=["root", "1", "011"]
)
def test_the_shards_that_one_came_from_are_the_nearest_first_and_never_itself(shard, above):
    assert ancestors(shard) == above
