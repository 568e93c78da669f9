"""Where the shards of an account come from."""

import pytest

from cost_sentry.domain.shard import ancestors


@pytest.mark.parametrize(
    ("shard", "above"), [("", ()), ("1", ("",)), ("011", ("01", "0", ""))], ids=["root", "1", "011"]
)
def test_the_shards_that_one_came_from_are_the_nearest_first_and_never_itself(shard, above):
    assert ancestors(shard) == above
