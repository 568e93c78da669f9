"""What one environment believes of shards that split, and what a split writes."""

import pytest

from cost_sentry.adapters import ledger_shards
from cost_sentry.adapters.ledger_items import CLOSED, SPLIT, Seen, ShardState, number, place_key
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.domain.shard import DEPTH_MAX, path_of, stamp_of
from tests.fakes.moto_journal import journal_on_moto

ACCOUNT = "search/web"
PATH = path_of("r1")


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        yield store.items


@pytest.fixture
def shards(calls):
    shards = Shards(calls)
    shards.open(ACCOUNT, "")
    return shards


def state(calls, bits=""):
    item = calls.get(place_key(f"{ACCOUNT}#{bits}" if bits else ACCOUNT))
    return None if item is None else ShardState.of(item)


def split_state(bits="", **more):
    place = f"{ACCOUNT}#{bits}" if bits else ACCOUNT
    return ShardState(place=place, state=SPLIT, **more)


def close(calls, bits):
    calls.update(
        {
            "Key": place_key(f"{ACCOUNT}#{bits}"),
            "UpdateExpression": "SET #state = :closed",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":closed": {"S": CLOSED}},
        }
    )


def test_a_request_is_looked_for_in_the_first_shard_until_a_split_is_known(calls):
    shards = Shards(calls)
    assert shards.shard_of(ACCOUNT, "r1") == ""

    shards.learn(split_state(), "r1")

    assert shards.shard_of(ACCOUNT, "r1") == PATH[:1]
    assert shards.shard_of("search/app", "r1") == ""


def test_only_a_shard_that_has_split_teaches_anything(calls):
    shards = Shards(calls)

    for other in (None, CLOSED):
        shards.learn(ShardState(place=ACCOUNT, state=other, depth=3), "r1")

    assert shards.shard_of(ACCOUNT, "r1") == ""


def test_the_first_shards_hint_leads_straight_to_where_shards_lie(calls):
    shards = Shards(calls)

    shards.learn(split_state(depth=3), "r1")

    assert shards.shard_of(ACCOUNT, "r1") == PATH[:3]


def test_no_shard_lies_deeper_than_a_name_is_long(calls):
    shards = Shards(calls)

    shards.learn(split_state(depth=DEPTH_MAX + 5), "r1")

    assert shards.shard_of(ACCOUNT, "r1") == PATH


def test_what_took_over_again_is_believed_to_be_open(calls):
    shards = Shards(calls)
    shards.learn(split_state(depth=2), "r1")

    shards.unlearn(ACCOUNT, PATH[:2])
    shards.unlearn("nobody/knows", "0")

    assert shards.shard_of(ACCOUNT, "r1") == PATH[:1]


@pytest.mark.parametrize(("known", "found"), [(2, ["", "", PATH[:1]]), (3, [PATH[:1]] * 3)])
def test_a_bounded_number_of_accounts_is_remembered(calls, monkeypatch, known, found):
    monkeypatch.setattr(ledger_shards, "ACCOUNTS_KNOWN_MAX", known)
    shards = Shards(calls)

    for name in "abc":
        shards.learn(ShardState(place=f"search/{name}", state=SPLIT), "r1")

    assert [shards.shard_of(f"search/{name}", "r1") for name in "abc"] == found


def test_a_split_opens_two_empty_halves_and_says_how_deep_shards_lie(calls, shards):
    assert shards.split(state(calls)) is True

    assert (state(calls).state, state(calls).depth) == (SPLIT, 1)
    for bits in "01":
        half = state(calls, bits)
        assert (half.state, half.free, half.pending, half.inherited) == (None, {}, {}, frozenset())
        assert (half.sequence, half.seen, half.expired) == (0, {}, {})


def test_a_shard_splits_once(calls, shards):
    assert shards.split(state(calls)) is True
    assert shards.split(state(calls)) is False
    assert shards.split(ShardState(place="nobody/knows")) is False


def test_the_longest_names_do_not_split(calls, shards):
    for length, done in ((DEPTH_MAX - 1, True), (DEPTH_MAX, False)):
        place = f"{ACCOUNT}#{PATH[:length]}"
        calls.transact([{"Put": {"Item": {**place_key(place), "pending": {"M": {}}}}}])
        assert shards.split(ShardState(place=place)) is done


def test_the_first_shard_is_told_of_deeper_ones_and_never_of_shallower(calls, shards):
    shards.split(state(calls))
    shards.split(state(calls, "0"))
    assert state(calls).depth == 2
    shards.split(state(calls, "00"))
    assert state(calls).depth == 3

    shards.split(state(calls, "1"))
    assert state(calls).depth == 3

    shards.split(state(calls, "01"))
    assert state(calls).depth == 3
    assert state(calls, "0").depth == 0


def test_halves_are_born_with_all_that_their_shard_remembers(calls, shards):
    names = {"ended": "e", "faded": "f", "inherited": "i"}
    memory = {name: {"SS": [stamp]} for name, stamp in names.items()}
    held = {"pending": {"M": {"r1": {"S": "held"}}}, "expired": {"M": {"r2": {"S": "gone"}}}}
    calls.transact([{"Put": {"Item": {**place_key(ACCOUNT), **memory, **held}}}])

    shards.split(ShardState(place=ACCOUNT))

    expected = {"e", "f", "i", stamp_of("r1"), stamp_of("r2")}
    assert state(calls, "0").inherited == state(calls, "1").inherited == expected


def test_opening_a_missing_half_finishes_a_split_that_was_cut_short(calls, shards):
    shards.split(state(calls))
    calls._client.delete_item(TableName="ledger", Key=place_key(f"{ACCOUNT}#0"))

    shards.open(ACCOUNT, "0")

    assert state(calls, "0").state is None


def test_a_closed_half_is_opened_again_with_what_its_shard_has_learned_since(calls, shards):
    shards.split(state(calls))
    close(calls, "0")
    stamp = {"SS": ["late"]}
    update = "ADD ended :late"
    calls.update(
        {
            "Key": place_key(ACCOUNT),
            "UpdateExpression": update,
            "ExpressionAttributeValues": {":late": stamp},
        }
    )

    shards.open(ACCOUNT, "0")

    assert (state(calls, "0").state, state(calls, "0").inherited) == (None, {"late"})


def test_a_half_is_not_opened_under_a_shard_that_takes_the_calls_itself(calls, shards):
    shards.learn(split_state(), "r1")

    shards.open(ACCOUNT, PATH[:1])

    assert state(calls, PATH[:1]) is None
    assert shards.shard_of(ACCOUNT, "r1") == ""


@pytest.mark.parametrize("parent", ["gone", CLOSED])
def test_what_lies_above_a_missing_shard_is_opened_first(calls, shards, parent):
    shards.split(state(calls))
    shards.split(state(calls, "0"))
    close(calls, "00")
    if parent == CLOSED:
        close(calls, "0")
    else:
        calls._client.delete_item(TableName="ledger", Key=place_key(f"{ACCOUNT}#0"))

    shards.open(ACCOUNT, "00")

    assert state(calls, "0").state is None
    assert state(calls, "00").state == CLOSED


def test_opening_what_is_open_changes_nothing(calls, shards):
    before = calls.get(place_key(ACCOUNT))
    calls.update(
        {
            "Key": place_key(ACCOUNT),
            "UpdateExpression": "ADD #sequence :one",
            "ExpressionAttributeNames": {"#sequence": "sequence"},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    )

    shards.open(ACCOUNT, "")

    assert before["sequence"] == {"N": "0"}
    assert state(calls).sequence == 1


def test_of_two_halves_one_takes_their_parents_place_behind_pools_and_only_there(calls, shards):
    """Whoever is counted twice leaves too little for all; who is not counted, too much."""
    behind, direct, gone = "daily@2026-11-21", "weekly@2026-W47", "none@all"
    seen = {behind: Seen(limit=1, elsewhere=0, at_seconds=0, free_max=0)}
    seen[direct] = Seen(limit=1, elsewhere=0, at_seconds=0)
    calls.update(
        {
            "Key": place_key(ACCOUNT),
            "UpdateExpression": "SET #free = :free, seen = :seen",
            "ExpressionAttributeNames": {"#free": "free"},
            "ExpressionAttributeValues": {
                ":free": {"M": {p: number(5) for p in (behind, direct)}},
                ":seen": {
                    "M": {p: {"S": s.text()} for p, s in {**seen, gone: seen[behind]}.items()}
                },
            },
        }
    )

    shards.split(state(calls))

    assert (state(calls, "0").free, state(calls, "1").free) == ({behind: 0}, {})


def test_a_half_is_not_opened_if_the_shard_above_took_over_at_that_very_moment(calls, shards):
    shards.split(state(calls))
    as_it_was = state(calls)
    calls._client.delete_item(TableName="ledger", Key=place_key(f"{ACCOUNT}#0"))
    calls.update(
        {
            "Key": place_key(ACCOUNT),
            "UpdateExpression": "REMOVE #state",
            "ExpressionAttributeNames": {"#state": "state"},
        }
    )

    shards._open_half(as_it_was, "0")

    assert state(calls, "0") is None


def test_a_half_that_has_split_itself_is_not_opened_again(calls, shards):
    shards.split(state(calls))
    shards.split(state(calls, "0"))

    shards.open(ACCOUNT, "0")

    assert state(calls, "0").state == SPLIT


def test_what_is_opened_first_is_the_shard_right_above(calls, shards):
    shards.split(state(calls))
    shards.split(state(calls, "0"))
    calls._client.delete_item(TableName="ledger", Key=place_key(f"{ACCOUNT}#00"))

    shards.open(ACCOUNT, "000")

    assert state(calls, "00").state is None
