"""Reading many items: at one instant, or in passing."""

import pytest

from cost_sentry.domain.errors import LedgerThrottled, LedgerUnavailable
from tests.fakes.answering_client import ITEM, KEY, TOO_LARGE, asked, calls, refused


def test_many_items_are_read_in_passing_and_told_in_the_order_of_their_keys():
    other = {"pk": {"S": "a"}, "sk": {"S": "c"}}
    gone = {"pk": {"S": "a"}, "sk": {"S": "d"}}
    found = {**ITEM, "n": {"N": "1"}}
    of = calls({"Responses": {"ledger": [other, found]}, "UnprocessedKeys": {}})

    assert of.get_many([KEY, gone, other]) == [found, None, other]
    keys = {"Keys": [KEY, gone, other], "ConsistentRead": True}
    assert asked(of) == [{"RequestItems": {"ledger": keys}}]


def test_items_that_were_left_out_are_not_taken_for_gone():
    left_out = {"ledger": {"Keys": [KEY]}}

    of = calls({"Responses": {"ledger": []}, "UnprocessedKeys": left_out})

    assert of.get_many([KEY]) is None


def test_many_items_that_cannot_be_read_are_an_unavailable_ledger():
    with pytest.raises(LedgerThrottled):
        calls(refused("ThrottlingException")).get_many([KEY])
    with pytest.raises(LedgerUnavailable, match="could not be asked"):
        calls(refused("InternalServerError")).get_many([KEY])


def read(*items):
    return {"Responses": [{"Item": item} if item else {} for item in items]}


def sizes(of):
    return [len(arguments["TransactItems"]) for arguments in asked(of)]


def test_many_items_are_read_a_hundred_at_a_time_in_order():
    first = [{"n": n} for n in range(100)]
    of = calls(read(*first), read({"n": 100}, None))

    assert of.snapshot([KEY] * 102) == [*first, {"n": 100}, None]
    assert sizes(of) == [100, 2]
    assert asked(of)[1]["TransactItems"][0] == {"Get": {"TableName": "ledger", "Key": KEY}}


def test_what_is_too_large_together_is_read_in_halves_and_in_order():
    large = refused("ValidationException", TOO_LARGE)
    of = calls(large, read({"n": 0}), large, read({"n": 1}), read({"n": 2}))

    assert of.snapshot([KEY] * 3) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert sizes(of) == [3, 1, 2, 1, 1]


def test_halves_of_what_is_too_large_do_not_take_the_place_of_what_comes_after():
    large = refused("ValidationException", TOO_LARGE)
    items = [{"n": n} for n in range(101)]
    of = calls(large, read(*items[:50]), read(*items[50:100]), read(items[100]))

    assert of.snapshot([KEY] * 101) == items
    assert sizes(of) == [100, 50, 50, 1]


def test_one_item_that_is_too_large_alone_cannot_be_read():
    with pytest.raises(LedgerUnavailable, match="for its size"):
        calls(refused("ValidationException", TOO_LARGE)).snapshot([KEY])
