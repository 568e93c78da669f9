import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.entry_record import entry_to_json, reserve_text
from cost_sentry.adapters.ledger_writes import pending_text
from cost_sentry.adapters.stream_records import failures, streamed_entries
from cost_sentry.domain.ledger_entry import EntryKind
from tests.fakes.builders import resolution
from tests.fakes.entries import Account

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["dynamodb", "Keys", "NewImage", "pk", "S", "k", "at", "r"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def record(pk, new, old=None, number="100", sk="SHARD#"):
    change = {"Keys": {"pk": {"S": pk}, "sk": {"S": sk}}, "SequenceNumber": number}
    if new is not None:
        change["NewImage"] = new
    if old is not None:
        change["OldImage"] = old
    return {"eventName": "MODIFY", "eventID": "e", "dynamodb": change}


def image(sequence, text, **pending):
    held = {request_id: {"S": text} for request_id, text in pending.items()}
    return {
        "sequence": {"N": str(sequence)},
        "entry": {"S": text},
        **({"pending": {"M": held}} if held else {}),
    }


def of_entry(entry, number="100"):
    """The version of the shard's item that carries it, as the ledger writes it."""
    new = image(entry.sequence, entry_to_json(entry))
    if entry.kind is EntryKind.RESERVE:
        held = entry.reservation
        new = image(entry.sequence, reserve_text(held), **{held.request_id: pending_text(held)})
    return record(f"ACCOUNT#{entry.account}", new, number=number, sk=f"SHARD#{entry.shard}")


def test_versions_of_account_items_are_entries_in_order():
    account = Account()
    entries = [account.allot(500), *account.call("r1", 40)]
    event = {"Records": [of_entry(e, number=str(n)) for n, e in enumerate(entries)]}

    streamed = streamed_entries(event)

    assert [s.entry for s in streamed] == entries
    assert [s.record_id for s in streamed] == ["0", "1", "2"]
    assert {s.place for s in streamed} == {"search/web"}


def test_an_entry_is_of_the_shard_whose_item_carries_it():
    first, other = Account().call("r1", 40), Account(shard="01").call("r2", 40)
    event = {"Records": [of_entry(e) for e in (first[0], other[0], first[1], other[1])]}

    streamed = streamed_entries(event)

    assert [s.entry for s in streamed] == [first[0], other[0], first[1], other[1]]
    assert [s.place for s in streamed] == ["search/web", "search/web#01"] * 2


@pytest.mark.parametrize(
    "other",
    [
        record("BUDGET#b", image(1, "{}"), sk="TOTALS#2026-11-21"),
        record("REQUEST#r1", {"record": {"S": "{}"}}, sk="search/web#RESOLVED"),
        record("ACCOUNTS", {"sk": {"S": "search/web"}}, sk="search/web"),
        record("ACCOUNT#search/web", None, old=image(3, "{}")),
        record("ACCOUNT#search/web", {"sequence": {"N": "0"}, "free": {"M": {}}}),
        record("ACCOUNT#search/web", {"sequence": {"N": "0"}, "inherited": {"SS": ["x"]}}),
        record("ACCOUNT#search/web", image(3, "{}"), old=image(3, "{}")),
        record("ACCOUNT#search/web", {"sequence": {"N": "0"}, "state": {"S": "split"}}),
        {"eventName": "INSERT"},
        {"dynamodb": {}},
        "nothing",
        None,
    ],
    ids=[
        "totals",
        "journal",
        "register",
        "deleted",
        "new account",
        "new half of a split shard",
        "forgotten",
        "split before its first entry",
        "bare",
        "empty",
        "text",
        "null",
    ],
)
def test_what_is_no_entry_is_left_out(other):
    entry = Account().allot(500)

    streamed = streamed_entries({"Records": [other, of_entry(entry)]})

    assert [s.entry for s in streamed] == [entry]


def settled(**changes):
    """A settlement as its item tells it; ``changes`` are of the reservation's first members."""
    account = Account()
    held = account.reserve("r1")
    told = json.loads(entry_to_json(account.resolve(held, resolution())))
    first = {"form": 1, "request_id": "r1", "account": "search/web", "shard": "", **changes}
    return {**told, "r": [*first.values(), *told["r"][len(first) :]]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '"settle"',
        "{",
        json.dumps({**settled(), "k": "gift"}),
        json.dumps({**settled(), "at": "noon"}),
        json.dumps({**settled(), "at": 10**20}),
        json.dumps({k: v for k, v in settled().items() if k != "r"}),
        json.dumps({k: v for k, v in settled().items() if k != "x"}),
        json.dumps({**settled(), "r": []}),
        json.dumps({**settled(), "r": settled()["r"][:-1]}),
        json.dumps({**settled(), "r": {"id": "r1"}}),
        json.dumps({**settled(), "x": ["SETTLED"]}),
        json.dumps({**settled(), "x": {"state": "SETTLED"}}),
        json.dumps({**settled(), "k": "reserve"}),
        json.dumps({**settled(), "k": "allot"}),
        json.dumps({**settled(), "r": settled(form=2)["r"]}),
        json.dumps({**settled(), "r": settled(account="ads/web")["r"]}),
        json.dumps({**settled(), "r": settled(shard="01")["r"]}),
        json.dumps({"k": "reserve", "at": settled()["at"], "id": "nobody's"}),
        json.dumps({"k": "reserve", "at": settled()["at"], "id": ["r1"]}),
    ],
)
def test_an_account_item_without_a_readable_entry_is_a_problem_and_no_crash(text):
    [streamed] = streamed_entries({"Records": [record("ACCOUNT#search/web", image(4, text))]})

    assert streamed.entry is None
    assert (streamed.place, streamed.record_id) == ("search/web", "100")
    assert "account 'search/web': its item holds no readable entry" in streamed.problem


@pytest.mark.parametrize(
    "new", [{"entry": {"S": "{}"}}, {"sequence": {"N": "1"}}, {"sequence": {"N": "x"}}]
)
def test_an_account_item_without_number_or_entry_is_a_problem(new):
    [streamed] = streamed_entries({"Records": [record("ACCOUNT#search/web", new)]})

    assert streamed.entry is None


@given(JSON)
def test_no_shape_of_an_event_crashes(records):
    records = records if isinstance(records, list) else [records]

    for streamed in streamed_entries({"Records": records}):
        assert streamed.entry is None or streamed.entry.sequence >= 0


@given(JSON)
def test_no_shape_of_an_entry_crashes(anything):
    event = {"Records": [record("ACCOUNT#search/web", image(4, json.dumps(anything)))]}

    [streamed] = streamed_entries(event)

    assert streamed.entry is None


# ---- refusals


def refused(used_up, pk="REQUEST#r1", number="7"):
    new = {"decision": {"S": "{}"}, **({} if used_up is None else {"used_up": used_up})}
    return record(pk, new, sk="search/web#REJECTED#2026-11-21T12:00:00+00:00", number=number)


def test_a_refusal_that_found_a_budget_used_up_comes_among_the_entries():
    first, second = Account().call("r1", 40)
    refusal = refused({"S": "search-daily@2026-11-21"})

    streamed = streamed_entries({"Records": [of_entry(first), refusal, of_entry(second)]})

    assert [s.entry for s in streamed] == [first, None, second]
    told = streamed[1]
    assert (told.used_up, told.place) == (("search-daily", "2026-11-21"), "search/web")
    assert (told.record_id, told.problem) == ("7", "")
    assert [s.used_up for s in (streamed[0], streamed[2])] == [None, None]


@pytest.mark.parametrize(
    "other",
    [
        refused(None),
        refused({"N": "5"}),
        refused({"S": "search-daily"}),
        refused({"S": "search-daily@"}),
        refused({"S": "@2026-11-21"}),
        refused({"S": "a@b"}, pk="BUDGET#a"),
        record("REQUEST#r1", None, old={"used_up": {"S": "a@b"}}),
    ],
    ids=["another decision", "number", "no window", "empty", "no budget", "other item", "deleted"],
)
def test_what_names_no_budget_used_up_is_left_out(other):
    assert streamed_entries({"Records": [other]}) == ()


@given(JSON)
def test_no_shape_of_a_refusal_crashes(anything):
    streamed_entries({"Records": [refused(anything), record("REQUEST#r1", anything, sk="")]})


def test_an_event_without_records_is_no_work():
    assert streamed_entries({}) == ()
    assert streamed_entries({"Records": None}) == ()


def test_failures_name_the_places_in_the_stream():
    assert failures(["7", "9"]) == {
        "batchItemFailures": [{"itemIdentifier": "7"}, {"itemIdentifier": "9"}]
    }
    assert failures([]) == {"batchItemFailures": []}
