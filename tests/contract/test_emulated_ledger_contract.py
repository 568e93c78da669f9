"""The real adapter on the emulator's DynamoDB: the same contract, and real threads."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.ports import Reserved
from tests.contract.ledger_case import DAY
from tests.contract.ledger_contract import LedgerContract
from tests.contract.ledger_limits_contract import LedgerLimitsContract
from tests.contract.ledger_units_contract import LedgerUnitsContract
from tests.fakes.builders import ManualClock, budget, hold, reservation, resolution
from tests.fakes.dynamodb_table import create_table

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]


@pytest.fixture
def calls(local_cloud):
    client = local_cloud.client("dynamodb", attempts=3)
    name = f"ledger-{uuid4()}"
    create_table(client, name)
    yield LedgerCalls(client, name)
    client.delete_table(TableName=name)


class TestEmulatedLedger(LedgerContract, LedgerLimitsContract, LedgerUnitsContract):
    @pytest.fixture
    def ledger(self, calls):
        return DynamoDbLedger(calls, pause)

    @pytest.fixture
    def books(self, calls):
        return DynamoDbBooks(calls, pause, ManualClock())

    @pytest.mark.parametrize("accounts", [1, 8])
    def test_racing_callers_hold_exactly_what_the_budget_pays_for(self, ledger, books, accounts):
        daily = budget(limit=12_000)
        books.define(daily, DAY)

        def call(number: int) -> str:
            account = f"search/app{number % accounts}"
            held = reservation(f"r{number}", hold(100), account=account)
            return type(ledger.reserve(held)).__name__

        with ThreadPoolExecutor(32) as callers:
            answers = Counter(callers.map(call, range(200)))

        assert answers == {"Reserved": 120, "Shortage": 80}
        self.check(books, daily, pending=12_000, posted=0)

    def test_money_that_comes_and_goes_is_never_overspent_and_nobody_is_refused_wrongly(
        self, ledger, books
    ):
        daily = budget(limit=20_000)
        books.define(daily, DAY)

        def loop(seed: int) -> list[int]:
            chance, refused_with_left = random.Random(seed), []
            for turn in range(25):
                held = reservation(f"r{seed}-{turn}", hold(1_000), account=f"search/{seed % 8}")
                answer = ledger.reserve(held)
                if not isinstance(answer, Reserved):
                    refused_with_left.append(answer.remaining.left)
                    break
                ledger.resolve(held, resolution(chance.randint(50, 1_000)))
            return refused_with_left

        with ThreadPoolExecutor(16) as callers:
            refusals = [left for found in callers.map(loop, range(16)) for left in found]

        assert refusals
        assert max(refusals) < 1_000
        balance = books.balance(daily, DAY)
        assert balance.pending == 0
        assert 19_000 < balance.posted <= balance.limit

    def test_changing_a_limit_in_the_middle_of_traffic_is_exact(self, ledger, books):
        daily = budget(limit=5_000)
        books.define(daily, DAY)

        def call(number: int) -> bool:
            if number in (40, 80):
                books.define(budget(limit={40: 9_000, 80: 7_000}[number]), DAY)
            held = reservation(f"r{number}", hold(100), account=f"search/app{number % 4}")
            return isinstance(ledger.reserve(held), Reserved)

        with ThreadPoolExecutor(8) as callers:
            allowed = sum(callers.map(call, range(150)))

        balance = self.check(books, daily, pending=100 * allowed, posted=0)
        assert balance.limit in (7_000, 9_000)
        assert balance.left >= 0 or balance.limit == 7_000

    def test_the_same_id_racing_with_itself_is_held_once(self, ledger, books):
        daily = budget(limit=12_000)
        books.define(daily, DAY)

        def call(number: int) -> str:
            held = reservation("same", hold(100), attempt=f"execution {number}")
            return type(ledger.reserve(held)).__name__

        with ThreadPoolExecutor(16) as callers:
            answers = Counter(callers.map(call, range(32)))

        assert answers == {"Reserved": 1, "SameId": 31}
        self.check(books, daily, pending=100, posted=0)

    def test_resolutions_racing_with_each_other_post_once(self, ledger, books):
        daily = budget(limit=12_000)
        books.define(daily, DAY)
        held = reservation("r1", hold(100))
        ledger.reserve(held)

        with ThreadPoolExecutor(16) as callers:
            answers = list(callers.map(lambda n: ledger.resolve(held, resolution(n)), range(32)))

        [first] = [a for a in answers if a.first]
        assert all(a.resolved == first.resolved for a in answers)
        posted = first.resolved.resolution.cost_picodollars
        self.check(books, daily, pending=0, posted=posted)
