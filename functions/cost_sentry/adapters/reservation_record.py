"""Reservations and resolutions as JSON lists: in the ledger, the journal and the ticket.

Lists without names, because a reservation rides inside a DynamoDB item that is billed by the
kilobyte. The first member is the form's number, so that a later form can be told from this one.
Amounts are whole numbers; a record travels through a state machine only as a string, because the
numbers of JSONata are doubles.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.reservation import Hold, Reservation, ReservationState, Resolution
from cost_sentry.domain.usage import TokenUsage

Record = list[Any]
FORM = 1


def record_text(record: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """The one canonical text of a record, so that equality of text is equality of content."""
    return json.dumps(record, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def reservation_to_record(reservation: Reservation) -> Record:
    """Whole, for wherever no key says whose it is; ``reservation_from_record`` is its inverse."""
    r = reservation
    return [FORM, r.request_id, r.account, r.shard, *held_record(r)]


def reservation_from_record(record: Sequence[Any]) -> Reservation:
    """The reservation of a record; ``ValueError`` if it is not one."""
    try:
        form, request_id, account, shard, *held = record
    except (TypeError, ValueError) as error:
        raise ValueError(f"not a reservation: {error}") from error
    if form != FORM:
        raise ValueError(f"a reservation of form {form!r}; only {FORM} is known here")
    return reservation_from_held(held, request_id=request_id, account=account, shard=shard)


def held_record(reservation: Reservation) -> Record:
    """What a shard's item keeps of it: all but id, account and shard, which its place says."""
    r = reservation
    return [
        r.attempt,
        r.digest,
        r.decision,
        r.model_asked,
        None if r.model_used == r.model_asked else r.model_used,
        r.price_version,
        r.input_bound_tokens,
        r.output_limit_tokens,
        r.quote_picodollars,
        [[h.budget_id, h.window_id, h.unit.value, h.amount] for h in r.holds],
        dict(r.tags),
        r.priority,
        milliseconds(r.reserved_at),
        milliseconds(r.expires_at) - milliseconds(r.reserved_at),
        *([_place(r)] if r.path_digests is not None or r.retry or r.calls != 1 else []),
    ]


def _place(reservation: Reservation) -> Record:
    """Where in its run a call stood; of external usage, how many calls it was."""
    path, calls = reservation.path_digests, reservation.calls
    in_run = [None if path is None else list(path), reservation.retry]
    return in_run if calls == 1 else [*in_run, calls]


def reservation_from_held(
    record: Sequence[Any], *, request_id: str, account: str, shard: str
) -> Reservation:
    """The inverse of ``held_record``; ``ValueError`` if it is not one."""
    try:
        attempt, digest, decision, asked, used, book, bound, output, quote, *rest = record
        holds, tags, priority, reserved_at, held_for_milliseconds, *in_run = rest
        path, retry, *calls = in_run[0] if in_run else (None, 0)
        return Reservation(
            request_id=request_id,
            account=account,
            shard=shard,
            attempt=attempt,
            digest=digest,
            decision=decision,
            model_asked=asked,
            model_used=asked if used is None else used,
            price_version=book,
            input_bound_tokens=bound,
            output_limit_tokens=output,
            quote_picodollars=quote,
            holds=tuple(
                Hold(budget_id=budget, window_id=window, unit=Unit(unit), amount=amount)
                for budget, window, unit, amount in holds
            ),
            tags=dict(tags),
            priority=priority,
            reserved_at=moment_of(reserved_at),
            expires_at=moment_of(reserved_at + held_for_milliseconds),
            path_digests=None if path is None else tuple(path),
            retry=retry,
            calls=calls[0] if calls else 1,
        )
    except TypeError as error:
        raise ValueError(f"not a reservation: {error}") from error


def resolution_to_record(resolution: Resolution) -> Record:
    """A JSON-safe record; ``resolution_from_record`` is its inverse."""
    usage = resolution.usage
    return [
        resolution.state.value,
        milliseconds(resolution.resolved_at),
        resolution.cost_picodollars,
        resolution.total_tokens,
        None if usage is None else usage_to_record(usage),
        resolution.estimated,
        resolution.reason,
        *([] if resolution.calls is None else [resolution.calls]),
    ]


def resolution_from_record(record: Sequence[Any]) -> Resolution:
    """The resolution of a record; ``ValueError`` if it is not one."""
    try:
        state, resolved_at, cost, total, used, estimated, reason, *calls = record
        return Resolution(
            state=ReservationState(state),
            resolved_at=moment_of(resolved_at),
            cost_picodollars=cost,
            total_tokens=total,
            usage=None if used is None else usage_from_record(used),
            estimated=estimated,
            reason=reason,
            calls=calls[0] if calls else None,
        )
    except TypeError as error:
        raise ValueError(f"not a resolution: {error}") from error


def usage_to_record(usage: TokenUsage) -> Record:
    """Five counts of tokens; ``usage_from_record`` is its inverse."""
    return [
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_5m_tokens,
        usage.cache_write_1h_tokens,
    ]


def usage_from_record(record: Sequence[int]) -> TokenUsage:
    """The usage of a record; ``ValueError`` if it is not one."""
    fresh, output, read, write_5m, write_1h = record
    return TokenUsage(
        input_tokens=fresh,
        output_tokens=output,
        cache_read_tokens=read,
        cache_write_5m_tokens=write_5m,
        cache_write_1h_tokens=write_1h,
    )


def milliseconds(moment: datetime) -> int:
    """A moment as records keep it: whole milliseconds since 1970, UTC."""
    whole = moment.astimezone(UTC)
    return int(whole.timestamp()) * 1000 + whole.microsecond // 1000


def moment_of(milliseconds: int) -> datetime:
    """The inverse of ``milliseconds``; ``ValueError`` if there is no such moment."""
    seconds, rest = divmod(milliseconds, 1000)
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest * 1000)
    except (OverflowError, OSError) as error:
        raise ValueError(f"not a moment: {milliseconds} milliseconds since 1970") from error
