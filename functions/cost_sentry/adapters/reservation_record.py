"""Reservations and resolutions as JSON records, in the ledger, the journal and the ticket.

Names are short because a reservation rides inside a DynamoDB item that is billed by the kilobyte.
Amounts are whole numbers; a record travels through a state machine only as a string, because the
numbers of JSONata are doubles.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.reservation import Hold, Reservation, ReservationState, Resolution
from cost_sentry.domain.usage import TokenUsage

Record = dict[str, Any]


def record_text(record: Mapping[str, Any]) -> str:
    """The one canonical text of a record, so that equality of text is equality of content."""
    return json.dumps(record, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def reservation_to_record(reservation: Reservation) -> Record:
    """A JSON-safe record; ``reservation_from_record`` is its inverse."""
    return {
        "id": reservation.request_id,
        "acct": reservation.account,
        "try": reservation.attempt,
        "dig": reservation.digest,
        "dec": reservation.decision,
        "ask": reservation.model_asked,
        "use": reservation.model_used,
        "book": reservation.price_version,
        "in": reservation.input_bound_tokens,
        "out": reservation.output_limit_tokens,
        "quo": reservation.quote_picodollars,
        "hold": [[h.budget_id, h.window_id, h.unit.value, h.amount] for h in reservation.holds],
        "tags": dict(reservation.tags),
        "pri": reservation.priority,
        "at": _milliseconds(reservation.reserved_at),
        "exp": _milliseconds(reservation.expires_at),
    }


def reservation_from_record(record: Mapping[str, Any]) -> Reservation:
    """The reservation of a record; ``KeyError`` or ``ValueError`` if it is not one."""
    holds = tuple(
        Hold(budget_id=budget, window_id=window, unit=Unit(unit), amount=amount)
        for budget, window, unit, amount in record["hold"]
    )
    return Reservation(
        request_id=record["id"],
        account=record["acct"],
        attempt=record["try"],
        digest=record["dig"],
        decision=record["dec"],
        model_asked=record["ask"],
        model_used=record["use"],
        price_version=record["book"],
        input_bound_tokens=record["in"],
        output_limit_tokens=record["out"],
        quote_picodollars=record["quo"],
        holds=holds,
        tags=dict(record["tags"]),
        priority=record["pri"],
        reserved_at=_moment(record["at"]),
        expires_at=_moment(record["exp"]),
    )


def resolution_to_record(resolution: Resolution) -> Record:
    """A JSON-safe record; ``resolution_from_record`` is its inverse."""
    usage = resolution.usage
    return {
        "state": resolution.state.value,
        "at": _milliseconds(resolution.resolved_at),
        "cost": resolution.cost_picodollars,
        "tok": resolution.total_tokens,
        "use": None
        if usage is None
        else [
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_5m_tokens,
            usage.cache_write_1h_tokens,
        ],
        "est": resolution.estimated,
        "why": resolution.reason,
    }


def resolution_from_record(record: Mapping[str, Any]) -> Resolution:
    """The resolution of a record; ``KeyError`` or ``ValueError`` if it is not one."""
    usage = None
    if record["use"] is not None:
        fresh, output, read, write_5m, write_1h = record["use"]
        usage = TokenUsage(
            input_tokens=fresh,
            output_tokens=output,
            cache_read_tokens=read,
            cache_write_5m_tokens=write_5m,
            cache_write_1h_tokens=write_1h,
        )
    return Resolution(
        state=ReservationState(record["state"]),
        resolved_at=_moment(record["at"]),
        cost_picodollars=record["cost"],
        total_tokens=record["tok"],
        usage=usage,
        estimated=record["est"],
        reason=record["why"],
    )


def _milliseconds(moment: datetime) -> int:
    whole = moment.astimezone(UTC)
    return int(whole.timestamp()) * 1000 + whole.microsecond // 1000


def _moment(milliseconds: int) -> datetime:
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest * 1000)
