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


def shards_of_all(calls: LedgerCalls) -> Iterator[ShardState]:
    """All shards of all accounts."""
    for account in accounts(calls):
        yield from shards_of(calls, account)
