"""Walks over shards, for work by schedule and for operators; never on the way of a call."""

from collections.abc import Iterator

from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import ShardState


def shards_of(calls: LedgerCalls, account: str) -> Iterator[ShardState]:
    """All shards of an account, whatever state they are in."""
    for item in calls.query(f"ACCOUNT#{account}"):
        yield ShardState.of(item)


def accounts(calls: LedgerCalls) -> Iterator[str]:
    """The register of accounts."""
    for line in calls.query("ACCOUNTS"):
        yield line["sk"]["S"]


def shards_of_all(calls: LedgerCalls, turn: int = 0) -> Iterator[ShardState]:
    """All shards of all accounts; ``turn`` says which of the accounts is the first one."""
    names = [*accounts(calls)]
    first = turn % max(1, len(names))
    for account in names[first:] + names[:first]:
        yield from shards_of(calls, account)
