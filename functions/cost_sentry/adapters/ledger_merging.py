"""Shards that nobody needs any more: their money goes home, and the shard above takes over again.

Nothing is forgotten early for it (P5): halves are closed only when neither they nor any shard above
them remembers a call, and all three change in one transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_forgetting import forget_idle
from cost_sentry.adapters.ledger_items import CLOSED, SPLIT, ShardState, number, place_key
from cost_sentry.adapters.ledger_moves import Action
from cost_sentry.adapters.ledger_retirement import retire_all
from cost_sentry.domain.shard import ancestors

IDLE_FOR = timedelta(minutes=10)
"""A shard in which nothing happened for so long takes part in merging."""


def tidy_shards(
    calls: LedgerCalls, shards: Sequence[ShardState], now: datetime, writes_max: int
) -> int:
    """One step for each idle shard of one account; how many writes changed something.

    An account that never split is left in peace.
    """
    by_bits = {shard.shard: shard for shard in shards}
    done = 0
    for shard in shards:
        if done >= writes_max:
            break
        if shard.shard or shard.state == SPLIT:
            done += _step(calls, shard, by_bits, now)
    return done


def _step(
    calls: LedgerCalls, shard: ShardState, by_bits: Mapping[str, ShardState], now: datetime
) -> int:
    if shard.pending or shard.expired or not shard.is_idle(now, IDLE_FOR):
        return 0
    if shard.ended or shard.faded:
        return forget_idle(calls, shard, now)
    if shard.inherited:
        above = (by_bits.get(bits) for bits in ancestors(shard.shard))
        settled = all(each is None or not _remembers(each) for each in above)
        return _drop_inheritance(calls, shard) if settled else 0
    if shard.state == SPLIT:
        return retire_all(calls, shard, now) if shard.free else _merge(calls, shard, by_bits, now)
    return 0


def _remembers(shard: ShardState) -> bool:
    return bool(shard.pending or shard.expired or shard.ended or shard.faded or shard.inherited)


def _drop_inheritance(calls: LedgerCalls, shard: ShardState) -> int:
    arguments = {
        "Key": place_key(shard.place),
        "UpdateExpression": "REMOVE inherited",
        "ConditionExpression": "attribute_exists(inherited)",
    }
    return isinstance(calls.update(arguments), Written)


def _merge(
    calls: LedgerCalls, shard: ShardState, by_bits: Mapping[str, ShardState], now: datetime
) -> int:
    """Close both halves and open this one, if all three are at rest and hold nothing."""
    halves = [by_bits.get(shard.shard + bit) for bit in "01"]
    found = [half for half in halves if half is not None]
    at_rest = all(
        half.state is None and not _remembers(half) and half.is_idle(now, IDLE_FOR)
        for half in found
    )
    if len(found) < len(halves) or not at_rest or _remembers(shard):
        return 0
    with_money = [half for half in found if half.free]
    if with_money:
        return retire_all(calls, with_money[0], now)
    closings = [_state_change(half, "SET #state = :to", None, CLOSED) for half in found]
    opening = _state_change(shard, "REMOVE #state", SPLIT, None)
    return isinstance(calls.transact([*closings, opening]), Written)


def _state_change(shard: ShardState, change: str, was: str | None, to: str | None) -> Action:
    """On the condition that nothing happened in the shard since it was read."""
    state = "attribute_not_exists(#state)" if was is None else "#state = :was"
    values: dict[str, Any] = {":sequence": number(shard.sequence)}
    values |= {":was": {"S": was}} if was is not None else {}
    values |= {":to": {"S": to}} if to is not None else {}
    return {
        "Update": {
            "Key": place_key(shard.place),
            "UpdateExpression": change,
            "ConditionExpression": f"{state} AND #sequence = :sequence",
            "ExpressionAttributeNames": {"#state": "state", "#sequence": "sequence"},
            "ExpressionAttributeValues": values,
        }
    }
