"""Keys and attributes of the meters, and the writes that add to them. Pure.

| item | pk | sk | attributes |
| --- | --- | --- | --- |
| one minute of a scope | ``METER#<kind>:<name>`` | ``MINUTE#<minute>`` | ``used_…``, ``held_…`` |
| slots of a model | ``METER#model:<id>`` | ``SLOTS`` | the same |
| scopes of an hour | ``METERS#<hour>`` | ``<kind>:<name>`` | |

Minutes and hours are written ``2026-11-29T17:05`` and ``2026-11-29T17``, in UTC, so that they sort.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cost_sentry.adapters.ledger_items import Item, Key, key, number
from cost_sentry.domain.meter import COUNT_NAMES, Counts, Meter, MeterChange, Scope

METERS_KEPT = timedelta(days=17)
"""After its minute. Longer than CloudWatch keeps the points that they are compared with, and the
longest overlap (`usage_cursor.READABLE`, `external_usage.Horizons`)."""
SLOTS_KEY = "SLOTS"
_MINUTE, _HOUR, _PREFIX = "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H", "MINUTE#"
_PARTS = ("used", "held", "released")


def scope_text(scope: Scope) -> str:
    """``model:amazon.nova-lite-v1:0``."""
    return f"{scope[0]}:{scope[1]}"


def scope_of(text: str) -> Scope:
    """The inverse of ``scope_text``."""
    kind, _, name = text.partition(":")
    return kind, name


def meters_pk(scope: Scope) -> str:
    """The partition of a scope's meters."""
    return f"METER#{scope_text(scope)}"


def minute_sk(minute: datetime) -> str:
    """The sort key of a minute."""
    return f"{_PREFIX}{minute.astimezone(UTC).strftime(_MINUTE)}"


def minute_in(item: Item) -> datetime:
    """The minute of an item."""
    text = item["sk"]["S"].removeprefix(_PREFIX)
    return datetime.strptime(text, _MINUTE).replace(tzinfo=UTC)


def hour_pk(moment: datetime) -> str:
    """The partition that says who had calls in this hour."""
    return f"METERS#{moment.astimezone(UTC).strftime(_HOUR)}"


def meter_key(scope: Scope, minute: datetime | None) -> Key:
    """Of one meter."""
    return key(meters_pk(scope), SLOTS_KEY if minute is None else minute_sk(minute))


def mark_item(scope: Scope, minute: datetime) -> Item:
    """That the scope had something in the hour of this minute."""
    return {**key(hour_pk(minute), scope_text(scope)), **_gone_after(minute)}


def add_to_meter(change: MeterChange) -> dict[str, Any]:
    """The arguments of an update; the item is made by the first."""
    amounts = {
        f"{part}_{name}": amount
        for part in _PARTS
        for name in COUNT_NAMES
        if (amount := getattr(getattr(change, part), name))
    }
    adds = [f"#a{i} :a{i}" for i, _ in enumerate(amounts)]
    gone = {} if change.minute is None else _gone_after(change.minute)
    setting = "SET delete_after = :gone " if gone else ""
    return {
        "Key": meter_key(change.scope, change.minute),
        "UpdateExpression": f"{setting}ADD {', '.join(adds)}",
        "ExpressionAttributeNames": {f"#a{i}": name for i, name in enumerate(amounts)},
        "ExpressionAttributeValues": {
            **{f":a{i}": number(amount) for i, amount in enumerate(amounts.values())},
            **({":gone": gone["delete_after"]} if gone else {}),
        },
    }


def meter_of(item: Item | None) -> Meter:
    """The meter of an item; one that nobody added to is empty."""
    kept = item or {}
    return Meter(**{part: _counts(kept, part) for part in _PARTS})


def _counts(item: Item, part: str) -> Counts:
    return Counts(
        **{n: int(item[f"{part}_{n}"]["N"]) for n in COUNT_NAMES if f"{part}_{n}" in item}
    )


def _gone_after(minute: datetime) -> Mapping[str, Any]:
    return {"delete_after": number(int((minute + METERS_KEPT).timestamp()))}
