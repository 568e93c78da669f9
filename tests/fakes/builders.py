"""Well-formed domain objects, so that a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.measure import Measure, MeasureKind
from cost_sentry.domain.reservation import Hold, Reservation, ReservationState, Resolution
from cost_sentry.domain.window import WindowKind

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class ManualClock:
    """Time that moves when a test says so."""

    def __init__(self, now: datetime = NOON) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def advance(self, **units: float) -> None:
        self.time += timedelta(**units)


def budget(budget_id: str = "search-daily", limit: int = 1_000, **changes: Any) -> Budget:
    given: dict[str, Any] = {
        "id": budget_id,
        "scope": {"team": "search"},
        "unit": Unit.USD,
        "window": WindowKind.DAY,
        "limit": limit,
    }
    return Budget(**{**given, **changes})


def allowance(allowance_id: str = "outage", **changes: Any) -> EmergencyAllowance:
    given: dict[str, Any] = {
        "id": allowance_id,
        "scope": {"team": "search"},
        "model_id": "amazon.nova-lite-v1:0",
        "calls_per_day": 2,
        "input_tokens_max": 30,
        "output_tokens_max": 70,
    }
    return EmergencyAllowance(**{**given, **changes})


def measure(measure_id: str = "i1-1", **changes: Any) -> Measure:
    """Freezes team search for an hour from noon, unless a test says otherwise."""
    given: dict[str, Any] = {
        "id": measure_id,
        "kind": MeasureKind.FREEZE,
        "scope": {"team": "search"},
        "made_at": NOON,
        "until": NOON + timedelta(hours=1),
        "why": "incident i1",
        "undo": "an owner lifts it with `cost-sentry incidents lift i1 --reason …`",
    }
    return Measure(**{**given, **changes})


def hold(amount: int = 100, of: Budget | None = None, now: datetime = NOON) -> Hold:
    of = of or budget()
    return Hold(budget_id=of.id, window_id=of.window_at(now).id, unit=of.unit, amount=amount)


def reservation(
    request_id: str = "r1", *holds: Hold, now: datetime = NOON, **changes: Any
) -> Reservation:
    given: dict[str, Any] = {
        "request_id": request_id,
        "account": "search/web",
        "attempt": f"attempt of {request_id}",
        "digest": f"digest of {request_id}",
        "decision": "ALLOW",
        "model_asked": "amazon.nova-lite-v1:0",
        "model_used": "amazon.nova-lite-v1:0",
        "price_version": "2026-11-20+0123456789ab",
        "input_bound_tokens": 30,
        "output_limit_tokens": 70,
        "quote_picodollars": 100,
        "holds": holds or (hold(),),
        "tags": {"team": "search", "application": "web"},
        "priority": "normal",
        "reserved_at": now,
        "expires_at": now + timedelta(seconds=420),
    }
    return Reservation(**{**given, **changes})


def resolution(
    cost: int = 40, state: ReservationState = ReservationState.SETTLED, **changes: Any
) -> Resolution:
    given: dict[str, Any] = {
        "state": state,
        "resolved_at": NOON + timedelta(seconds=3),
        "cost_picodollars": cost,
        "total_tokens": cost,
        "usage": None,
        "estimated": False,
        "reason": "usage reported",
    }
    return Resolution(**{**given, **changes})
