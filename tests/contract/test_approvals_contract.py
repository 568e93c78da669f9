"""What every store of requests for more must do: the real one on any DynamoDB, and the fake."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_approvals import DynamoDbApprovals
from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
from cost_sentry.adapters.system_clock import pause
from cost_sentry.domain.approval import ApprovalRequest, ApprovalState, Grant, Raise, asked
from cost_sentry.domain.errors import RecordUnreadable
from cost_sentry.domain.unit import Unit
from tests.contract.engines import CONCURRENT, EVERY, MEMORY, TABLES, spoil
from tests.contract.race import race
from tests.fakes.approval_world import ANNA, ASKER, BEN, FIRST, SECOND
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.memory_approvals import MemoryApprovals
from tests.fakes.memory_config_store import MemoryConfigStore

RAISE = Raise(
    budget_id="search-daily", budget_kind="k", unit=Unit.USD, amount=10**26 + 1, raised_max=10**27
)
GRANT = Grant(scope={"team": "größe", "user": "a=b"}, price_class="premium")


def approval(approval_id=FIRST, more=RAISE):
    return asked(
        ApprovalRequest(
            id=approval_id,
            more=more,
            reason="release – week",
            asked_by=ASKER,
            asked_at=NOON,
            expires_at=NOON + timedelta(hours=1),
            until=NOON + timedelta(days=1),
            terms={"limit of budget search-daily": "12.50 usd"},
        )
    )


def approved(one, by=ANNA):
    return one.moved(ApprovalState.APPROVED, by=by, at=NOON, why="go on")


class Stores:
    def __init__(self, store, configs):
        self.store, self.configs = store, configs


@pytest.fixture
def stores(engine, request):
    if engine == MEMORY:
        configs = MemoryConfigStore()
        return Stores(MemoryApprovals(configs), configs)
    items = request.getfixturevalue("table").items
    return Stores(DynamoDbApprovals(items, pause), DynamoDbConfigStore(items, ManualClock()))


@pytest.fixture
def store(stores):
    return stores.store


@pytest.mark.parametrize("engine", EVERY)
class TestApprovals:
    def test_what_nobody_asked_for_is_not_there(self, store):
        assert store.read(FIRST) is None
        assert list(store.newest(5)) == []
        assert list(store.history(FIRST)) == []

    @pytest.mark.parametrize("more", [RAISE, GRANT])
    def test_what_was_asked_is_read_back_to_the_last_digit(self, store, more):
        assert store.create(approval(more=more))

        assert store.read(FIRST) == approval(more=more)

    def test_an_id_is_taken_once(self, store):
        store.create(approval())

        assert not store.create(approval(more=GRANT))
        assert store.read(FIRST) == approval()
        assert len(store.history(FIRST)) == 1

    def test_the_newest_come_first(self, store):
        store.create(approval(SECOND))
        store.create(approval(FIRST))

        assert [one.request.id for one in store.newest(5)] == [SECOND, FIRST]
        assert [one.request.id for one in store.newest(1)] == [SECOND]

    def test_a_change_is_kept_with_its_record(self, store):
        store.create(approval())
        after = approved(approval())

        assert store.replace(approval(), after)

        assert store.read(FIRST) == after
        states = [(change["state"], change["changedBy"]) for change in store.history(FIRST)]
        assert states == [("asked", ASKER), ("approved", ANNA)]

    def test_of_two_changes_of_one_reading_the_first_holds(self, store):
        store.create(approval())
        store.replace(approval(), approved(approval()))
        denied = approval().moved(ApprovalState.DENIED, by=BEN, at=NOON)

        assert not store.replace(approval(), denied)

        assert store.read(FIRST).state is ApprovalState.APPROVED
        assert len(store.history(FIRST)) == 2

    def test_what_is_not_there_is_not_changed(self, store):
        assert not store.replace(approval(), approved(approval()))
        assert store.read(FIRST) is None

    def test_a_token_is_kept_and_is_no_change_of_state(self, store):
        store.create(approval())
        waiting = approval().waiting("token")

        assert store.replace(approval(), waiting)

        assert store.read(FIRST).token == "token"
        assert len(store.history(FIRST)) == 1
        assert "token" not in str(store.history(FIRST))

    def test_a_change_holds_while_the_configuration_is_the_one_it_was_judged_by(self, stores):
        stores.configs.write("v1", {}, None)
        stores.store.create(approval())

        assert stores.store.replace(approval(), approved(approval()), "v1")
        assert stores.store.history(FIRST)[-1]["configVersion"] == "v1"

    @pytest.mark.parametrize("there", [True, False])
    def test_and_not_after_it_was_replaced(self, stores, there):
        if there:
            stores.configs.write("v1", {}, None)
            stores.configs.write("v2", {}, "v1")
        stores.store.create(approval())

        assert not stores.store.replace(approval(), approved(approval()), "v1")

        assert stores.store.read(FIRST) == approval()
        assert len(stores.store.history(FIRST)) == 1


@pytest.mark.parametrize("engine", CONCURRENT)
def test_of_many_who_answer_at_once_one_is_written(store):
    store.create(approval())
    wanted = [approved(approval(), by=f"{ANNA}-{n}") for n in range(6)]

    done = race(6, 6, lambda n: store.replace(approval(), wanted[n]))

    assert done.count(True) == 1
    assert store.read(FIRST) == wanted[done.index(True)]
    assert len(store.history(FIRST)) == 2


@pytest.mark.parametrize("engine", TABLES)
def test_the_table_holds_the_request_and_each_change_apart(store, table):
    store.create(approval())
    store.replace(approval(), replace(approved(approval()), token="t"))

    items = table.client.scan(TableName=table.name)["Items"]

    assert {(item["pk"]["S"], item["sk"]["S"]) for item in items} == {
        ("APPROVALS", FIRST),
        (f"APPROVAL#{FIRST}", "000000"),
        (f"APPROVAL#{FIRST}", "000001"),
    }


@pytest.mark.parametrize("engine", TABLES)
def test_a_request_that_cannot_be_read_hides_no_other(store, table):
    for one in (approval(FIRST), approval(SECOND)):
        store.create(one)
    store.replace(approval(FIRST), approved(approval(FIRST)))
    spoil(table, "APPROVALS", SECOND, approval='{"x": 1}')
    spoil(table, f"APPROVAL#{FIRST}", "000000", change="[")

    newest, history = store.newest(5), store.history(FIRST)

    assert [one.request.id for one in newest] == [FIRST]
    assert [one.name for one in newest.unreadable] == [SECOND]
    assert [one["state"] for one in history] == ["approved"]
    assert [one.name for one in history.unreadable] == ["000000"]
    with pytest.raises(RecordUnreadable, match=f"APPROVALS / {SECOND} cannot be read"):
        store.read(SECOND)
