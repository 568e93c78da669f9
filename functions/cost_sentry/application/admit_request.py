"""Decide one request and hold its money: the verb that everything else exists for.

Rules advise, the ledger decides: what is read before ``ledger.reserve`` may refuse a request that
cannot be served at all, but only the ledger's conditional write spends.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cost_sentry.application.budget_levels import BudgetLevels
from cost_sentry.application.budget_views import views_held
from cost_sentry.application.caller_refusal import as_configured
from cost_sentry.application.candidate_tries import CandidateTries, TooLong
from cost_sentry.application.candidates import Candidate, asked_output_limit
from cost_sentry.application.emergency_ports import Outage, WithoutLedger
from cost_sentry.application.graduated import paused, staged
from cost_sentry.application.input_bound import InputBounds
from cost_sentry.application.model_refusal import refusal_of_length
from cost_sentry.application.offers import Offers, offers_for
from cost_sentry.application.output_limit import output_floor
from cost_sentry.application.policy_check import NOTES_MAX, PolicyCheck
from cost_sentry.application.policy_ports import PolicyEngines
from cost_sentry.application.ports import (
    Clock,
    ConfigSource,
    Ledger,
    PriceBook,
    Reserved,
    SameId,
    TokenCounter,
)
from cost_sentry.application.refusals import exhausted, forbidden, rejection, short_view
from cost_sentry.application.required_tier import Complexity
from cost_sentry.application.retry_after import after_ledger_fault_seconds
from cost_sentry.application.route_refusal import too_long_for_all
from cost_sentry.application.service_tiers import at_service_tiers, prices_of
from cost_sentry.application.shadow_budgets import all_told, would_refuse
from cost_sentry.application.why_allowed import Advice, reserved_rung, why_allowed
from cost_sentry.domain.decision import (
    Decision,
    DecisionKind,
    ReasonCode,
)
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable, invariant
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.replay import replayed
from cost_sentry.domain.reservation import Reservation, ReservationState
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.service_tier import price_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """``decide`` with its ports bound."""

    config_source: ConfigSource
    price_book: PriceBook
    ledger: Ledger
    clock: Clock
    token_counter: TokenCounter | None = None
    """``None``: every prompt is bounded by its bytes."""
    without_ledger: WithoutLedger | None = None
    """``None``: nothing is set aside for outages."""
    policy_engines: PolicyEngines | None = None
    """``None``: a configuration with policies cannot be used."""
    levels: BudgetLevels = field(default_factory=BudgetLevels)
    complexity: Complexity | None = None
    """``None``: no prompt is estimated."""

    def decide(self, request: InvocationRequest, attempt: str) -> Decision:
        """Allow, reroute or reject; a fault of the ledger is a rejection too (P9).

        Unless an emergency allowance pays: its money was held when the ledger could be asked.

        Args:
            request: well-formed.
            attempt: names the execution that asks, so that its own repeated write finds itself.
        """
        config = None
        try:
            config = self.config_source.current()
            if config is None:
                message = "no configuration is in force; apply a sentry.yaml first"
                return rejection(request, ReasonCode.NOT_CONFIGURED, message)
            request = as_configured(request, config)
            offers = offers_for(request, config, self.price_book, self.complexity)
            if isinstance(offers, Decision):
                return offers
            return self._try_candidates(request, config, attempt, offers)
        except LedgerUnavailable as error:
            return self._decide_without_ledger(
                Outage(request=request, attempt=attempt, config=config, error=error)
            )
        except ConfigurationError as error:
            return rejection(request, ReasonCode.NOT_CONFIGURED, str(error))

    def _decide_without_ledger(self, outage: Outage) -> Decision:
        """A ledger that answers, but not now, is none of an emergency's: it may know the id."""
        why, error = "", outage.error
        if error.is_silent and self.without_ledger is not None:
            answer = self.without_ledger(outage)
            if isinstance(answer, Decision):
                return answer
            why = answer and f"; {answer}"
        message = (
            f"the ledger could not be asked, so the answer is no; try a new id later ({error}){why}"
        )
        decision = rejection(outage.request, ReasonCode.LEDGER_UNAVAILABLE, message)
        return replace(decision, retry_after_seconds=after_ledger_fault_seconds(error))

    def _try_candidates(
        self, request: InvocationRequest, config: SentryConfig, attempt: str, offers: Offers
    ) -> Decision:
        tries = CandidateTries(
            reservation=lambda candidate: self._reservation(request, config, candidate, attempt),
            reserve=self.ledger.reserve,
            bounds=InputBounds(request=request, counter=self.token_counter),
            floor=output_floor(request, config),
            may_lower=request.lower_output_limit,
            is_routed=offers.route is not None,
        )
        now = self.clock.now()
        paid_by = config.budgets_of(request.tags, base_model_id(offers.first_model))
        check = PolicyCheck(
            request=request,
            policies=config.policies,
            engines=self.policy_engines,
            clock=self.clock,
            left_percent=self.levels.left_percent(paid_by, now)
            if config.policies.ask_what_is_left
            else None,
            is_pinned=not tries.is_routed,
        )
        stage = self.levels.stage(paid_by, now)
        refused = paused(request, stage, now)
        if refused:
            return refused
        permitted, routed = check.permitted(offers.each), tries.is_routed
        ordered = staged(permitted, stage, request, tries.floor, is_routed=routed)
        result = tries.run(at_service_tiers(ordered, config) if request.may_wait else ordered)
        if isinstance(result, SameId):
            return replayed(request, result.reservation, result.resolution)
        if isinstance(result, TooLong):
            return refusal_of_length(request, result.tokens, result.tokens_max)
        if isinstance(result, Reserved):
            result = self._told(result, config, now)
            decision = self._allowed(
                request, config, result, tries, Advice(check, stage, offers.route)
            )
        elif tries.short:
            decision = exhausted(request, config, tries, self.clock.now())
        elif check.struck:
            decision = forbidden(request, tries, check)
        else:
            decision = too_long_for_all(request, tries)
        shadow = (*check.shadow, *_would_refuse(result, config))[:NOTES_MAX]
        notes = tuple(check.notes)
        return replace(decision, policies=notes, shadow=shadow, route=offers.route)

    def _told(self, held: Reserved, config: SentryConfig, now: datetime) -> Reserved:
        """What the answer says is left; of shadows in terms of the limit that is named."""
        shadows = {b.id: self.levels.level(b, now) for b in config.budgets if b.is_shadow}
        return replace(held, remaining=all_told(held, shadows)) if shadows else held

    def _reservation(
        self,
        request: InvocationRequest,
        config: SentryConfig,
        candidate: Candidate,
        attempt: str,
    ) -> Reservation:
        now = self.clock.now()
        return Reservation(
            request_id=request.request_id,
            account=request.account,
            attempt=attempt,
            digest=request.digest,
            decision=candidate.decision.value,
            model_asked=request.model_id,
            model_used=candidate.model_id,
            price_version=price_version(self.price_book.version, candidate.service_tier),
            input_bound_tokens=candidate.input_bound_tokens,
            output_limit_tokens=candidate.output_limit_tokens,
            quote_picodollars=candidate.quote_picodollars,
            holds=candidate.holds(now),
            tags=request.tags,
            priority=request.priority.value,
            reserved_at=now,
            expires_at=now + timedelta(seconds=config.hold_seconds),
        )

    def _allowed(
        self,
        request: InvocationRequest,
        config: SentryConfig,
        reserved: Reserved,
        tries: CandidateTries,
        advice: Advice,
    ) -> Decision:
        """The answer follows what is held, not what was tried.

        An execution that asks again after a lost answer finds the reservation of its first try,
        which may be for another rung, or another output limit, than the one it has just offered.
        """
        held = reserved.reservation
        invariant(held.digest == request.digest, "P5", "another request's reservation came back")
        budgets = config.budgets_of(request.tags, base_model_id(held.model_used))
        asked = asked_output_limit(request, config, self.price_book.card(held.model_used))
        code, message = why_allowed(held, asked, tries.short, advice)
        price, standard = prices_of(held, config, self.price_book)
        return Decision(
            kind=DecisionKind(held.decision),
            code=code,
            message=message,
            request_id=request.request_id,
            model_asked=request.model_id,
            model_used=held.model_used,
            path=request.path,
            reservation=held,
            price=price,
            standard_price=standard,
            output_limit_asked_tokens=asked,
            budgets=views_held(budgets, held, reserved.remaining),
            short=short_view(request, config, tries),
            rungs=(*tries.rungs, reserved_rung(held, asked)),
            uncounted=tuple(tries.bounds.uncounted),
            state=ReservationState.PENDING,
            tags=request.tags,
            ignored_tags=request.ignored_tags,
        )


def _would_refuse(result: Reserved | None, config: SentryConfig) -> tuple[PolicyNote, ...]:
    """What budgets in shadow mode say of what is held."""
    if result is None:
        return ()
    return would_refuse(result.remaining, config.budgets, result.reservation.model_used)
