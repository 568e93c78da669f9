"""Accounts in which nothing happens are not read any more, until somebody calls again.

```text
open ──idle: forgets, money goes home──▶ empty ──struck off the register──▶ at rest ──call──▶ open
```

What a scheduled run reads grows with the accounts that are in use, not with all there ever were.
The item of the first shard stays: its entries are counted on, and it says that it takes no call.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_forgetting import forget_idle
from cost_sentry.adapters.ledger_items import CLOSED, ShardState, number, place_key, registry_key
from cost_sentry.adapters.ledger_moves import Action
from cost_sentry.adapters.ledger_retirement import retire_all
from cost_sentry.domain.shard import ROOT

REST_AFTER_SECONDS = 3_600
"""From then on it costs less to come back once than to be read by every scheduled run."""


def lay_to_rest(
    calls: LedgerCalls, shards: Sequence[ShardState], now: datetime, writes_max: int
) -> int:
    """One step for an idle account; how many writes changed something.

    An account that has split is merged first. Nothing is forgotten early (P5), and what it owes is
    paid before it rests.
    """
    root = next((shard for shard in shards if shard.shard == ROOT), None)
    if writes_max <= 0 or root is None or not _is_idle(root, now):
        return 0
    if root.ended or root.faded:
        return forget_idle(calls, root, now)
    if root.free:
        return retire_all(calls, root, now)
    return isinstance(calls.transact(_closing(root)), Written)


def _is_idle(root: ShardState, now: datetime) -> bool:
    if root.state is not None or root.pending or root.expired:
        return False
    return root.is_idle(now, timedelta(seconds=REST_AFTER_SECONDS))


def _closing(root: ShardState) -> list[Action]:
    """On the condition that nothing happened in it since it was read."""
    close = {
        "Key": place_key(root.place),
        "UpdateExpression": "SET #state = :closed",
        "ConditionExpression": "attribute_not_exists(#state) AND #sequence = :sequence",
        "ExpressionAttributeNames": {"#state": "state", "#sequence": "sequence"},
        "ExpressionAttributeValues": {
            ":closed": {"S": CLOSED},
            ":sequence": number(root.sequence),
        },
    }
    return [{"Update": close}, {"Delete": {"Key": registry_key(root.account)}}]
