"""Shards forget ended calls that the journal has kept for a while, so that their items stay small.

```text
ended ──laid aside──▶ faded ──journal has them all──▶ faded_at ──STAMP_KEPT later──▶ gone
```

A stamp outlives every admission that looked into the journal before the call was in it (P5). It
ages by the ledger's clock where the ledger tells it: who marks it and who drops it need not agree.
"""

from datetime import datetime, timedelta
from typing import Any

from cost_sentry.adapters.journal_progress import progress_key, progress_of
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Item, ShardState, number, place_key, stamp_set
from cost_sentry.domain.request_id import STAMP_KEPT

STAMPS_MIN = 12
"""Fewer are not worth a write: a dozen weigh a hundred bytes."""


def forget_journaled(calls: LedgerCalls, place: str, now: datetime) -> None:
    """One step, if one is due. A write that is refused was overtaken by another run's."""
    item = calls.get(place_key(place))
    if item is None:
        return
    shard, now = ShardState.of(item), calls.answered_at() or now
    if shard.faded:
        if not shard.faded_at:
            if is_journaled(calls, place, _faded_sequence(item)):
                calls.update(_marked(shard, _faded_sequence(item), now))
        elif _age(shard, now) > STAMP_KEPT and len(shard.ended) >= STAMPS_MIN:
            calls.update(_laid_aside(calls, shard, now))
    elif len(shard.ended) >= STAMPS_MIN:
        calls.update(_laid_aside(calls, shard, now))


def forget_idle(calls: LedgerCalls, shard: ShardState, now: datetime) -> int:
    """One step of the same for a shard without calls, however little it remembers."""
    item = calls.get(place_key(shard.place))
    if item is None:
        return 0
    now = calls.answered_at() or now
    if shard.faded and not shard.faded_at:
        if not is_journaled(calls, shard.place, _faded_sequence(item)):
            return 0
        arguments = _marked(shard, _faded_sequence(item), now)
    elif shard.ended:
        if shard.faded and _age(shard, now) <= STAMP_KEPT:
            return 0
        arguments = _laid_aside(calls, shard, now)
    elif _age(shard, now) > STAMP_KEPT:
        arguments = _dropped(shard)
    else:
        return 0
    return isinstance(calls.update(arguments), Written)


def is_journaled(calls: LedgerCalls, place: str, sequence: int) -> bool:
    """Whether every entry of the shard up to this one is in the journal."""
    progress = progress_of(calls.get(progress_key(place)))
    return progress.projected >= sequence and all(m > sequence for m in progress.missing)


def _dropped(shard: ShardState) -> dict[str, Any]:
    return {
        "Key": place_key(shard.place),
        "UpdateExpression": "REMOVE faded, faded_at, faded_sequence",
        "ConditionExpression": "faded_at = :was",
        "ExpressionAttributeValues": {":was": number(shard.faded_at)},
    }


def _age(shard: ShardState, now: datetime) -> timedelta:
    return timedelta(milliseconds=_milliseconds(now) - shard.faded_at)


def _faded_sequence(item: Item) -> int:
    return int(item.get("faded_sequence", {"N": "0"})["N"])


def _marked(shard: ShardState, faded_sequence: int, now: datetime) -> dict[str, Any]:
    """On the condition that these are the stamps that the journal was asked about."""
    same = "attribute_exists(faded) AND faded_sequence = :seen"
    return {
        "Key": place_key(shard.place),
        "UpdateExpression": "SET faded_at = :now",
        "ConditionExpression": f"{same} AND attribute_not_exists(faded_at)",
        "ExpressionAttributeValues": {
            ":now": number(_milliseconds(now)),
            ":seen": number(faded_sequence),
        },
    }


def _laid_aside(calls: LedgerCalls, shard: ShardState, now: datetime) -> dict[str, Any]:
    """Put what ended in the place of what faded long ago; it has faded too if it is journaled."""
    values: dict[str, Any] = {
        ":ended": stamp_set(shard.ended),
        ":sequence": number(shard.sequence),
    }
    condition = "attribute_not_exists(faded)"
    if shard.faded:
        condition = "faded_at = :was"
        values[":was"] = number(shard.faded_at)
    sets, removes = "faded = :ended, faded_sequence = :sequence", " REMOVE faded_at"
    if is_journaled(calls, shard.place, shard.sequence):
        sets, removes = f"{sets}, faded_at = :now", ""
        values[":now"] = number(_milliseconds(now))
    return {
        "Key": place_key(shard.place),
        "UpdateExpression": f"SET {sets}{removes} DELETE ended :ended",
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
    }


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)
