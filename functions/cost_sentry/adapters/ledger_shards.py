"""Shards of an account: opened, split when they are full, and found again without a read.

```text
open ──split──▶ split: its two halves take its calls ──both halves idle──▶ open again, halves closed
```

Whoever splits a shard marks it first. From then on it takes no call, so what it remembers cannot
grow, and its halves are born with that memory (P5). Every step may be repeated by anybody who finds
it undone, so nobody waits for a split.
"""

from collections.abc import Mapping
from typing import Any

from cost_sentry.adapters.ledger_calls import LedgerCalls, Outcome, Written
from cost_sentry.adapters.ledger_items import (
    CLOSED,
    SPLIT,
    ShardState,
    number,
    place_key,
    registry_key,
    stamp_set,
)
from cost_sentry.adapters.run_windows import is_of_run
from cost_sentry.domain.shard import DEPTH_MAX, ROOT, path_of, place_of, stamp_of

ACCOUNTS_KNOWN_MAX = 1_000
_STATE = {"#state": "state"}


class Shards:
    """One execution environment's knowledge of which shards have split; never trusted to be new.

    A shard that is wrongly believed to be open, or split, says so when it is written to.
    """

    def __init__(self, calls: LedgerCalls) -> None:
        self._calls = calls
        self._split: dict[str, set[str]] = {}

    def shard_of(self, account: str, request_id: str) -> str:
        """Where this request is held, as far as is known here."""
        split, path = self._split.get(account, set()), path_of(request_id)
        length = 0
        while length < DEPTH_MAX and path[:length] in split:
            length += 1
        return path[:length]

    def learn(self, shard: ShardState, request_id: str) -> None:
        """Take in what the item says about itself."""
        if shard.state == SPLIT:
            if len(self._split) >= ACCOUNTS_KNOWN_MAX:
                self._split.clear()
            known = self._split.setdefault(shard.account, set())
            known.add(shard.shard)
            path = path_of(request_id)
            known.update(path[:length] for length in range(shard.depth))

    def unlearn(self, account: str, shard: str) -> None:
        """The shard that this one came from may have taken over again."""
        self._split.get(account, set()).discard(shard[:-1])

    def split(self, shard: ShardState) -> bool:
        """Let two halves take its calls from now on; false if it was not open any more."""
        if len(shard.shard) >= DEPTH_MAX:
            return False
        depth = len(shard.shard) + 1
        marked = self._calls.update(
            {
                "Key": place_key(shard.place),
                "UpdateExpression": "SET #state = :split"
                + (", #depth = :depth" if shard.shard == ROOT else ""),
                "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(#state)",
                "ExpressionAttributeNames": {
                    **_STATE,
                    **({"#depth": "depth"} if shard.shard == ROOT else {}),
                },
                "ExpressionAttributeValues": {
                    ":split": {"S": SPLIT},
                    **({":depth": number(depth)} if shard.shard == ROOT else {}),
                },
                "ReturnValues": "ALL_NEW",
            }
        )
        if not isinstance(marked, Written):
            return False
        parent = ShardState.of(marked.attributes)
        for bit in "01":
            self._open_half(parent, parent.shard + bit)
        if shard.shard != ROOT:
            self._note_depth(shard.account, depth)
        return True

    def _note_depth(self, account: str, depth: int) -> None:
        """A hint for whoever knows nothing yet; it need not be exact."""
        self._calls.update(
            {
                "Key": place_key(account),
                "UpdateExpression": "SET #depth = :depth",
                "ConditionExpression": "#depth < :depth",
                "ExpressionAttributeNames": {"#depth": "depth"},
                "ExpressionAttributeValues": {":depth": number(depth)},
            }
        )

    def open(self, account: str, shard: str) -> None:
        """Create a shard that was found missing, or open one that was found closed.

        Nothing happens if the shard it came from takes the calls itself.
        """
        if shard == ROOT:
            self._open_root(account)
            return
        item = self._calls.get(place_key(place_of(account, shard[:-1])))
        parent = None if item is None else ShardState.of(item)
        if parent is None or parent.state != SPLIT:
            self.unlearn(account, shard)
            if parent is None or parent.state == CLOSED:
                self.open(account, shard[:-1])
            return
        self._open_half(parent, shard)

    def _open_root(self, account: str) -> None:
        """An account is on the register from its first call on, until it is at rest."""
        put = {"Item": _empty(account), "ConditionExpression": "attribute_not_exists(pk)"}
        registered = {"Put": {"Item": registry_key(account)}}
        if not isinstance(self._calls.transact([{"Put": put}, registered]), Written):
            self._calls.transact([{"Update": _reopening(account, frozenset())}, registered])

    def _open_half(self, parent: ShardState, shard: str) -> None:
        place = place_of(parent.account, shard)
        memory = _inheritance(parent)
        heir = {"free": {"M": _succession(parent)}} if shard.endswith("0") else {}
        born = _empty(place) | heir | ({"inherited": stamp_set(memory)} if memory else {})
        put = {"Item": born, "ConditionExpression": "attribute_not_exists(pk)"}
        if not isinstance(self._under(parent, {"Put": put}), Written):
            self._under(parent, {"Update": _reopening(place, memory)})

    def _under(self, parent: ShardState, action: Mapping[str, Any]) -> Outcome:
        """Do it if the shard above is split at that very instant."""
        check = {
            "Key": place_key(parent.place),
            "ConditionExpression": "#state = :split",
            "ExpressionAttributeNames": _STATE,
            "ExpressionAttributeValues": {":split": {"S": SPLIT}},
        }
        return self._calls.transact([{"ConditionCheck": check}, action])


def _inheritance(parent: ShardState) -> frozenset[str]:
    """Stamps of every id that a retry might bring to a half although it was held here."""
    held = frozenset(map(stamp_of, (*parent.pending, *parent.expired)))
    return held | parent.ended | parent.faded | parent.inherited


def _succession(parent: ShardState) -> dict[str, Any]:
    """Of windows in which the parent was behind a pool: one half takes its place in the count.

    It has no money of them yet, but is no newcomer. A half of a shard that never was there is.
    Windows of agent runs come and go; neither half carries one before a call of the run comes.
    """
    behind = (p for p in parent.free if parent.kept_at_most(p) is not None)
    return {purse: number(0) for purse in behind if not is_of_run(purse)}


def _reopening(place: str, memory: frozenset[str]) -> dict[str, Any]:
    update: dict[str, Any] = {
        "Key": place_key(place),
        "UpdateExpression": "REMOVE #state",
        "ConditionExpression": "#state = :closed",
        "ExpressionAttributeNames": dict(_STATE),
        "ExpressionAttributeValues": {":closed": {"S": CLOSED}},
    }
    if memory:
        update["UpdateExpression"] += " ADD inherited :memory"
        update["ExpressionAttributeValues"][":memory"] = stamp_set(memory)
    return update


def _empty(place: str) -> dict[str, Any]:
    nothing: Mapping[str, Any] = {"M": {}}
    maps = dict.fromkeys(("free", "seen", "pending", "expired"), nothing)
    return {**place_key(place), **maps, "sequence": number(0)}
