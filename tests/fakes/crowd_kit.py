"""A crowded window on a table of its own, and a limit that is lowered while others do something."""

from datetime import timedelta

from cost_sentry.adapters import ledger_moves, ledger_pools, ledger_refills
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import ShardState, place_key, window_key
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.budget import UNREACHED
from tests.fakes.builders import ManualClock, budget, hold, reservation, resolution
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient

DAY, PURSE = "2026-11-21", "search-daily@2026-11-21"
SHADOW, NEW, CALL, APPLICATIONS = UNREACHED, 20_000, 100, 12


class Meddled(LedgerCalls):
    """Something happens before the n-th transaction, such as another writer, or silence."""

    def __init__(self, client):
        super().__init__(client, "ledger")
        self.happens, self.done, self.actions = {}, 0, ()

    def transact(self, actions):
        self.done, self.actions = self.done + 1, actions
        what = self.happens.get(self.done)
        return (what and what()) or super().transact(actions)


def no_pause(_attempt):
    """No other writer needs time."""


class Crowd:
    """One place at the window, the others behind three pools; each application called twice."""

    def __init__(self, before=SHADOW):
        self.clock = ManualClock()
        self.model = DynamoDbModel(lambda: int(self.clock.time.timestamp() * 1e6))
        self.calls = Meddled(InstantClient(self.model))
        self.ledger = DynamoDbLedger(LedgerCalls(InstantClient(self.model), "ledger"), no_pause)
        self.books = DynamoDbBooks(self.calls, no_pause, self.clock)
        self.books.define(budget(limit=before), DAY)
        for round_of_all in range(2):
            for one in range(APPLICATIONS):
                self.ended(f"{round_of_all}-{one}", one)

    def reserved(self, name, one):
        self.clock.time += timedelta(milliseconds=50)  # No item takes all calls at one instant.
        return self.ledger.reserve(
            reservation(name, hold(CALL), account=f"search/app{one}", now=self.clock.time)
        )

    def ended(self, name, one, cost=1):
        answer = self.reserved(name, one)
        if isinstance(answer, Reserved):
            self.ledger.resolve(answer.reservation, resolution(cost))
        return answer

    def lower(self, limit=NEW):
        self.calls.done = 0
        return self.books.define(budget(limit=limit), DAY)

    @property
    def balance(self):
        return self.books.balance(budget(limit=NEW), DAY)

    @property
    def direct(self):
        return self.calls.get(window_key(PURSE))["places"]["SS"]

    def shard(self, one):
        return ShardState.of(self.calls.get(place_key(f"search/app{one}")))

    def hidden(self):
        shards = map(self.shard, range(APPLICATIONS))
        return [shard.free[PURSE] for shard in shards if shard.place not in self.direct]

    def spend_all(self):
        """Every application, those behind pools first, calls until it is refused."""
        for one in reversed(range(APPLICATIONS)):
            count = 0
            while isinstance(self.ended(f"all-{one}-{count}", one, CALL), Reserved):
                count += 1
        return self.balance


def small_crowds(monkeypatch):
    """One place at the window and three pools make a crowd."""
    for module in (ledger_moves, ledger_refills):
        monkeypatch.setattr(module, "DIRECT_PLACES_MAX", 1)
    for module in (ledger_pools, ledger_refills):
        monkeypatch.setattr(module, "POOLS", 3)
