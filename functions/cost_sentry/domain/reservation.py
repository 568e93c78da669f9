"""Money held for one call, and how it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.shard import ROOT, place_of
from cost_sentry.domain.usage import TokenUsage

EXPIRY_EVERY_MINUTES = 5
"""How often the schedule expires what is overdue, and has debts laid right."""
WAKE_PREFIX = "sagemaker:"
"""Before the endpoint's name, where the ledger has the model of a call; no model's id begins so."""
EXTERNAL_ACCOUNTS = "external/usage/model/"
"""What the accounts begin with that external usage is booked in, before the model: no caller's has
two slashes, and no slot's has three."""


class ReservationState(StrEnum):
    """Pending, then exactly one of the others (P4)."""

    PENDING = "PENDING"
    SETTLED = "SETTLED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What one budget window gives up for one reservation, in the ledger's unit."""

    budget_id: str
    window_id: str
    unit: Unit
    amount: int

    @property
    def key(self) -> str:
        """The budget window's name in the account item: ``search-daily@2026-11-21``."""
        return f"{self.budget_id}@{self.window_id}"


def budget_of(key: str) -> str:
    """The budget in the key of a hold."""
    return key.rsplit("@", 1)[0]


def window_of(key: str) -> str:
    """The window in the key of a hold."""
    return key.rsplit("@", 1)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """The upper bound of one call's cost, fixed at admission (P7). Carries no text (P10)."""

    request_id: str
    account: str
    attempt: str
    """Which execution made it, and behind a dot which of its invocations.

    A retried write of the same execution finds itself, not a twin. Of two invocations of one
    execution only the one that is named last may take it back.
    """
    digest: str
    decision: str
    """``ALLOW`` or ``REROUTE``."""
    model_asked: str
    model_used: str
    price_version: str
    input_bound_tokens: int
    output_limit_tokens: int
    quote_picodollars: int
    holds: tuple[Hold, ...]
    tags: Mapping[str, str]
    priority: str
    reserved_at: datetime
    expires_at: datetime
    path_digests: tuple[str, ...] | None = None
    """Of an agent run: of the names from its root down to the agent that calls, if it says."""
    retry: int = 0
    """Of an agent run: see ``session``."""
    shard: str = ROOT
    """Which shard of the account holds it; whoever resolves it is told."""
    calls: int = 1
    """How many calls it stands for: of external usage any number, else one."""

    @property
    def is_external(self) -> bool:
        """Whether this is usage that passed no gate: its bounds are then what was used."""
        return self.account.startswith(EXTERNAL_ACCOUNTS)

    @property
    def is_wake(self) -> bool:
        """Whether it pays for the instances of an endpoint that is woken, and is no model call."""
        return self.model_used.startswith(WAKE_PREFIX)

    @property
    def is_model_call(self) -> bool:
        """Whether it is for a call that passed the gate: no external usage, and no wake."""
        return not (self.is_external or self.is_wake)

    @property
    def execution(self) -> str:
        """The part of ``attempt`` that all invocations of an execution share."""
        return self.attempt.partition(".")[0]

    @property
    def place(self) -> str:
        """Where its money lies: the shard's name."""
        return place_of(self.account, self.shard)

    @property
    def quote_tokens(self) -> int:
        """What token budgets hold: every token in and out that the call can use."""
        return self.input_bound_tokens + self.output_limit_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How a reservation ended, decided before the write that makes it so."""

    state: ReservationState
    """SETTLED, VOIDED or EXPIRED."""
    resolved_at: datetime
    cost_picodollars: int
    total_tokens: int
    usage: TokenUsage | None
    """``None`` when the call did not run, or when nobody knows."""
    estimated: bool
    """The true cost is unknown and the whole quote was charged (P6)."""
    reason: str
    """``usage reported``, an error name, ``nobody resolved it``."""
    calls: int | None = None
    """How many calls external usage was; ``None``: as many as are held, one."""

    def posting(self, hold: Hold) -> int:
        """What this budget window is charged, in its unit; the rest of the hold goes back.

        Where nobody knows the usage of a call that was charged in full, its tokens in and its
        tokens out are charged in full too (P6).
        """
        return 0 if self.state is ReservationState.VOIDED else self._charge(hold)

    def _charge(self, hold: Hold) -> int:
        match hold.unit:
            case Unit.USD:
                return self.cost_picodollars
            case Unit.TOKENS:
                return self.total_tokens
            case Unit.INPUT_TOKENS:
                return self.usage.prompt_tokens if self.usage else hold.amount
            case Unit.OUTPUT_TOKENS:
                return self.usage.output_tokens if self.usage else hold.amount
            case Unit.REQUESTS | Unit.RETRIES:
                return hold.amount if self.calls is None else self.calls
            case Unit.IN_FLIGHT | Unit.DEPTH | Unit.CHILDREN:
                return 0
        assert_never(hold.unit)

    def back(self, hold: Hold) -> int:
        """What returns to the account; negative where the charge passes the hold."""
        return hold.amount - self.posting(hold)

    def overrun(self, hold: Hold) -> int:
        """How far the charge passes the hold: recorded and reported, never hidden."""
        return max(0, self.posting(hold) - hold.amount)


def charged_in_full(reservation: Reservation, at: datetime) -> Resolution:
    """How a reservation expires: nobody knows what the call cost, so the worst is assumed (P6).

    Of external usage everything is known, and charged as it is, whatever was held for it.
    """
    if reservation.is_external:
        return external_use(reservation, at, state=ReservationState.EXPIRED)
    return Resolution(
        state=ReservationState.EXPIRED,
        resolved_at=at,
        cost_picodollars=reservation.quote_picodollars,
        total_tokens=reservation.quote_tokens,
        usage=None,
        estimated=True,
        reason="nobody resolved it",
    )


def external_use(
    reservation: Reservation,
    at: datetime,
    *,
    state: ReservationState,
    usage: TokenUsage | None = None,
) -> Resolution:
    """How external usage ends: what it was made of is what it costs.

    Args:
        reservation: of external usage.
        at: when.
        state: SETTLED, or EXPIRED if a run died before it could.
        usage: its tokens by bucket, if they are at hand; else as tokens in and out.
    """
    used = usage or TokenUsage(
        input_tokens=reservation.input_bound_tokens, output_tokens=reservation.output_limit_tokens
    )
    return Resolution(
        state=state,
        resolved_at=at,
        cost_picodollars=reservation.quote_picodollars,
        total_tokens=reservation.quote_tokens,
        usage=used,
        estimated=False,
        reason="metered outside the sentry",
        calls=reservation.calls,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedReservation:
    """A reservation with its one and only resolution."""

    reservation: Reservation
    resolution: Resolution
