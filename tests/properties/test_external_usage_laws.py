"""What is booked as external usage is never more than it was, and at rest all of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.external_usage import (
    Base,
    Horizons,
    OwnCalls,
    Seen,
    lower_bounds,
    total,
    unbooked,
)
from cost_sentry.domain.meter import NOTHING, Counts, Meter
from cost_sentry.domain.usage_cursor import (
    UsageCursor,
    drift,
    folded,
    new_cursor,
    with_booked,
    with_intents,
    with_metered,
)
from tests.fakes.builders import NOON

MINUTE = timedelta(minutes=1)
LENGTH = 12
HORIZONS = Horizons(timedelta(minutes=7))


@dataclass(frozen=True)
class Call:
    """One call to a model, own or not: what it may use, what it used, when it was metered."""

    start: int
    metered: int
    ended: int
    used: Counts
    bound: Counts
    is_own: bool


def tokens(amount: int) -> Counts:
    return Counts(calls=1, input_tokens=amount, output_tokens=2 * amount)


@st.composite
def calls(draw) -> list[Call]:
    made = []
    for _ in range(draw(st.integers(1, 10))):
        start = draw(st.integers(0, LENGTH - 1))
        metered = draw(st.integers(start, min(start + 3, LENGTH - 1)))
        bound = draw(st.integers(0, 9))
        made.append(
            Call(
                start=start,
                metered=metered,
                ended=draw(st.integers(metered, LENGTH + 4)),
                used=tokens(draw(st.integers(0, bound))),
                bound=tokens(bound),
                is_own=draw(st.booleans()),
            )
        )
    return made


def own_at(made: list[Call], now: int, twice: set[int]) -> dict[datetime, Meter]:
    """Meters as they stand at this minute; bounds of some calls are counted twice for ever."""
    found: dict[datetime, Meter] = {}
    for number, call in enumerate(made):
        if not call.is_own or call.start > now:
            continue
        has_ended = call.ended <= now
        change = Meter(
            used=call.used if has_ended else NOTHING,
            held=total([call.bound] * (2 if number in twice else 1)),
            released=call.bound if has_ended else NOTHING,
        )
        minute = NOON + call.start * MINUTE
        old = found.get(minute, Meter())
        found[minute] = Meter(
            used=old.used + change.used,
            held=old.held + change.held,
            released=old.released + change.released,
        )
    return found


def external_until(made: list[Call], minute: int) -> Counts:
    return total(call.used for call in made if not call.is_own and call.metered <= minute)


def booked_until(cursor: UsageCursor, minute: int) -> Counts:
    last = NOON + minute * MINUTE
    recent = (kept.booked for at, kept in cursor.minutes.items() if at <= last)
    return total([cursor.base.booked, *recent])


@given(calls(), st.data())
def test_booked_is_at_no_minute_more_than_was_used_and_at_rest_all_of_it(made, data):
    points: dict[int, Counts] = {}
    for call in made:
        points[call.metered] = points.get(call.metered, NOTHING) + call.used
    arrives = {minute: data.draw(st.integers(minute, LENGTH + 5)) for minute in points}
    twice: set[int] = set()
    cursor = new_cursor("m", NOON)

    looks = sorted(data.draw(st.sets(st.integers(0, LENGTH + 4), min_size=1)))
    rest = LENGTH + int(HORIZONS.exact / MINUTE) + 1
    for now in [*looks, rest]:
        until = min(now, LENGTH)
        metered = {
            NOON + minute * MINUTE: counts
            for minute, counts in points.items()
            if arrives[minute] <= now and data.draw(st.booleans() if now < rest else st.just(True))
        }
        cursor = with_metered(cursor, metered, NOON + until * MINUTE)
        own = OwnCalls(minutes=own_at(made, now, twice), now=NOON + now * MINUTE, horizons=HORIZONS)
        cursor = folded(with_booked(with_intents(cursor, own, None, "book")), own)
        for minute in range(LENGTH):
            truth = external_until(made, minute)
            assert booked_until(cursor, minute).at_most(truth) == booked_until(cursor, minute)

    assert cursor.booked == external_until(made, LENGTH)
    assert drift(cursor, own) == (NOTHING, None)
    assert with_intents(cursor, own, None, "book").intents == ()


@st.composite
def minutes(draw) -> list[Seen]:
    amounts = st.integers(0, 9)
    return [
        Seen(
            minute=NOON + number * MINUTE,
            metered=tokens(draw(amounts)),
            own=tokens(draw(amounts)),
            booked=tokens(draw(amounts)),
            doubt=tokens(draw(amounts)),
        )
        for number in range(draw(st.integers(1, 8)))
    ]


@given(minutes())
def test_no_minute_is_booked_past_its_bound_whatever_was_booked_before(seen):
    bounds, more = lower_bounds(Base(), seen), unbooked(Base(), seen)

    assert all(one.at_most(other) == one for one, other in pairwise(bounds))
    assert all(each.at_least(NOTHING) == each for each in more)
    for place, bound in enumerate(bounds):
        before = total(each.booked for each in seen[: place + 1])
        now = before + total(more[: place + 1])
        assert now.at_most(before.at_least(bound)) == now
    last = total(each.booked for each in seen)
    assert last + total(more) == last.at_least(bounds[-1])


@given(minutes(), st.integers(0, 8))
def test_folding_minutes_away_changes_no_bound_of_those_that_stay(seen, count):
    old, new = seen[:count], seen[count:]
    base = Base(
        metered=total(each.metered for each in old),
        own=total(each.own for each in old),
        bound=lower_bounds(Base(), old)[-1] if old else NOTHING,
        booked=total(each.booked for each in old),
    )

    assert lower_bounds(base, new) == lower_bounds(Base(), seen)[len(old) :]
