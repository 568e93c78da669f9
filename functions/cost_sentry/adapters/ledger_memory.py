"""What became of a request id: the shard knows the present, the journal the past (P4, P5)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_forgetting import is_journaled
from cost_sentry.adapters.ledger_items import (
    ShardState,
    adjusted_key,
    parse_resolved,
    place_key,
    resolved_key,
)
from cost_sentry.application.ports import Resolved, SameId
from cost_sentry.domain.errors import (
    FieldError,
    InvariantViolated,
    LedgerBehind,
    LedgerUnavailable,
    RequestRefused,
)
from cost_sentry.domain.request_id import AHEAD_MAX, is_ahead, is_fresh, made_at
from cost_sentry.domain.reservation import (
    Reservation,
    ReservationState,
    Resolution,
    ResolvedReservation,
)
from cost_sentry.domain.shard import ancestors, place_of

LOOKS_MAX = 25
"""At the journal, for a call that ended a moment ago; with the pauses between them some seconds."""
LOOK_AGAIN_AFTER = timedelta(seconds=10)
"""An admission may go on for longer than a shard remembers a call that took place meanwhile."""
CLOCK_TRUSTED_FOR = timedelta(minutes=5)
"""How long this machine's clock is taken to keep its distance from the ledger's."""

Ended = tuple[Reservation, Resolution]


class Memory:
    """Reads only. ``pause`` waits a little before the n-th look at the journal."""

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None]) -> None:
        self._calls = calls
        self._pause = pause
        self._clock: tuple[datetime, timedelta] | None = None

    def of_the_past(self, reservation: Reservation, *, at_once: bool = True) -> SameId | None:
        """Whether the journal has the id, unless the id proves that it is new.

        An id is as new as its own time says (``domain.request_id``), by the ledger's clock: this
        machine's may be wrong. ``RequestRefused`` for an id whose time is still to come.

        ``at_once``: the reservation was made just now, so its time and the answer's tell how the
        two clocks differ; after a wait they would not.
        """
        local = reservation.reserved_at
        now = self._ledger_time(local)
        if now is not None and is_fresh(reservation.request_id, now):
            return None
        ended = self._journaled(reservation)
        answered_at = self._calls.answered_at()
        if answered_at is not None:
            if at_once and self._calls.answered_at_once:
                self._clock = local, answered_at - local
            _refuse_ahead(reservation.request_id, answered_at)
        return None if ended is None else _same_id(ended)

    def of_the_past_again(self, reservation: Reservation) -> SameId | None:
        """Before one more try, if the id was taken to be new a while ago: what the journal knows.

        By the ledger's last answer, which is what made one more try needed.
        """
        asked_at, answered_at = (
            self._ledger_time(reservation.reserved_at),
            self._calls.answered_at(),
        )
        if asked_at is None or answered_at is None or answered_at - asked_at <= LOOK_AGAIN_AFTER:
            return None
        ended = self._journaled(reservation)
        return None if ended is None else _same_id(ended)

    def _ledger_time(self, local: datetime) -> datetime | None:
        if self._clock is None or abs(local - self._clock[0]) > CLOCK_TRUSTED_FOR:
            return None
        return local + self._clock[1]

    def _journaled(self, reservation: Reservation) -> Ended | None:
        """The lasting memory of this id; what is known of its cost now counts."""
        name = reservation.request_id, reservation.account
        item = self._calls.get(resolved_key(*name))
        if item is None:
            return None
        ended = parse_resolved(item["record"]["S"])
        if ended[1].state is ReservationState.EXPIRED:
            adjusted = self._calls.get(adjusted_key(*name))
            ended = ended if adjusted is None else parse_resolved(adjusted["record"]["S"])
        return ended

    def in_shard(self, shard: ShardState, asked: Reservation) -> Reservation | SameId | None:
        """Whether the id is taken, as far as the shard that would hold it can say.

        A reservation of the same execution is given as it is held: it is to be gone on with.
        """
        held = shard.pending_reservation(asked.request_id)
        if held is not None:
            return _held(held, asked)
        expired = shard.expired_reservation(asked.request_id)
        if expired is not None:
            return _same_id(expired)
        return self._remembered(shard, asked) if shard.remembers(asked.request_id) else None

    def _remembered(self, shard: ShardState, asked: Reservation) -> Reservation | SameId:
        """The call ended here, or a shard that this one came from held it."""
        ended = _by_entry(shard, asked.request_id)
        for attempt in range(LOOKS_MAX):
            ended = ended or self._journaled(asked)
            if ended is not None:
                return _same_id(ended)
            above = self._above(shard, asked)
            if above is not None:
                return above
            self._pause(attempt)
        raise LedgerBehind(
            f"request id {asked.request_id!r} was used a moment ago, and how that ended cannot be"
            " read yet"
        )

    def _above(self, shard: ShardState, asked: Reservation) -> Reservation | SameId | None:
        for bits in ancestors(shard.shard):
            item = self._calls.get(place_key(place_of(shard.account, bits)))
            if item is None:
                continue
            older = ShardState.of(item)
            held = older.pending_reservation(asked.request_id)
            if held is not None:
                return _held(held, asked)
            ended = older.expired_reservation(asked.request_id) or _by_entry(
                older, asked.request_id
            )
            if ended is not None:
                return _same_id(ended)
        return None

    def resolved_before(self, mine: ResolvedReservation, shard: ShardState | None) -> Resolved:
        """How the reservation ended; ``InvariantViolated`` if it was never held (P4).

        ``shard`` is the item that refused the write. What it says itself is the latest.
        """
        request_id, ended = mine.reservation.request_id, None
        if shard is not None:
            ended = shard.expired_reservation(request_id) or _by_entry(shard, request_id)
        for attempt in range(LOOKS_MAX):
            ended = ended or self._lasting(mine.reservation, shard)
            if ended is not None:
                resolved = ResolvedReservation(reservation=ended[0], resolution=ended[1])
                return Resolved(resolved=resolved, first=resolved == mine)
            if shard is None or not shard.remembers(request_id):
                raise InvariantViolated(
                    f"P4: reservation {request_id!r} is neither pending nor resolved"
                )
            self._pause(attempt)
        raise LedgerUnavailable(f"how {request_id!r} ended a moment ago cannot be read yet")

    def _lasting(self, reservation: Reservation, shard: ShardState | None) -> Ended | None:
        """What the journal says, unless it may still change; the shard has no record of it.

        An expired call's record leaves its shard in two ways. The true cost was told: then that has
        an entry, which may be on its way into the journal. Or a day has passed: then the charge
        stays. So once the journal has every entry of the shard, what it says is the last word.
        """
        ended = self._journaled(reservation)
        if ended is None or shard is None or not _may_be_outdated(ended, shard):
            return ended
        if not is_journaled(self._calls, shard.place, shard.sequence):
            return None
        return self._journaled(reservation)  # Again: the entry may have come since the first look.


def _may_be_outdated(ended: Ended, shard: ShardState) -> bool:
    """It expired, and so lately that the shard still remembers the id."""
    reservation, resolution = ended
    expired = resolution.state is ReservationState.EXPIRED
    return expired and shard.remembers(reservation.request_id)


def adopted_by_another(shard: ShardState | None, mine: Reservation) -> Reservation | None:
    """The pending reservation, if another invocation of the same execution holds it now."""
    held = None if shard is None else shard.pending_reservation(mine.request_id)
    return held if held is not None and _is_same_call(held, mine) else None


def charged_when_expired(shard: ShardState | None, mine: ResolvedReservation) -> Ended | None:
    """The expired reservation and what it was charged, if its true cost is known now."""
    true = mine.resolution
    if shard is None or true.estimated or true.state is ReservationState.EXPIRED:
        return None
    expired = shard.expired_reservation(mine.reservation.request_id)
    return expired if expired is not None and _is_same_call(expired[0], mine.reservation) else None


def _is_same_call(held: Reservation, mine: Reservation) -> bool:
    """Equal but for the invocation of their execution that holds it."""
    return held.execution == mine.execution and replace(held, attempt=mine.attempt) == mine


def _by_entry(shard: ShardState, request_id: str) -> Ended | None:
    """The id's end, if it was the last thing that happened in the shard."""
    entry = shard.last_entry()
    if entry is None or entry.reservation is None or entry.resolution is None:
        return None
    if entry.reservation.request_id != request_id:
        return None
    return entry.reservation, entry.resolution


def _held(held: Reservation, asked: Reservation) -> Reservation | SameId:
    if held.execution == asked.execution:
        return held
    return SameId(reservation=held, resolution=None)


def _same_id(ended: Ended) -> SameId:
    return SameId(reservation=ended[0], resolution=ended[1])


def _refuse_ahead(request_id: str, now: datetime) -> None:
    if not is_ahead(request_id, now):
        return
    made = made_at(request_id)
    problem = f"says that it was made at {made and made.isoformat()}, which is still to come"
    allowed = (
        "an id of another kind, or a version 7 UUID made by a clock that is at most"
        f" {AHEAD_MAX.seconds} seconds ahead"
    )
    raise RequestRefused((FieldError(field="requestId", problem=problem, allowed=allowed),))
