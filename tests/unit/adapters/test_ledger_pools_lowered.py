"""What pools share out while the limit of their window is being lowered."""

import pytest

from cost_sentry.adapters.ledger_pools import Pools, _to_share_out
from cost_sentry.adapters.ledger_windows import PoolState
from cost_sentry.domain.allotment import shard_free_max
from tests.fakes.refill_kit import LIMIT, POOL, Kit, crowded, pool, want

HALF, SHARDS = LIMIT // 2, 48


@pytest.mark.parametrize(
    ("lowered_to", "shard_max", "free_max"),
    [
        (None, None, shard_free_max(LIMIT, SHARDS)),
        (HALF, None, shard_free_max(HALF, SHARDS)),
        (2 * LIMIT, None, shard_free_max(LIMIT, SHARDS)),
        (None, 7, 7),
        (HALF, 10**9, shard_free_max(HALF, SHARDS)),
    ],
)
def test_a_shard_keeps_its_share_of_the_lower_limit_and_no_more_than_it_was_told(
    lowered_to, shard_max, free_max
):
    told = PoolState(pool=0, lowered_to=lowered_to, shard_max=shard_max)

    assert told.free_max(LIMIT, SHARDS) == free_max


@pytest.mark.parametrize(
    ("lowered_to", "shared"),
    [(None, 500), (300, 300), (500, 500), (900, 500), (0, 0), (-5, 0)],
)
def test_no_more_is_shared_out_than_the_lowered_limit_will_leave(lowered_to, shared):
    assert _to_share_out(crowded(500), PoolState(pool=0, lowered_to=lowered_to)) == shared


def grant_of(*pools):
    kit = Kit(*pools)
    return Pools(kit.calls, kit.allotments)._from_others(want(), crowded(0), POOL)


@pytest.mark.parametrize("told", [0, 1])
def test_of_what_pools_were_told_the_strictest_counts(told):
    names = [(POOL + 1) % 48, (POOL + 2) % 48]
    there = [pool(50, 24, at=name) for name in names]
    there[told] = {**there[told], "shard_max": {"N": "9"}}

    assert grant_of(*there).seen.free_max == 9
