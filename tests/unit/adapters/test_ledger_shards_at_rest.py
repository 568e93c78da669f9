"""The first shard of an account: opened, and opened again once the account was at rest."""

import pytest

from cost_sentry.adapters.ledger_items import CLOSED, ShardState, place_key, registry_key
from cost_sentry.adapters.ledger_shards import Shards
from tests.fakes.moto_journal import journal_on_moto

ACCOUNT = "search/web"


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        yield store.items


@pytest.fixture
def shards(calls):
    return Shards(calls)


def state(calls, place=ACCOUNT):
    item = calls.get(place_key(place))
    return None if item is None else ShardState.of(item)


def registered(calls):
    return [line["sk"]["S"] for line in calls.query("ACCOUNTS")]


def lay_to_rest(calls):
    close = {
        "Key": place_key(ACCOUNT),
        "UpdateExpression": "SET #state = :closed",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":closed": {"S": CLOSED}},
    }
    calls.transact([{"Update": close}, {"Delete": {"Key": registry_key(ACCOUNT)}}])


def test_an_account_is_on_the_register_from_its_first_shard_on(calls, shards):
    shards.open(ACCOUNT, "")

    assert state(calls) == ShardState(place=ACCOUNT)
    assert registered(calls) == [ACCOUNT]


@pytest.mark.parametrize("bits", ["", "0", "01"])
def test_an_account_at_rest_is_opened_and_registered_again_whichever_shard_was_believed(
    calls, shards, bits
):
    shards.open(ACCOUNT, "")
    lay_to_rest(calls)

    shards.open(ACCOUNT, bits)

    assert state(calls).state is None
    assert (state(calls, f"{ACCOUNT}#0"), registered(calls)) == (None, [ACCOUNT])


def test_opening_an_account_that_is_open_leaves_it_as_it_is(calls, shards):
    shards.open(ACCOUNT, "")
    before = calls.get(place_key(ACCOUNT))

    shards.open(ACCOUNT, "")

    assert calls.get(place_key(ACCOUNT)) == before
    assert registered(calls) == [ACCOUNT]
