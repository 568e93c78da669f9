"""One request before the models that may serve it: the rules in their order, and then the ledger.

What is kept of an answer comes first, for it spends nothing; then stages, circuits, and the models
in order, until the ledger holds the money of one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from cost_sentry.application.admission_parts import AdmissionParts
from cost_sentry.application.answer_cache import Looked
from cost_sentry.application.budget_views import views_held
from cost_sentry.application.candidate_reservation import reservation_for
from cost_sentry.application.candidate_tries import Asked, CandidateTries, TooLong
from cost_sentry.application.candidates import (
    Candidate,
    Offer,
    asked_output_limit,
    listed_model,
)
from cost_sentry.application.freeze_check import FreezeCheck, freezes_at
from cost_sentry.application.graduated import StageCheck, stages_at
from cost_sentry.application.input_bound import InputBounds
from cost_sentry.application.inquiry import inquiry
from cost_sentry.application.latest_attempt import latest_attempt
from cost_sentry.application.model_refusal import refusal_of_length
from cost_sentry.application.offers import Offers, offers_for
from cost_sentry.application.output_limit import output_floor
from cost_sentry.application.policy_check import PolicyCheck, ask_what_is_left
from cost_sentry.application.policy_facts import granted_classes
from cost_sentry.application.ports import Reserved, SameId
from cost_sentry.application.refusals import exhausted, forbidden, short_view
from cost_sentry.application.service_tiers import at_service_tiers, prices_of
from cost_sentry.application.session_refusal import (
    refusal_for_models,
    session_refusal,
    would_be_too_deep,
)
from cost_sentry.application.shadow_notes import shadow_notes
from cost_sentry.application.shadow_stages import with_stages
from cost_sentry.application.why_allowed import Advice, reserved_rung, why_allowed
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import Decision, DecisionKind
from cost_sentry.domain.errors import invariant
from cost_sentry.domain.invocation import InvocationPath, InvocationRequest
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.replay import replayed
from cost_sentry.domain.reservation import Reservation, ReservationState
from cost_sentry.domain.route import Route
from cost_sentry.domain.sentry_config import SentryConfig

if TYPE_CHECKING:
    from cost_sentry.application.sleep_check import SleepCheck


@dataclass(slots=True, kw_only=True)
class Serving:
    """``decision`` for one request under one configuration."""

    parts: AdmissionParts
    request: InvocationRequest
    config: SentryConfig
    attempt: str
    """Names the execution that asks."""
    offers: Offers | None = None
    """Not before it is known that a model may serve the request."""
    too_many_children: tuple[PolicyNote, ...] | None = None
    """What budgets in shadow mode say of the agent that calls; ``None``: none was asked yet."""

    def decision(self) -> Decision:
        """What the rules say, and then the ledger; ``ConfigurationError`` of rules nobody can read.

        A refusal does not say yet that its id is new: see ``known``.
        """
        parts, request, config = self.parts, self.request, self.config
        now = parts.clock.now()
        refused = session_refusal(request, config, now)
        if refused:
            return refused
        offers = offers_for(request, config, parts.price_book, parts.complexity)
        if isinstance(offers, Decision):
            return offers
        self.offers = offers
        refused = refusal_for_models(request, config, now, offers.model_ids(config))
        return refused or self._of_offers(offers)

    def known(self) -> Reserved | SameId | None:
        """What the ledger knows of the request's id; holds nothing."""
        now = self.parts.clock.now()
        return self.parts.ledger.known(inquiry(self.request, self.attempt, now))

    def replayed(self, known: SameId) -> Decision:
        """Told by the attempt that counts."""
        parts = self.parts
        latest = latest_attempt(known, parts.retry_records, parts.ledger, parts.clock.now())
        return replayed(self.request, latest.reservation, latest.resolution)

    def held_before(self, held: Reserved) -> Decision:
        """This execution holds it already, and its answer was lost: go on with that."""
        asked = self.request.model_id
        circuits = self.parts.circuits.of(self.request, None, self.parts.clock, asked)
        now = self.parts.clock.now()
        stages = StageCheck(request=self.request, now=now)
        freeze = FreezeCheck(request=self.request, now=now)
        advice = Advice(self._check(None), stages, circuits, freeze, self._route)
        return self._allowed(held, self._tries(), advice)

    def _reserve(self, asked: Reservation) -> Asked:
        """Its agent joins the tree of its run first, once: what rules refuse is nobody's child."""
        if self.request.session is not None and self.too_many_children is None:
            from cost_sentry.application.fan_out import join_tree  # No other call waits for it.

            now, trees = self.parts.clock.now(), self.parts.run_trees
            joined = join_tree(self.request, self.config, trees, now)
            if isinstance(joined, Decision):
                return joined
            self.too_many_children = joined
        return self.parts.ledger.reserve(asked)

    def _of_offers(self, offers: Offers) -> Decision:
        now, tries = self.parts.clock.now(), self._tries()
        check = self._check(self._left_percent(offers.first_model, now))
        looked = self._looked(check.permitted(offers.each))
        if looked.hit:
            shadow, more = shadow_notes(check.shadow)
            return replace(looked.hit, shadow=shadow, shadow_left_out=more, route=offers.route)
        freeze = freezes_at(self.request, self.config, now)
        models = offers.model_ids(self.config)
        stages = stages_at(self.request, self.config, self.parts.levels, now, models)
        circuits = self.parts.circuits.of(
            self.request, self.config.circuit_breaker, self.parts.clock, offers.first_model
        )
        sleep, permitted = self._sleep(offers, now), freeze.allowed(looked.offers)
        awake = sleep.awake(permitted) if sleep else permitted
        result = circuits.run(tries, self._ordered(awake, stages, tries))
        if isinstance(result, SameId):
            return self.replayed(result)
        if isinstance(result, TooLong):
            return refusal_of_length(self.request, result.tokens, result.tokens_max)
        advice = Advice(check, stages, circuits, freeze, offers.route, sleep)
        if isinstance(result, Reserved):
            decision = self._allowed(result, tries, advice)
        else:
            decision = self._refused(result, tries, advice)
        if sleep and (wanted := sleep.wanted()):
            decision = replace(decision, wake=wanted)
        return looked.noted(decision)

    def _sleep(self, offers: Offers, now: datetime) -> "SleepCheck | None":
        """``None`` where no model of the configuration ever sleeps: it loads nothing."""
        if not self.config.endpoint_models or self.parts.sleepers is None:
            return None
        from cost_sentry.application.sleep_check import SleepCheck

        return SleepCheck(
            request=self.request,
            config=self.config,
            sleepers=self.parts.sleepers(),
            now=now,
            asked=offers.first_model,
        )

    def _refused(self, by_tree: Decision | None, tries: CandidateTries, advice: Advice) -> Decision:
        check = advice.check
        if by_tree:
            decision = replace(by_tree, rungs=tuple(tries.rungs))
        elif advice.freeze.refuses(advice.circuits.asked, tries):
            decision = advice.freeze.refusal(advice.circuits.asked, tries, self.config)
        elif advice.sleep and advice.sleep.refuses(tries):
            decision = advice.sleep.refusal(tries)
        elif advice.circuits.refuses(tries):
            decision = advice.circuits.refusal(tries, self.config)
        elif advice.stages.refuses(advice.circuits.asked, tries):
            decision = advice.stages.refusal(advice.circuits.asked, tries, self.config)
        elif tries.short:
            decision = exhausted(self.request, self.config, tries, self.parts.clock.now())
        elif check.struck or self.offers is None or self.offers.too_long is None:
            decision = forbidden(self.request, tries, check)
        else:
            decision = self.offers.too_long(self.request, tries)
        shadow, more = shadow_notes(check.shadow)
        return replace(
            decision,
            stages=advice.stages.took_part(None),
            policies=tuple(check.notes),
            shadow=shadow,
            shadow_left_out=more,
            route=advice.route,
        )

    @property
    def _route(self) -> Route | None:
        return self.offers.route if self.offers else None

    def _budgets_of(self, model_id: str) -> tuple[Budget, ...]:
        return self.config.budgets_of(self.request.tags, base_model_id(model_id))

    def _left_percent(self, model_id: str, now: datetime) -> int | None:
        """Of this model's budgets; ``None`` where no policy asks, or nobody knows."""
        if not ask_what_is_left(self.config.policies, self.parts.policy_engines):
            return None
        return self.parts.levels.left_percent(self._budgets_of(model_id), now)

    def _looked(self, permitted: Iterable[Offer]) -> Looked:
        """A call that is answered from a cache needs no money, but an id that is free (P5)."""
        if self.parts.answers is None:
            return Looked(offers=iter(permitted))
        return self.parts.answers.look(self.request, self.config, permitted, self.known)

    def _ordered(
        self, offers: Iterable[Offer], stages: StageCheck, tries: CandidateTries
    ) -> Iterable[Offer]:
        """As they are tried: by the stages of the budgets, and at the service tiers it may have."""
        ordered = stages.ordered(offers, tries.floor, is_routed=tries.is_routed)
        return at_service_tiers(ordered) if self.request.may_wait else ordered

    def _tries(self) -> CandidateTries:
        return CandidateTries(
            reservation=self._reservation,
            reserve=self._reserve,
            bounds=InputBounds(request=self.request, counter=self.parts.token_counter),
            floor=output_floor(self.request, self.config),
            may_lower=self.request.lower_output_limit,
            is_routed=self._route is not None,
        )

    def _check(self, left_percent: int | None) -> PolicyCheck:
        return PolicyCheck(
            request=self.request,
            policies=self.config.policies,
            engines=self.parts.policy_engines,
            clock=self.parts.clock,
            left_percent=left_percent,
            is_pinned=self._route is None,
            granted=granted_classes(
                self.config.measures, self.request.tags, self.parts.clock.now()
            ),
        )

    def _reservation(self, candidate: Candidate) -> Reservation:
        return reservation_for(
            candidate,
            self.request,
            self.config,
            attempt=self.attempt,
            book_version=self.parts.price_book.version,
            now=self.parts.clock.now(),
        )

    def _allowed(self, reserved: Reserved, tries: CandidateTries, advice: Advice) -> Decision:
        """The answer follows what is held, not what was tried.

        An execution that asks again after a lost answer finds the reservation of its first try,
        which may be for another rung, or another output limit, than the one it has just offered.
        """
        request, config, book = self.request, self.config, self.parts.price_book
        held = reserved.reservation
        invariant(held.digest == request.digest, "P5", "another request's reservation came back")
        asked = asked_output_limit(request, config, book.card(held.model_used))
        why = why_allowed(held, asked, tries, advice)
        price, standard = prices_of(held, config, book)
        budgets, listed = self._budgets_of(held.model_used), listed_model(config, held.model_used)
        endpoint = listed.endpoint if listed else None
        told = self.parts.shadows.told(reserved, budgets, self.parts.levels, self.parts.clock.now())
        notes = with_stages(told.notes, held, asked, advice, config, floor=tries.floor)
        of_run = (*would_be_too_deep(request, config), *(self.too_many_children or ()))
        shadow, more = shadow_notes(advice.check.shadow, (*notes, *of_run))
        return Decision(
            kind=DecisionKind(held.decision),
            code=why.code,
            message=why.message,
            decided_by_budget=why.budget_id,
            request_id=request.request_id,
            model_asked=request.model_id,
            model_used=held.model_used,
            path=request.path if endpoint is None else InvocationPath.LAMBDA,
            endpoint=endpoint,
            reservation=held,
            price=price,
            standard_price=standard,
            output_limit_asked_tokens=asked,
            budgets=views_held(budgets, held, told.remaining),
            short=short_view(request, config, tries),
            rungs=(
                *advice.stages.with_passed_over(tries.rungs, held.model_used),
                reserved_rung(held, asked),
            ),
            stages=advice.stages.took_part(held.model_used),
            policies=tuple(advice.check.notes),
            shadow=shadow,
            shadow_left_out=more,
            route=advice.route,
            uncounted=tuple(tries.bounds.uncounted),
            state=ReservationState.PENDING,
            tags=request.tags,
            ignored_tags=request.ignored_tags,
        )
