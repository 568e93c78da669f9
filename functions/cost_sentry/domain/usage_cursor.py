"""How far the usage of a model was compared with what was metered, and what was booked of it.

Of each minute everything is booked once: what is to be booked is written down first, and after that
nobody looks again before it is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cost_sentry.domain.external_usage import (
    Base,
    Horizons,
    OwnCalls,
    Seen,
    external_cost,
    lower_bounds,
    total,
    unbooked,
)
from cost_sentry.domain.meter import NOTHING, Counts, minute_of
from cost_sentry.domain.price_book import ModelPrice

MINUTE = timedelta(minutes=1)
READABLE = timedelta(days=14, hours=12)
"""CloudWatch keeps points of one minute for 15 days; several runs that catch up need some hours."""
LEAD = timedelta(minutes=15)
"""Calls that began so long before the first minute that is compared may be metered in it."""
INTENTS_MAX = 30
"""Minutes that are booked together; the others come after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """One minute that is still looked at."""

    metered: Counts = NOTHING
    """The most that was ever seen of it."""
    booked: Counts = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is to be booked of one minute, written down before it is: nobody may change it."""

    number: int
    """Of the bookings of this model, from 1."""
    minute: datetime
    amounts: Counts
    """``picodollars`` is what they cost; 0 if nobody knows."""
    price_version: str | None
    """Of the book that the cost is from; ``None``: it has no price for the model."""
    charged_as: str | None = None
    """The model behind what it was metered as; ``None``: whoever books it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageCursor:
    """One model's."""

    model_id: str
    start: datetime
    """The first minute whose metered usage counts."""
    since: datetime
    """The first minute that is still looked at."""
    until: datetime
    """The first minute that nobody has looked at."""
    base: Base = field(default_factory=Base)
    minutes: Mapping[datetime, Minute] = field(default_factory=dict)
    number: int = 0
    """Of the last booking."""
    intents: tuple[Intent, ...] = ()
    """Written down, and perhaps not booked yet."""
    version: int = 0
    """Of what is stored; 0: nothing is."""

    @property
    def booked(self) -> Counts:
        """All that was booked of the model."""
        return total([self.base.booked, *(minute.booked for minute in self.minutes.values())])


def new_cursor(model_id: str, start: datetime) -> UsageCursor:
    """Of a model that nobody looked at before; ``start`` is a whole minute."""
    since = start - LEAD
    return UsageCursor(model_id=model_id, start=start, since=since, until=since)


def is_legible(cursor: UsageCursor, now: datetime) -> bool:
    """Whether what it has not looked at can still be read, and the own calls beside it."""
    return now - cursor.until <= READABLE


def is_at_rest(cursor: UsageCursor, horizons: Horizons) -> bool:
    """Whether nothing of what it has looked at waits to be booked: by then it is folded."""
    return not cursor.intents and cursor.since >= cursor.until - horizons.overlap


def oldest_start(now: datetime) -> datetime:
    """The first minute at which a cursor may begin and be legible."""
    return minute_of(now - READABLE + LEAD) + MINUTE


def restarted(cursor: UsageCursor, start: datetime) -> UsageCursor:
    """It goes on from ``start``, with nothing of what was before but the numbers of its bookings.

    The sentry's own calls of back then are forgotten: compared with nothing, what was metered of
    them would be somebody else's.
    """
    fresh = new_cursor(cursor.model_id, start)
    return replace(fresh, number=cursor.number, version=cursor.version)


def with_metered(
    cursor: UsageCursor, metered: Mapping[datetime, Counts], until: datetime
) -> UsageCursor:
    """The cursor that has seen these minutes too; of each the most that was ever seen counts.

    What belongs to no minute that is looked at is left out.
    """
    minutes = dict(cursor.minutes)
    for minute, counts in metered.items():
        if max(cursor.start, cursor.since) <= minute < until and counts != NOTHING:
            known = minutes.get(minute, Minute())
            minutes[minute] = replace(known, metered=known.metered.at_least(counts))
    return replace(cursor, minutes=minutes, until=max(cursor.until, until))


def seen_minutes(cursor: UsageCursor, own: OwnCalls) -> tuple[Seen, ...]:
    """Every minute that the cursor has looked at and in which something was, in order."""
    kept = cursor.minutes
    return tuple(
        Seen(
            minute=minute,
            metered=kept[minute].metered if minute in kept else NOTHING,
            own=own.bound(minute),
            booked=kept[minute].booked if minute in kept else NOTHING,
            doubt=own.doubt(minute),
        )
        for minute in sorted({*kept, *own.minutes})
        if cursor.since <= minute < cursor.until
    )


def with_intents(
    cursor: UsageCursor,
    own: OwnCalls,
    price: ModelPrice | None,
    price_version: str,
    *,
    charged_as: str | None = None,
) -> UsageCursor:
    """The cursor that says what is to be booked, at a price and to a model that are fixed by that.

    A profile whose model is known now may be gone when it is booked.
    """
    seen = seen_minutes(cursor, own)
    amounts = zip(seen, unbooked(cursor.base, seen, own.slots.used), strict=True)
    some = [(each.minute, more) for each, more in amounts if more != NOTHING][:INTENTS_MAX]
    intents = tuple(
        Intent(
            number=cursor.number + place,
            minute=minute,
            amounts=replace(more, picodollars=external_cost(price, more) if price else 0),
            price_version=price_version if price else None,
            charged_as=None if charged_as == cursor.model_id else charged_as,
        )
        for place, (minute, more) in enumerate(some, 1)
    )
    return replace(cursor, intents=intents)


def with_booked(cursor: UsageCursor) -> UsageCursor:
    """The cursor once its intents are booked."""
    minutes = dict(cursor.minutes)
    for intent in cursor.intents:
        known = minutes.get(intent.minute, Minute())
        minutes[intent.minute] = replace(known, booked=known.booked + _unpriced(intent.amounts))
    number = cursor.intents[-1].number if cursor.intents else cursor.number
    return replace(cursor, minutes=minutes, number=number, intents=())


def folded(cursor: UsageCursor, own: OwnCalls) -> UsageCursor:
    """The cursor without the minutes that are older than the overlap; their sums stay."""
    since = max(cursor.since, cursor.until - own.horizons.overlap)
    old = [each for each in seen_minutes(cursor, own) if each.minute < since]
    if not old:
        return replace(cursor, since=since)
    base = cursor.base
    return replace(
        cursor,
        since=since,
        base=Base(
            metered=total([base.metered, *(each.metered for each in old)]),
            own=total([base.own, *(each.own for each in old)]),
            bound=lower_bounds(base, old, own.slots.used)[-1],
            booked=total([base.booked, *(each.booked for each in old)]),
        ),
        minutes={minute: kept for minute, kept in cursor.minutes.items() if minute >= since},
    )


def drift(cursor: UsageCursor, own: OwnCalls) -> tuple[Counts, datetime | None]:
    """Metered, and neither own nor booked, and since which minute; nothing and ``None`` at rest.

    It is below 0 while own calls are running, or when the points of some minutes are missing. Of
    what lies before the minutes that are still looked at nobody knows since when: the first one.
    """
    base = cursor.base
    sums = _unpriced(base.metered - base.own - own.slots.used - base.booked)
    since = None if sums == NOTHING else cursor.since
    for each in seen_minutes(cursor, own):
        sums = _unpriced(sums + each.metered - each.own - each.booked)
        since = None if sums == NOTHING else since or each.minute
    return sums, since


def _unpriced(counts: Counts) -> Counts:
    return replace(counts, picodollars=0)
