"""A model's cursor as JSON text. Lists without names: the item is written every minute."""

import json
from datetime import UTC, datetime
from typing import Any

from cost_sentry.adapters.reservation_record import record_text
from cost_sentry.domain.external_usage import Base
from cost_sentry.domain.meter import COUNT_NAMES, Counts
from cost_sentry.domain.usage_cursor import Intent, Minute, UsageCursor

FORM = 1
_MINUTE_SECONDS = 60


def cursor_to_text(cursor: UsageCursor) -> str:
    """Everything but model and version, which the item's key and another attribute say."""
    base = cursor.base
    return record_text(
        [
            FORM,
            *map(_minute, (cursor.start, cursor.since, cursor.until)),
            [_counts(c) for c in (base.metered, base.own, base.bound, base.booked)],
            [
                [_minute(at), _counts(kept.metered), _counts(kept.booked)]
                for at, kept in sorted(cursor.minutes.items())
            ],
            cursor.number,
            list(map(_intent, cursor.intents)),
        ]
    )


def cursor_from_text(text: str, *, model_id: str, version: int) -> UsageCursor:
    """The inverse of ``cursor_to_text``; ``ValueError`` if it is none."""
    form, start, since, until, base, minutes, number, intents = json.loads(text)
    if form != FORM:
        raise ValueError(f"a usage cursor of form {form!r}; only {FORM} is known here")
    metered, own, bound, booked = map(_from_counts, base)
    return UsageCursor(
        model_id=model_id,
        version=version,
        start=_moment(start),
        since=_moment(since),
        until=_moment(until),
        base=Base(metered=metered, own=own, bound=bound, booked=booked),
        minutes={
            _moment(at): Minute(metered=_from_counts(seen), booked=_from_counts(done))
            for at, seen, done in minutes
        },
        number=number,
        intents=tuple(_from_intent(*intent) for intent in intents),
    )


def _intent(intent: Intent) -> list[Any]:
    """The model is said of a profile only."""
    told = [intent.number, _minute(intent.minute), _counts(intent.amounts), intent.price_version]
    return told if intent.charged_as is None else [*told, intent.charged_as]


def _from_intent(
    number: int, at: int, amounts: list[int], book: str | None, charged_as: str | None = None
) -> Intent:
    return Intent(
        number=number,
        minute=_moment(at),
        amounts=_from_counts(amounts),
        price_version=book,
        charged_as=charged_as,
    )


def _counts(counts: Counts) -> list[int]:
    """In the order of their names, without zeros at the end."""
    amounts = [getattr(counts, name) for name in COUNT_NAMES]
    while amounts and not amounts[-1]:
        amounts.pop()
    return amounts


def _from_counts(amounts: list[int]) -> Counts:
    return Counts(**dict(zip(COUNT_NAMES, amounts, strict=False)))


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // _MINUTE_SECONDS


def _moment(minute: Any) -> datetime:  # noqa: ANN401 - out of JSON
    return datetime.fromtimestamp(minute * _MINUTE_SECONDS, tz=UTC)
