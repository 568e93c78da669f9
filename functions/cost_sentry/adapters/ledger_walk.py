"""Walks over shards, for work by schedule and for operators; never on the way of a call."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES


def shards_of(calls: LedgerCalls, account: str) -> Iterator[ShardState]:
    """All shards of an account, whatever state they are in."""
    for item in calls.query(f"ACCOUNT#{account}"):
        yield ShardState.of(item)


def accounts(calls: LedgerCalls) -> Iterator[str]:
    """The register of accounts."""
    for line in calls.query("ACCOUNTS"):
        yield line["sk"]["S"]


def turn_of(now: datetime) -> int:
    """How many scheduled runs there were: each begins where another one did not."""
    return int(now.timestamp()) // (60 * EXPIRY_EVERY_MINUTES)


def in_turn(names: Iterable[str], turn: int) -> list[str]:
    """The names from another one on in each turn, so that the first do not always come first."""
    found = [*names]
    first = turn % max(1, len(found))
    return found[first:] + found[:first]


def shards_of_all(calls: LedgerCalls, turn: int = 0) -> Iterator[ShardState]:
    """All shards of all accounts; ``turn`` says which of the accounts is the first one."""
    for account in in_turn(accounts(calls), turn):
        yield from shards_of(calls, account)
