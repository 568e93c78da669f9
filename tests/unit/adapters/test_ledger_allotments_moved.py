"""Money is moved only where it still lies as it was seen, in a window that still is as it was."""

import pytest

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import number, window_key
from cost_sentry.domain.allotment import Placement, Spread
from tests.fakes.builders import NOON
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient

PURSE = "search-daily@2026-11-21"
SEEN = {"limit": 100, "unallotted": 70, "impounded": 30}
AS_SEEN = {name: number(amount) for name, amount in SEEN.items()}
POOLS = {"pools": number(2)}


@pytest.mark.parametrize(
    ("crowded", "changed", "moved"),
    [
        (False, {}, True),
        (True, POOLS, True),
        (False, POOLS, False),
        (True, {}, False),
        (False, {"unallotted": number(69)}, False),
        (False, {"limit": number(101)}, False),
        (False, {"impounded": number(31)}, False),
        (True, {**POOLS, "unallotted": number(69)}, False),
    ],
)
def test_a_window_that_changed_since_the_look_stays_as_it_is(crowded, changed, moved):
    client = InstantClient(DynamoDbModel(lambda: 0))
    client.put_item(TableName="ledger", Item={**window_key(PURSE), **AS_SEEN, **changed})
    calls = LedgerCalls(client, "ledger")
    before = calls.get(window_key(PURSE))
    to = Placement(limit=100, unallotted=90, impounded=10, free={})

    done = Allotments(calls).place(PURSE, Spread(**SEEN, places={}, crowded=crowded), to, NOON)

    after = calls.get(window_key(PURSE))
    assert done is moved
    assert after == (
        {**before, "unallotted": number(90), "impounded": number(10)} if moved else before
    )
