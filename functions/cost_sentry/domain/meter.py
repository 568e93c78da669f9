"""What the sentry's own calls used, by minute of their start: per model, team and application.

Counted from entries. ``used`` is exact: it changes with the entry that says it. ``held`` are bounds
of calls that began; they may be counted twice, and never too late. So
``used + max(0, held - released)`` is at every moment at least what calls of that minute can use.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.caller import APPLICATION_TAG, TEAM_TAG
from cost_sentry.domain.emergency import is_slot
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution
from cost_sentry.domain.spend import RESOLVING_KINDS, UNNAMED

MODEL, TEAM, APPLICATION = MODEL_TAG, TEAM_TAG, APPLICATION_TAG
Scope = tuple[str, str]
"""``("model", id as called)``, ``("team", id)`` or ``("application", "team/application")``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Calls, their cost and their tokens; of a change they may be negative."""

    calls: int = 0
    picodollars: int = 0
    input_tokens: int = 0
    """Without cached ones, as Converse and CloudWatch count them."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            calls=self.calls + other.calls,
            picodollars=self.picodollars + other.picodollars,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
        )

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(
            calls=self.calls - other.calls,
            picodollars=self.picodollars - other.picodollars,
            input_tokens=self.input_tokens - other.input_tokens,
            output_tokens=self.output_tokens - other.output_tokens,
            cache_read_tokens=self.cache_read_tokens - other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens - other.cache_write_tokens,
        )

    def at_least(self, other: "Counts") -> "Counts":
        """The larger of both, each for itself."""
        return Counts(
            calls=max(self.calls, other.calls),
            picodollars=max(self.picodollars, other.picodollars),
            input_tokens=max(self.input_tokens, other.input_tokens),
            output_tokens=max(self.output_tokens, other.output_tokens),
            cache_read_tokens=max(self.cache_read_tokens, other.cache_read_tokens),
            cache_write_tokens=max(self.cache_write_tokens, other.cache_write_tokens),
        )

    def at_most(self, other: "Counts") -> "Counts":
        """The smaller of both, each for itself."""
        return Counts(
            calls=min(self.calls, other.calls),
            picodollars=min(self.picodollars, other.picodollars),
            input_tokens=min(self.input_tokens, other.input_tokens),
            output_tokens=min(self.output_tokens, other.output_tokens),
            cache_read_tokens=min(self.cache_read_tokens, other.cache_read_tokens),
            cache_write_tokens=min(self.cache_write_tokens, other.cache_write_tokens),
        )


COUNT_NAMES = tuple(f.name for f in fields(Counts))
NOTHING = Counts()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterChange:
    """What an entry adds to one meter."""

    scope: Scope
    minute: datetime | None
    """In which its calls began; ``None`` for slots of emergency allowances, whose calls begin some
    time after they were set aside."""
    used: Counts = NOTHING
    held: Counts = NOTHING
    released: Counts = NOTHING
    """The bounds of calls that ended, however they did."""

    @property
    def is_nothing(self) -> bool:
        """A call that used what was assumed of it, or changes that cancel each other."""
        return self.used == self.held == self.released == NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One meter, read."""

    used: Counts = NOTHING
    held: Counts = NOTHING
    released: Counts = NOTHING

    @property
    def bound(self) -> Counts:
        """What its calls have used or still can, at most."""
        return self.used + (self.held - self.released).at_least(NOTHING)


def minute_of(moment: datetime) -> datetime:
    """The start of its minute, in UTC."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def changes_before(entry: LedgerEntry) -> tuple[MeterChange, ...]:
    """What must be counted before the entry is written, at least once: a call began."""
    held = entry.reservation
    if (
        held is None
        or entry.kind is not EntryKind.RESERVE
        or not held.is_model_call
        or is_slot(held)
    ):
        return ()
    minute, began = minute_of(held.reserved_at), bounds_of(held)
    money = Counts(calls=1, picodollars=held.quote_picodollars)
    return (
        MeterChange(scope=(MODEL, held.model_used), minute=minute, held=began),
        *(MeterChange(scope=scope, minute=minute, held=money) for scope in _callers(held)),
    )


def changes_with(entry: LedgerEntry) -> tuple[MeterChange, ...]:
    """What must be counted with the entry, exactly once: how a call ended; that a slot was made."""
    held, ended = entry.reservation, entry.resolution
    if held is None or not held.is_model_call:
        return ()  # External usage is compared with these; a wake pays for many minutes in one.
    minute = None if is_slot(held) else minute_of(held.reserved_at)
    model = (MODEL, held.model_used)
    if entry.kind is EntryKind.RESERVE and minute is None:
        return (MeterChange(scope=model, minute=None, held=bounds_of(held)),)
    if entry.kind not in RESOLVING_KINDS or ended is None:
        return ()
    used, released = _used(held, ended), bounds_of(held)
    if entry.kind is EntryKind.ADJUST:
        used, released = used - _assumed(held, held.quote_picodollars), NOTHING
    changes = [MeterChange(scope=model, minute=minute, used=used, released=released)]
    began = minute or minute_of(ended.resolved_at)
    if used != NOTHING:
        changes += [MeterChange(scope=s, minute=began, used=used) for s in _callers(held)]
    return tuple(changes)


def added(changes: Iterable[MeterChange]) -> tuple[MeterChange, ...]:
    """One change for each meter that they change."""
    sums: dict[tuple[Scope, datetime | None], MeterChange] = {}
    for change in changes:
        name = change.scope, change.minute
        known = sums.get(name)
        sums[name] = change if known is None else _sum(known, change)
    return tuple(change for change in sums.values() if not change.is_nothing)


def bounds_of(held: Reservation) -> Counts:
    """The most that the call can use: any token of its prompt may be cached, or read from there."""
    return _assumed(held, held.quote_picodollars)


def _assumed(held: Reservation, cost: int) -> Counts:
    return Counts(
        calls=1,
        picodollars=cost,
        input_tokens=held.input_bound_tokens,
        output_tokens=held.output_limit_tokens,
        cache_read_tokens=held.input_bound_tokens,
        cache_write_tokens=held.input_bound_tokens,
    )


def _used(held: Reservation, ended: Resolution) -> Counts:
    """Of a call whose usage nobody knows, its bounds."""
    usage = ended.usage
    if ended.state is ReservationState.VOIDED:
        return NOTHING
    if usage is None:
        return _assumed(held, ended.cost_picodollars)
    return Counts(
        calls=1,
        picodollars=ended.cost_picodollars,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
    )


def _callers(held: Reservation) -> tuple[Scope, Scope]:
    team, application = held.tags.get(TEAM, UNNAMED), held.tags.get(APPLICATION, UNNAMED)
    return (TEAM, team), (APPLICATION, f"{team}/{application}")


def _sum(one: MeterChange, other: MeterChange) -> MeterChange:
    return MeterChange(
        scope=one.scope,
        minute=one.minute,
        used=one.used + other.used,
        held=one.held + other.held,
        released=one.released + other.released,
    )
