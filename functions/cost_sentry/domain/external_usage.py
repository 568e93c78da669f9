"""How much of what Amazon CloudWatch metered cannot have been the sentry's own calls.

Of each kind for itself, up to a minute T, that is at least

    max over T' ≤ T of (metered up to T' - own up to T')

for the tokens of a call are metered at its start or later, and ``own`` is, by minute of start, the
most that the sentry's calls can have used. What is metered late, and what turns out to be less than
its bound, only raises it; at rest it is the truth. So what is booked by it is never too much.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cost_sentry.domain.meter import NOTHING, Counts, Meter
from cost_sentry.domain.price_book import ModelPrice, cost_picodollars, rates_at
from cost_sentry.domain.usage import TokenUsage


@dataclass(frozen=True, slots=True)
class Horizons:
    """How long what is late is waited for, by how long a reservation may stay unresolved."""

    hold: timedelta

    @property
    def overlap(self) -> timedelta:
        """How late a metered point may come and still be seen."""
        return max(timedelta(hours=3), self.hold + timedelta(hours=2))

    @property
    def exact(self) -> timedelta:
        """How long after its minute every call has ended or expired, and that was journaled.

        What was counted twice of its bounds is left out from then on.
        """
        return self.overlap - timedelta(hours=1)

    @property
    def doubt(self) -> timedelta:
        """By then a call that was set aside for an outage, and used, is booked."""
        return self.hold + timedelta(minutes=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Sums over all minutes that are not looked at any more."""

    metered: Counts = NOTHING
    own: Counts = NOTHING
    bound: Counts = NOTHING
    """Of external usage, from below."""
    booked: Counts = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One minute as it is compared."""

    minute: datetime
    metered: Counts
    own: Counts
    booked: Counts
    doubt: Counts = NOTHING
    """What calls may have used up to then that are set aside for outages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCalls:
    """What the sentry's own calls to a model used, and still may, as it stands now."""

    minutes: Mapping[datetime, Meter]
    slots: Meter = field(default_factory=Meter)
    """Of calls that were set aside for outages, and begin in any minute."""
    now: datetime
    horizons: Horizons

    def bound(self, minute: datetime) -> Counts:
        """The most that calls of this minute used; exact once they must have ended."""
        meter = self.minutes.get(minute)
        if meter is None:
            return NOTHING
        return meter.used if self.now - minute >= self.horizons.exact else meter.bound

    def doubt(self, minute: datetime) -> Counts:
        """What slots may have used up to this minute that nobody booked yet."""
        is_recent = self.now - minute < self.horizons.doubt
        return self.slots.bound - self.slots.used if is_recent else NOTHING


def total(counts: Iterable[Counts]) -> Counts:
    """Their sum."""
    return sum(counts, NOTHING)


def lower_bounds(base: Base, seen: Sequence[Seen], standing: Counts = NOTHING) -> list[Counts]:
    """Of external usage up to each of these minutes.

    Args:
        base: the sums before them.
        seen: minutes, in order.
        standing: what own calls used that may have begun in any minute.
    """
    metered, own, bound = base.metered, base.own + standing, base.bound
    bounds = []
    for each in seen:
        metered, own = metered + each.metered, own + each.own
        bound = bound.at_least(metered - own - each.doubt)
        bounds.append(bound)
    return bounds


def unbooked(base: Base, seen: Sequence[Seen], standing: Counts = NOTHING) -> list[Counts]:
    """What of each minute is to be booked now.

    As early as can be, and never so that the sum up to any minute passes its bound. Where a bound
    fell below what was booked by an earlier one, both are true, and nothing is booked.
    """
    bounds, booked = lower_bounds(base, seen, standing), base.booked
    rooms = []
    for each, bound in zip(seen, bounds, strict=True):
        booked = booked + each.booked
        rooms.append((bound - booked).at_least(NOTHING))
    for place in range(len(rooms) - 2, -1, -1):
        rooms[place] = rooms[place].at_most(rooms[place + 1])
    before = NOTHING
    amounts = []
    for room in rooms:
        amounts.append(room - before)
        before = room
    return amounts


def external_cost(price: ModelPrice, amounts: Counts) -> int:
    """What external usage costs, where nobody knows the calls one by one.

    What was written to a cache is charged at the dearest time that it may stay there. Where prices
    go by the length of a prompt, the mean one's counts, for a sum of many calls is no prompt.
    """
    prompts = amounts.input_tokens + amounts.cache_read_tokens + amounts.cache_write_tokens
    mean = -(-prompts // amounts.calls) if amounts.calls else prompts
    flat = ModelPrice(model_id=price.model_id, rates=rates_at(price, mean))
    return max(cost_picodollars(flat, usage_of(amounts, is_long=long)) for long in (False, True))


def usage_of(amounts: Counts, *, is_long: bool = True) -> TokenUsage:
    """The tokens by bucket; what was written to a cache for five minutes or, long, for an hour."""
    return TokenUsage(
        input_tokens=amounts.input_tokens,
        output_tokens=amounts.output_tokens,
        cache_read_tokens=amounts.cache_read_tokens,
        cache_write_5m_tokens=0 if is_long else amounts.cache_write_tokens,
        cache_write_1h_tokens=amounts.cache_write_tokens if is_long else 0,
    )
