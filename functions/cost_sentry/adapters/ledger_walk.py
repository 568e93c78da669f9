"""Walks over shards, for work by schedule and for operators; never on the way of a call."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import Item, ShardState, place_key
from cost_sentry.domain.errors import LedgerThrottled
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES

Thing = TypeVar("Thing")
READ_TOGETHER = 100
"""DynamoDB's limit on the items of one ``BatchGetItem``."""
FEW = 50
"""Accounts that are read one by one, each as it is when its turn comes."""


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


def in_turn(things: Iterable[Thing], turn: int) -> list[Thing]:
    """From another one on in each turn, so that the first do not always come first."""
    found = [*things]
    first = turn % max(1, len(found))
    return found[first:] + found[:first]


def shards_of_all(calls: LedgerCalls, turn: int = 0) -> Iterator[ShardState]:
    """All shards of all accounts; ``turn`` says which of the accounts is the first one."""
    for _, shards in shards_by_account(calls, in_turn(accounts(calls), turn)):
        yield from shards


def shards_by_account(
    calls: LedgerCalls, names: Sequence[str]
) -> Iterator[tuple[str, Iterable[ShardState]]]:
    """Of each of these accounts its shards, read when its turn comes.

    Most accounts never split. Where there are many, their first shards are read a hundred at a
    time: one after the other would take longer than a scheduled run has.
    """
    for first in range(0, len(names), READ_TOGETHER):
        part = names[first : first + READ_TOGETHER]
        roots = _roots(calls, part) if len(names) > FEW else None
        for name, root in zip(part, roots or [None] * len(part), strict=True):
            yield name, (shards_of(calls, name) if roots is None else _behind(calls, name, root))


def _roots(calls: LedgerCalls, names: Sequence[str]) -> list[Item | None] | None:
    """First shards; ``None``: the table gives so many not now, so each is asked for by itself."""
    try:
        return calls.get_many([place_key(name) for name in names])
    except LedgerThrottled:
        return None


def _behind(calls: LedgerCalls, account: str, root: Item | None) -> Iterable[ShardState]:
    """All shards of the account, of which the first is known; below one that takes calls, none."""
    if root is None:
        return ()
    shard = ShardState.of(root)
    return (shard,) if shard.state is None else shards_of(calls, account)
