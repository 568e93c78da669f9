"""A DynamoDB client whose every new version of a shard goes to the journal, as its stream would.

A refill's entry can be missed when others write at once; the ends of calls cannot.
"""

from typing import Any

from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import ShardState
from tests.fakes.moto_journal import no_pause


class JournalingClient:
    """``client`` over ``table``; every other call passes through."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table
        self._journal = DynamoDbJournal(
            JournalCalls(client, table), LedgerCalls(client, table), no_pause
        )
        self._told: set[tuple[str, int]] = set()

    def update_item(self, **arguments: Any) -> Any:
        done = self._client.update_item(**arguments)
        self._journal_of(arguments["Key"], done.get("Attributes"))
        return done

    def transact_write_items(self, **arguments: Any) -> Any:
        done = self._client.transact_write_items(**arguments)
        for action in arguments["TransactItems"]:
            for body in action.values():
                self._journal_of(body.get("Key", {}))
        return done

    def _journal_of(self, key: Any, version: Any = None) -> None:
        """``version`` is what the write left there; without it, whatever stands there now."""
        if not key or not key["pk"]["S"].startswith("ACCOUNT#"):
            return
        if version is not None:
            self._keep(ShardState.of(version))
            return
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get(
            "Item"
        )
        if item is not None:
            self._keep(ShardState.of(item))

    def _keep(self, shard: ShardState) -> None:
        entry = shard.last_entry()
        if entry is None or (entry.place, entry.sequence) in self._told:
            return
        self._told.add((entry.place, entry.sequence))
        self._journal.write([entry])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)
