"""Keys and attributes of what is known of each scope's burn rate. Pure: no call is made here.

| item | pk | sk |
| --- | --- | --- |
| what a scope usually uses, and its incident | ``BURN#<kind>#<name>`` | ``STATE`` |

``rings`` are the bytes of all rings of the history, one behind the other.
"""

import json
from typing import Any

from cost_sentry.adapters.anomaly_record import anomaly_document, anomaly_from_document
from cost_sentry.adapters.ledger_items import Item, Key, key, number
from cost_sentry.adapters.reservation_record import record_text
from cost_sentry.domain.burn_history import HOURS_KEPT, History
from cost_sentry.domain.burn_noise import Noise
from cost_sentry.domain.burn_state import BurnState
from cost_sentry.domain.meter import Scope

KEPT_HOURS = HOURS_KEPT
"""Of a scope that is silent for longer nothing is known any more, and DynamoDB deletes its item."""
_HOUR_SECONDS = 3_600
FORM = 1
RINGS = len(History(0).rings)


def state_key(scope: Scope) -> Key:
    """Of the scope's one item."""
    kind, name = scope
    return key(f"BURN#{kind}#{name}", "STATE")


def state_attributes(state: BurnState, version: int) -> dict[str, Any]:
    """Everything of the item but its key."""
    kept_until = (state.history.through + KEPT_HOURS) * _HOUR_SECONDS
    record = {
        "form": FORM,
        "through": state.history.through,
        "noise": list(state.noise),
        "calm": state.calm_since,
        "incident": anomaly_document(state.incident) if state.incident else None,
        "told_at": state.told_at,
    }
    return {
        "version": number(version),
        "rings": {"B": b"".join(state.history.rings)},
        "state": {"S": record_text(record)},
        "delete_after": number(kept_until),
    }


def state_of(item: Item) -> BurnState:
    """The inverse; ``ValueError`` if it is none."""
    try:
        record, rings = json.loads(item["state"]["S"]), bytes(item["rings"]["B"])
        if record["form"] != FORM or len(rings) != RINGS * HOURS_KEPT:
            raise ValueError(f"a state of form {record['form']!r} with {len(rings)} bytes")
        parts = [rings[at * HOURS_KEPT : (at + 1) * HOURS_KEPT] for at in range(RINGS)]
        incident = record["incident"]
        return BurnState(
            history=History(int(record["through"]), *parts),
            noise=Noise(*map(int, record["noise"])),
            calm_since=int(record["calm"]),
            incident=anomaly_from_document(incident) if incident else None,
            # Earlier states have none: what they told is told once more, under the same id.
            told_at=int(record.get("told_at", 0)),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a state: {error!r}") from error
