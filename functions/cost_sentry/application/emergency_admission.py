"""Decide a request when the ledger cannot be asked: one slot pays for it, or nobody does (P9).

The slot's money was held before, in every budget that the call concerns, so nothing is decided here
that could be overspent. A second service has to hand each slot out once, and nothing else.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from cost_sentry.application.budget_views import views_held
from cost_sentry.application.caller_refusal import as_configured
from cost_sentry.application.candidates import (
    Candidate,
    asked_output_limit,
)
from cost_sentry.application.config_document import config_from_document
from cost_sentry.application.emergency_ports import (
    Claim,
    EmergencyStore,
    Outage,
    Slot,
    StoreUnavailable,
    StoreUnreadable,
    TakenId,
)
from cost_sentry.application.emergency_runs import uncounted_in_run
from cost_sentry.application.emergency_slots import PrepaidCalls, prepaid_calls
from cost_sentry.application.freeze_check import in_words, slowed_by
from cost_sentry.application.input_bound import InputBounds
from cost_sentry.application.offers import Offers, offers_for
from cost_sentry.application.output_limit import output_floor
from cost_sentry.application.policy_check import PolicyCheck
from cost_sentry.application.policy_facts import granted_classes
from cost_sentry.application.policy_ports import PolicyEngines
from cost_sentry.application.ports import Clock, Complexity, PriceBook, TokenCounter
from cost_sentry.application.priced_models import priced
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode, RungOutcome
from cost_sentry.domain.emergency import given_back, lacks, slot_name_of
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.replay import replayed
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.sentry_config import SentryConfig

LOOKING_FOR = timedelta(seconds=2)
"""After that no slot is claimed any more: an answer must come before the function's time is up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAdmission:
    """``decide`` is a ``WithoutLedger``; its ports are bound here."""

    store: EmergencyStore
    price_book: PriceBook
    clock: Clock
    token_counter: TokenCounter | None = None
    policy_engines: PolicyEngines | None = None
    complexity: Complexity | None = None

    def decide(self, outage: Outage) -> Decision | str:
        """What a slot pays for, or why none does; empty where nothing is set aside for anybody."""
        try:
            config = outage.config or self._mirrored()
            if config is None or not config.emergency_allowances:
                return ""
            return self._decide(outage, config)
        except StoreUnavailable as error:
            return f"nor could the emergency store be asked ({error})"
        except ConfigurationError as error:
            return f"nor can the mirrored configuration be used ({error})"

    def _mirrored(self) -> SentryConfig | None:
        stored = self.store.config()
        if stored is None:
            return None
        return replace(config_from_document(stored.document), measures=stored.measures)

    def _decide(self, outage: Outage, config: SentryConfig) -> Decision | str:
        request = as_configured(outage.request, config, self.price_book.region)
        book = priced(self.price_book, config.endpoint_models)
        models = offers_for(request, config, book, self.complexity)
        if isinstance(models, Decision):
            return f"no emergency allowance helps: {models.message}"
        outage = replace(outage, request=request, route=models.route)
        offers = list(self._offers(request, config, models))
        slowed = None if offers else slowed_by(request.tags, config, self.clock.now())
        if not offers and not slowed:
            return "no emergency allowance covers these tags and a model that may be called"
        taken = self.store.taken(request.account, request.request_id)
        if taken:
            return _again(outage, config, taken, self._asked(request, config, taken.slot))
        if slowed:
            return f"no emergency allowance pays: {in_words(slowed)}; {slowed.undo}"
        return self._first_that_fits(outage, config, offers)

    def _offers(
        self, request: InvocationRequest, config: SentryConfig, models: Offers
    ) -> Iterator[tuple[Candidate, PrepaidCalls]]:
        """The models in their order; for each the narrowest scope first."""
        narrowest = sorted(config.emergency_allowances, key=lambda a: (-len(a.scope), a.id))
        now = self.clock.now()
        check = PolicyCheck(
            request=request,
            policies=config.policies,
            engines=self.policy_engines,
            clock=self.clock,
            is_pinned=models.route is None,
            granted=granted_classes(config.measures, request.tags, now),
        )
        for candidate in check.permitted(models.each):
            if isinstance(candidate, RungOutcome):
                continue
            base = base_model_id(candidate.model_id)
            if slowed_by(request.tags, config, now, base):
                continue
            for allowance in narrowest:
                if allowance.model_id == candidate.model_id and allowance.covers(request.tags):
                    prepaid = prepaid_calls(allowance, config, self.price_book, now)
                    if prepaid:
                        yield candidate, prepaid

    def _first_that_fits(
        self, outage: Outage, config: SentryConfig, offers: list[tuple[Candidate, PrepaidCalls]]
    ) -> Decision | str:
        bounds = InputBounds(request=outage.request, counter=self.token_counter)
        until, whys = self.clock.now() + LOOKING_FOR, []
        for candidate, prepaid in offers:
            one, why = bounds.brought_within(candidate, prepaid.allowance.input_tokens_max), None
            call = _within(one, prepaid, outage.request, config, self.clock.now())
            if isinstance(call, Candidate):
                answer = self._claimed(outage, config, call, prepaid, until)
                if isinstance(answer, Decision):
                    return replace(answer, uncounted=tuple(bounds.uncounted))
                why = answer
            whys.append(f"emergency allowance {prepaid.allowance.id}: {why or call}")
        return "; ".join(whys)

    def _claimed(
        self,
        outage: Outage,
        config: SentryConfig,
        call: Candidate,
        prepaid: PrepaidCalls,
        until: datetime,
    ) -> Decision | str:
        """Claim a free slot, starting where the request id says, so that callers rarely meet."""
        asked = asked_output_limit(outage.request, config, self.price_book.card(call.model_id))
        for slot_id in self._free(prepaid, outage.request.request_id):
            slot = self._slot(slot_id)
            if slot is None or lacks(slot.reservation.holds, call.holds(self.clock.now())):
                continue
            if self.clock.now() > until:
                return "it took too long to find a free call"
            decision = _decision(outage, config, slot, asked)
            if self.store.claim(slot_id, self._claim(outage, decision)):
                return self._named(outage, config, slot, decision)
        return f"none of its {prepaid.allowance.calls_per_day} calls of today is left"

    def _slot(self, slot_id: str) -> Slot | None:
        """A slot that cannot be read is as good as none."""
        with suppress(StoreUnreadable):
            return self.store.slot(slot_id)
        return None

    def _free(self, prepaid: PrepaidCalls, request_id: str) -> list[str]:
        allowance_id = prepaid.allowance.id
        wanted = {name.text for names in prepaid.turns() for name in names}
        there = [each for each in self.store.slot_ids(allowance_id) if each in wanted]
        claims = self.store.claims(prepaid.day, allowance_id) if there else {}
        free = [each for each in there if each not in claims]
        digest = blake2b(request_id.encode(), digest_size=8, person=b"slot").digest()
        start = int.from_bytes(digest, "big") % len(free) if free else 0
        return free[start:] + free[:start]

    def _claim(self, outage: Outage, decision: Decision) -> Claim:
        return Claim(
            account=outage.request.account,
            request_id=outage.request.request_id,
            attempt=outage.attempt,
            at=self.clock.now(),
            decision=decision,
            perhaps_held=outage.error.perhaps_held,
        )

    def _named(
        self, outage: Outage, config: SentryConfig, slot: Slot, decision: Decision
    ) -> Decision:
        """Let the request id stand for this slot, unless it stands for another one.

        If nobody can tell, the slot stays claimed and is charged in full: a call may yet use it.
        """
        request = outage.request
        mine = TakenId(digest=request.digest, attempt=outage.attempt, slot=slot)
        taken = self.store.take(request.account, request.request_id, mine)
        if taken.slot.reservation.request_id == slot.reservation.request_id:
            return decision
        with suppress(StoreUnavailable):  # Then it is charged in full, which never overspends.
            self.store.put_outcome(slot.reservation.request_id, given_back(self.clock.now()))
        return _again(outage, config, taken, self._asked(request, config, taken.slot))

    def _asked(self, request: InvocationRequest, config: SentryConfig, slot: Slot) -> int:
        card = self.price_book.card(slot.reservation.model_used)
        return asked_output_limit(request, config, card)


def _within(
    candidate: Candidate,
    prepaid: PrepaidCalls,
    request: InvocationRequest,
    config: SentryConfig,
    now: datetime,
) -> Candidate | str:
    """The call as a slot would pay for it, or why none could."""
    allowance, asked = prepaid.allowance, candidate.output_limit_tokens
    uncounted = uncounted_in_run(request, config, candidate.model_id, now)
    if uncounted:
        return uncounted
    if candidate.input_bound_tokens > allowance.input_tokens_max:
        return (
            f"the prompt may have {candidate.input_bound_tokens} tokens,"
            f" and its calls take {allowance.input_tokens_max}"
        )
    sent = min(asked, allowance.output_tokens_max)
    if sent < asked and not request.lower_output_limit:
        return f"{asked} output tokens are asked for, and its calls write {sent}"
    if sent < asked and sent < output_floor(request, config):
        return f"its calls write {sent} output tokens, which is too few for this one"
    call = candidate.within(output_limit_tokens=sent)
    return lacks(prepaid.holds, call.holds(now)) or call


def _again(outage: Outage, config: SentryConfig, taken: TakenId, asked: int) -> Decision:
    """The answer to an id that a slot was handed out for: to its own execution the slot again."""
    request = outage.request
    same_execution = taken.execution == outage.attempt.partition(".")[0]
    decision = _decision(outage, config, taken.slot, asked)
    if same_execution and taken.digest == request.digest:
        return decision
    first = replace(
        taken.slot.reservation,
        digest=taken.digest,
        decision=decision.kind.value,
        model_asked=request.model_id,
    )
    return replayed(request, first, None)


def _decision(outage: Outage, config: SentryConfig, slot: Slot, asked: int) -> Decision:
    request, held = outage.request, slot.reservation
    # A virtual model is served by any of its models.
    rerouted = outage.route is None and held.model_used != request.model_id
    sent = min(asked, held.output_limit_tokens)
    return Decision(
        kind=DecisionKind.REROUTE if rerouted else DecisionKind.ALLOW,
        code=ReasonCode.EMERGENCY_ALLOWANCE,
        message=_message(outage, slot, asked=asked, sent=sent),
        request_id=request.request_id,
        model_asked=request.model_id,
        model_used=held.model_used,
        path=request.path,
        reservation=held,
        price=slot.price,
        output_limit_tokens=sent,
        output_limit_asked_tokens=asked,
        budgets=views_held(config.budgets_of(held.tags, base_model_id(held.model_used)), held, ()),
        rungs=(
            RungOutcome(
                model_id=held.model_used,
                outcome="set aside for an outage",
                quote_picodollars=held.quote_picodollars,
            ),
        ),
        state=ReservationState.PENDING,
        tags=request.tags,
        ignored_tags=request.ignored_tags,
        route=outage.route,
    )


def _message(outage: Outage, slot: Slot, *, asked: int, sent: int) -> str:
    held, request = slot.reservation, outage.request
    name = slot_name_of(held.request_id)
    which = f"emergency allowance {name.allowance_id}" if name else "an emergency allowance"
    message = f"the ledger could not be asked; {which} pays for this call"
    if held.model_used != request.model_id:
        message += f", on {held.model_used}"
    if sent < asked:
        message += f"; maxTokens is {sent} instead of {asked}"
    if outage.error.perhaps_held:
        message += "; money may be held for it a second time until the ledger answers again"
    return message
