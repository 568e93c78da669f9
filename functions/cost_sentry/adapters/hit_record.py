"""A call that was answered from a cache: its record, and the running totals of what that spared.

| item | pk | sk |
| --- | --- | --- |
| answered from a cache | ``REQUEST#<request id>`` | ``<account>#CACHED`` |
| savings of a day | ``SAVINGS#<account>`` | ``DAY#<day>#<part>`` |

A day's savings lie in some parts, added when they are read: hits that come together write to
different items, and do not hold each other up. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any

from cost_sentry.adapters.ledger_items import Item, key, number
from cost_sentry.adapters.reservation_record import (
    milliseconds,
    moment_of,
    usage_from_record,
    usage_to_record,
)
from cost_sentry.application.answer_ports import DaySavings
from cost_sentry.domain.answer_cache import CacheHit

PARTS = 16
SAVINGS_KEPT = timedelta(days=400)
"""A little more than a year."""
Action = dict[str, dict[str, Any]]


def hit_to_record(hit: CacheHit) -> list[Any]:
    """A JSON-safe record; ``hit_from_record`` is its inverse."""
    return [
        milliseconds(hit.kept_at),
        hit.age_seconds,
        milliseconds(hit.ends_at),
        usage_to_record(hit.usage),
        hit.avoided_picodollars,
    ]


def hit_from_record(record: Sequence[Any]) -> CacheHit:
    """The hit of a record; ``ValueError`` if it is not one."""
    kept_at, age, ends_at, usage, avoided = record
    return CacheHit(
        kept_at=moment_of(kept_at),
        age_seconds=age,
        ends_at=moment_of(ends_at),
        usage=usage_from_record(usage),
        avoided_picodollars=avoided,
    )


def part_of(request_id: str, attempt: int) -> int:
    """Which part of the day a hit is added to; another one after each meeting."""
    first = int.from_bytes(blake2b(request_id.encode(), digest_size=2).digest())
    return (first + attempt) % PARTS


def put_once(item: Item) -> Action:
    """Write the record unless it is there."""
    return {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def add_to_day(account: str, at: datetime, part: int, hit: CacheHit) -> Action:
    """Add one hit to the savings of its day."""
    day = at.astimezone(UTC).date()
    return {
        "Update": {
            "Key": key(savings_pk(account), f"DAY#{day.isoformat()}#{part:02d}"),
            "UpdateExpression": "ADD hits :one, avoided :avoided SET delete_after = :until",
            "ExpressionAttributeValues": {
                ":one": number(1),
                ":avoided": number(hit.avoided_picodollars),
                ":until": number(int((_midnight(day) + SAVINGS_KEPT).timestamp())),
            },
        }
    }


def savings_pk(account: str) -> str:
    """The partition of an application's savings."""
    return f"SAVINGS#{account}"


def first_sk(day: date) -> str:
    """Before every part of this day, and behind those of the days before."""
    return f"DAY#{day.isoformat()}#"


def days_of(items: Iterable[Mapping[str, Any]], last: date) -> list[DaySavings]:
    """The parts of each day up to ``last`` together, in order."""
    found: dict[date, tuple[int, int]] = {}
    for item in items:
        day = date.fromisoformat(item["sk"]["S"].split("#")[1])
        hits, avoided = found.get(day, (0, 0))
        found[day] = hits + int(item["hits"]["N"]), avoided + int(item["avoided"]["N"])
    return [
        DaySavings(day=day, hits=hits, avoided_picodollars=avoided)
        for day, (hits, avoided) in sorted(found.items())
        if day <= last
    ]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
