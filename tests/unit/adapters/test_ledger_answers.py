"""What a shard says is left of each budget, and of which it knows nothing."""

from cost_sentry.adapters.ledger_answers import remaining_in
from cost_sentry.adapters.ledger_items import Seen, ShardState
from cost_sentry.application.ports import Remaining
from tests.fakes.builders import NOON, budget, hold, reservation

PURSE, OTHER = "search-daily@2026-11-21", "other@2026-11-21"


def test_what_is_left_is_what_the_shard_has_and_what_it_saw_elsewhere():
    held = reservation("r1", hold(100), hold(100, budget("other")))
    seen = Seen(limit=1_000, elsewhere=300, at_seconds=int(NOON.timestamp()))
    shard = ShardState(place="search/web", free={PURSE: 20, OTHER: 7}, seen={PURSE: seen.text()})

    assert remaining_in(held, shard) == (
        Remaining(
            budget_id="search-daily", window_id="2026-11-21", limit=1_000, left=320, as_of=NOON
        ),
    )
