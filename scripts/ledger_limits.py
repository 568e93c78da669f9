"""The ledger's numbers, read from the code that goes by them."""

from collections.abc import Iterator
from datetime import timedelta

from cost_sentry.adapters.ledger_forgetting import STAMPS_MIN
from cost_sentry.adapters.ledger_rest import REST_AFTER_SECONDS
from cost_sentry.adapters.ledger_retirement import EXPIRED_KEPT
from cost_sentry.adapters.ledger_runs import RUN_OLD_SECONDS, RUN_WINDOWS_MAX
from cost_sentry.adapters.ledger_writes import EXPIRED_MAX
from cost_sentry.adapters.run_windows import RUN_KEPT
from cost_sentry.domain.allotment import (
    DIRECT_PLACES_MAX,
    NEARLY_SPENT_CALLS_MIN,
    NEARLY_SPENT_SHARE,
    POOLS,
    STRANDED_SHARE,
)
from cost_sentry.domain.request_id import FRESH_FOR, STAMP_KEPT
from cost_sentry.domain.shard import DEEP_FROM_BITS, DEPTH_MAX, PENDING_MAX, pending_max

_DEEP = "0" * DEEP_FROM_BITS


def rows() -> Iterator[tuple[str, object]]:
    """What is limited, and to how much."""
    yield "calls that one of an account's first shards holds", PENDING_MAX
    yield (
        f"calls that a shard holds whose name has {DEEP_FROM_BITS} bits or more",
        pending_max(_DEEP),
    )
    yield "bits of a shard's name", DEPTH_MAX
    yield "shards that a budget window serves itself", DIRECT_PLACES_MAX
    yield "pools of a crowded window", POOLS
    yield "idle in all shards behind pools together", f"1/{STRANDED_SHARE} of the limit"
    yield (
        f"as good as nothing, where it pays for {NEARLY_SPENT_CALLS_MIN} calls",
        f"1/{NEARLY_SPENT_SHARE:,} of the limit",
    )
    yield "stamps that are laid aside together, at least", STAMPS_MIN
    yield "windows of agent runs without calls that a shard carries", RUN_WINDOWS_MAX
    yield "such a window leaves after its last refill", f"{RUN_OLD_SECONDS} s"
    yield "what is kept of an agent run's windows stays after its end", f"{RUN_KEPT.days} days"
    yield "a stamp stays after the journal has its call", _seconds(STAMP_KEPT)
    yield "a version 7 UUID counts as new", _seconds(FRESH_FOR)
    yield "the true cost of an expired call is taken", _seconds(EXPIRED_KEPT)
    yield "expired calls of a shard whose true cost is taken", EXPIRED_MAX
    yield "an account rests after its last entry", f"{REST_AFTER_SECONDS:,} s"


def _seconds(span: timedelta) -> str:
    return f"{int(span.total_seconds()):,} s"
