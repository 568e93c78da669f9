"""The rows of the contract suites: one suite, several engines that keep the items.

A test class names its rows with ``@pytest.mark.parametrize("engine", ...)``; the fixtures of
`conftest.py` do the rest.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.ports import Ledger, LedgerBooks
from tests.fakes.builders import ManualClock
from tests.fakes.dynamodb_table import create_table

MEMORY = "memory"
"""The fakes: a second implementation of each port."""
SIMULATED = "simulated"
"""The ledger of ``cost-sentry simulate``: in this process, for one thread only."""
MOTO = "moto"
"""DynamoDB in this process, without a lock: for one thread only."""
EMULATOR = pytest.param(
    "emulator", marks=[pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]
)
"""The local cloud's DynamoDB."""
DYNOXIDE = pytest.param("dynoxide", marks=pytest.mark.slow)
"""A DynamoDB of another maker."""

CONCURRENT_TABLES = (EMULATOR, DYNOXIDE)
TABLES = (MOTO, *CONCURRENT_TABLES)
CONCURRENT = (MEMORY, *CONCURRENT_TABLES)
EVERY = (MEMORY, *TABLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One empty table of the sentry's on some DynamoDB."""

    client: Any
    name: str

    @property
    def items(self) -> LedgerCalls:
        return LedgerCalls(self.client, self.name)


@contextmanager
def empty_table(client: Any) -> Iterator[Table]:
    """A table that is gone afterwards."""
    name = f"ledger-{uuid4()}"
    create_table(client, name)
    yield Table(client=client, name=name)
    client.delete_table(TableName=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerOn:
    """A ledger and its books over one empty store."""

    ledger: Ledger
    books: LedgerBooks


class LedgerOfEachThread:
    """A ledger per thread, as each environment of a function has its own and knows its own past."""

    def __init__(self, make: Callable[[], Ledger]) -> None:
        self._make, self._own = make, threading.local()

    def __getattr__(self, name: str) -> Any:
        if not hasattr(self._own, "ledger"):
            self._own.ledger = self._make()
        return getattr(self._own.ledger, name)


def ledger_on(table: Table) -> LedgerOn:
    """The real adapters."""
    return LedgerOn(
        ledger=LedgerOfEachThread(lambda: DynamoDbLedger(table.items, pause)),
        books=DynamoDbBooks(table.items, pause, ManualClock()),
    )


def spoil(table: Table, pk: str, sk: str, **attributes: str) -> None:
    """Let these texts of an item be others; an empty one is not there any more."""
    item = table.client.get_item(
        TableName=table.name, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
    )["Item"]
    texts = {name: {"S": text} for name, text in attributes.items() if text}
    left = {name: value for name, value in item.items() if name not in attributes}
    table.client.put_item(TableName=table.name, Item={**left, **texts})
