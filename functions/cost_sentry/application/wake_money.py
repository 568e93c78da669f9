"""Waking is spend: it passes the budgets like a call, by a reservation of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_sentry.application.freeze_check import in_words
from cost_sentry.application.ports import Ledger, Reserved, SameId, Shortage
from cost_sentry.domain.budget import MODEL_TAG, Budget, Unit
from cost_sentry.domain.caller import TEAM_TAG
from cost_sentry.domain.decision import DecisionKind
from cost_sentry.domain.endpoint import Endpoint
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepRecord
from cost_sentry.domain.incident_measure import incident_of, lift_command
from cost_sentry.domain.instance_price import HourlyPrices, cost_picodollars, hourly_picodollars
from cost_sentry.domain.invocation import Priority, account_of
from cost_sentry.domain.measure import Measure, MeasureKind
from cost_sentry.domain.measures_in_force import in_force
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.money import dollars_text
from cost_sentry.domain.reservation import (
    WAKE_PREFIX,
    Hold,
    Reservation,
    ReservationState,
    Resolution,
)
from cost_sentry.domain.sentry_config import SentryConfig

EXECUTION = "endpoint"
"""The execution that reserves for wakes; no caller's has this name, for theirs are longer."""
NO_TEAM = "-"
_EXPIRES_AFTER_WAKE = timedelta(hours=1)
"""Nobody lost it by then: a wake that ends later has been charged in full, as it would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeRefused:
    """It sleeps on."""

    reason: str
    budget_id: str | None = None
    """Which budget cannot pay: the ledger said so, and holds nothing."""
    by: str = ""
    """What else refused it, for whoever tells each once: an incident, or what is missing."""
    undo: str = ""
    """What a person can do about it."""
    id_is_used: bool = False
    """The reservation id was used by a wake that has ended."""


UNPRICED = WakeRefused(
    reason="nobody knows any more what its instances cost",
    by="unpriced",
    undo="name their price under endpoints.instancePrices in sentry.yaml",
)
UNCOVERED = WakeRefused(
    reason="no budget in dollars covers its tags any more",
    by="uncovered",
    undo="add a budget in dollars for its tags, or correct its tags in SageMaker",
)


def paying_tags(tags: Mapping[str, str], config: SentryConfig) -> Mapping[str, str]:
    """Of an endpoint's tags those that budgets go by."""
    used = {name for budget in config.budgets for name in budget.scope} | {
        *config.required_tags,
        *config.known_tags,
        TEAM_TAG,
        "application",
    }
    return {name: value for name, value in tags.items() if name in used - {MODEL_TAG}}


def paying_budgets(endpoint: Endpoint, config: SentryConfig) -> tuple[Budget, ...]:
    """The budgets in dollars that cover the endpoint by its tags.

    A budget of one model, or of agent runs, has nothing to do with instances.
    """
    tags = paying_tags(endpoint.tags, config)
    covering = config.budgets_of(tags, f"{WAKE_PREFIX}{endpoint.name}")
    return tuple(one for one in covering if one.unit is Unit.USD and one.session is None)


def has_budget(endpoint: Endpoint, config: SentryConfig) -> bool:
    """Whether one of them bounds what is spent: without one nothing is, as for calls."""
    return any(budget.bounds for budget in paying_budgets(endpoint, config))


def _why_short(budget_id: str, config: SentryConfig) -> str:
    """Of a budget that is in no ``sentry.yaml``: where it comes from."""
    tightens = _tightening(budget_id, config)
    return f"; {in_words(tightens)}; {tightens.undo}" if tightens else ""


def _undo_short(budget_id: str, config: SentryConfig) -> str:
    tightens = _tightening(budget_id, config)
    if tightens is None:
        return "raise that budget, or wait for its next window"
    return lift_command(incident_of(tightens))


def _tightening(budget_id: str, config: SentryConfig) -> Measure | None:
    """The measure whose budget this is."""
    tightening = (one for one in config.measures if one.kind is MeasureKind.TIGHTEN)
    return next((one for one in tightening if one.budget.id == budget_id), None)


def frozen_by(endpoint: Endpoint, config: SentryConfig, now: datetime) -> Measure | None:
    """What freezes whom the endpoint is of, or the model that it is; the one that lasts longest."""
    tags = paying_tags(endpoint.tags, config)
    models = [
        base_model_id(name)
        for name, model in config.endpoint_models.items()
        if model.endpoint and model.endpoint.name == endpoint.name
    ]
    freezes = (
        one
        for one in config.measures
        if one.kind is MeasureKind.FREEZE
        and one.is_in_force(now)
        and any(one.covers(tags, model) for model in ("", *models))
    )
    return max(freezes, key=lambda one: one.until, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeMoney:
    """The ledger, as a wake sees it."""

    ledger: Ledger
    config: SentryConfig
    rules: EndpointRules
    prices: HourlyPrices
    price_version: str

    def why_not(self, record: SleepRecord, now: datetime) -> WakeRefused | None:
        """Why it may not be woken whatever the budgets have left; no ledger is asked.

        Measures in force bind it as they bind calls: a freeze refuses it.
        """
        endpoint = record.snapshot.endpoint
        if freeze := frozen_by(endpoint, in_force(self.config, now), now):
            incident = incident_of(freeze)
            reason = f"{in_words(freeze)}; {freeze.undo}"
            return WakeRefused(reason=reason, by=incident, undo=lift_command(incident))
        if self._quote(endpoint) is None:
            return UNPRICED
        return None if has_budget(endpoint, in_force(self.config, now)) else UNCOVERED

    def hold(self, record: SleepRecord, now: datetime) -> Reservation | WakeRefused:
        """Hold what the shortest time awake costs. Raises ``LedgerUnavailable`` (P9).

        The budget of what is slowed down must pay like every other. Whoever asks again for the same
        wake, because an answer was lost, finds what is held.
        """
        endpoint, config = record.snapshot.endpoint, in_force(self.config, now)
        refused, quote = self.why_not(record, now), self._quote(endpoint)
        if refused or quote is None:
            return refused or UNPRICED
        budgets = paying_budgets(endpoint, config)
        match self.ledger.reserve(self._reservation(record, budgets, quote, now)):
            case Reserved(reservation=held) | SameId(reservation=held, resolution=None):
                return held
            case SameId():
                return WakeRefused(reason="that wake has ended", id_is_used=True)
            case Shortage(hold=hold, remaining=remaining):
                reason = (
                    f"budget {hold.budget_id} has {dollars_text(remaining.left)} of "
                    f"{dollars_text(remaining.limit)} USD left, and a wake holds "
                    f"{dollars_text(hold.amount)}{_why_short(hold.budget_id, config)}"
                )
                undo = _undo_short(hold.budget_id, config)
                return WakeRefused(reason=reason, budget_id=hold.budget_id, undo=undo)

    def hold_nothing(self, record: SleepRecord, now: datetime) -> bool:
        """Give back what the ledger may hold for a wake that nobody begins; whether it did.

        It was asked, and its answer was lost. Neither budgets nor prices are needed to ask what it
        holds, so nothing that refuses the wake refuses this. What has expired was charged, for
        nobody knew; that is made good.
        """
        known = self.ledger.known(self._reservation(record, (), 0, now))
        if known is None:
            return False
        ended = known.resolution if isinstance(known, SameId) else None
        if ended is None or ended.state is ReservationState.EXPIRED:
            self.give_back(known.reservation, now)
        return True

    def _quote(self, endpoint: Endpoint) -> int | None:
        """What the shortest time awake costs, in picodollars; ``None``: nobody knows."""
        up = timedelta(minutes=self.rules.up_minutes_min)
        return cost_picodollars(hourly_picodollars(endpoint.fleets, self.prices), up)

    def spend(self, held: Reservation, now: datetime) -> None:
        """It woke: post the shortest time awake. Raises ``LedgerUnavailable``."""
        self._resolve(held, now, ReservationState.SETTLED, "woken")

    def spend_unknown(
        self, held: Reservation, now: datetime, endpoint: Endpoint, ran: timedelta
    ) -> int:
        """Instances may have run for all of this time: it is posted, and what was held at least.

        Returns what is posted by now: only what was held, if its reservation had expired before.
        """
        cost = cost_picodollars(hourly_picodollars(endpoint.fleets, self.prices), ran)
        most = max(cost or 0, held.quote_picodollars)
        reason = "nobody knows what a wake that failed has cost"
        settled = ReservationState.SETTLED
        return self._resolve(held, now, settled, reason, unknown_picodollars=most)

    def give_back(self, held: Reservation, now: datetime) -> None:
        """Surely nothing was begun."""
        reason = "SageMaker refused to begin"
        self._resolve(held, now, ReservationState.VOIDED, reason)

    def _resolve(
        self,
        held: Reservation,
        now: datetime,
        state: ReservationState,
        reason: str,
        *,
        unknown_picodollars: int | None = None,
    ) -> int:
        """What the ledger has posted of it, in picodollars.

        ``unknown_picodollars``: it cost at most so much; ``None``: what was held, surely.
        """
        is_void = state is ReservationState.VOIDED
        cost = held.quote_picodollars if unknown_picodollars is None else unknown_picodollars
        resolution = Resolution(
            state=state,
            resolved_at=now,
            cost_picodollars=0 if is_void else cost,
            total_tokens=0,
            usage=None,
            estimated=unknown_picodollars is not None,
            reason=reason,
        )
        return self.ledger.resolve(held, resolution).resolved.resolution.cost_picodollars

    def _reservation(
        self, record: SleepRecord, budgets: tuple[Budget, ...], quote: int, now: datetime
    ) -> Reservation:
        endpoint = record.snapshot.endpoint
        tags = {TEAM_TAG: NO_TEAM, **paying_tags(endpoint.tags, self.config)}
        model = f"{WAKE_PREFIX}{endpoint.name}"
        lasts = self.rules.give_up_after + timedelta(minutes=self.rules.up_minutes_min)
        return Reservation(
            request_id=record.wake_id,
            # No caller has such an account, so none can take the id of a wake.
            account=f"{account_of(tags)}/{endpoint.name}",
            attempt=f"{EXECUTION}.{record.cycle}.{record.wakes}",
            digest=record.wake_id,
            decision=DecisionKind.ALLOW.value,
            model_asked=model,
            model_used=model,
            price_version=self.price_version,
            input_bound_tokens=0,
            output_limit_tokens=0,
            quote_picodollars=quote,
            holds=tuple(
                Hold(
                    budget_id=budget.id,
                    window_id=budget.window_at(now).id,
                    unit=budget.unit,
                    amount=quote,
                )
                for budget in budgets
            ),
            tags=tags,
            priority=Priority.NORMAL.value,
            reserved_at=now,
            expires_at=now + lasts + _EXPIRES_AFTER_WAKE,
        )
