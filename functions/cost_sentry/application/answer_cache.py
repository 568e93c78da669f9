"""Answer a call with what the model answered before, for applications that ask for it.

A hit spends nothing, so no budget is asked for it; whether the model may serve the call at all is
asked as for any other. A call of an agent run gets none: within its run a repeated call is a loop,
which the budgets of the run must see.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from cost_sentry.application.answer_ports import AnswerReader, AnswersUnavailable
from cost_sentry.application.candidates import Candidate, Offer
from cost_sentry.application.ports import Clock, PriceBook, Reserved, SameId
from cost_sentry.application.service_tiers import first_offered
from cost_sentry.domain.answer_cache import (
    AnswerCaching,
    AnswerPlace,
    CacheHit,
    CacheUse,
    KeptAnswer,
)
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode, RungOutcome
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.price_book import cost_picodollars
from cost_sentry.domain.sentry_config import SentryConfig

IsTaken = Callable[[], Reserved | SameId | None]
MayRepeat = Callable[[InvocationRequest, AnswerCaching], bool]
_GUARDRAIL, _INFERENCE = "guardrailConfig", "inferenceConfig"
_ADDED = "additionalModelRequestFields"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of looking for an answer."""

    hit: Decision | None = None
    offers: Iterator[Offer]
    """The same as were given, none of them lost."""
    place: AnswerPlace | None = None
    """Where the answer of the model is to be kept; ``None``: it is not."""
    fault: str | None = None

    def noted(self, decision: Decision) -> Decision:
        """The decision with where its answer is to be kept, if that will be the one asked for."""
        if self.place is None and self.fault is None:
            return decision
        asked_for = (
            decision.kind is DecisionKind.ALLOW
            and not decision.replayed
            and decision.output_limit_sent_tokens == decision.output_limit_asked_tokens
        )
        place = self.place if asked_for else None
        return replace(decision, keep_at=place, cache_fault=self.fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCache:
    """The answers of all applications; ``look`` finds those of the one that calls.

    Args:
        reader: makes the store at the first call of an application that has a cache.
        may_repeat: ``is_cacheable``, or what stands for it where requests have no text.
    """

    reader: Callable[[], AnswerReader]
    price_book: PriceBook
    clock: Clock
    may_repeat: MayRepeat | None = None

    def look(
        self,
        request: InvocationRequest,
        config: SentryConfig,
        permitted: Iterable[Offer],
        is_taken: IsTaken,
    ) -> Looked:
        """Whether a kept answer serves this call.

        Args:
            request: one that may be served.
            config: in force.
            permitted: the asked model first, or the one that was chosen for the request; an outcome
                in its place if a policy forbids it.
            is_taken: asks the ledger for the request's id, and holds nothing. What it knows goes
                before a hit (P5).
        """
        offers, caching = iter(permitted), config.answer_cache_of(request.caller)
        if caching is None or request.session is not None:
            return Looked(offers=offers)
        if not (self.may_repeat or is_cacheable)(request, caching):
            return Looked(offers=offers)
        first = next(offers)
        offers = chain([first], offers)
        if isinstance(first, RungOutcome):
            return Looked(offers=offers)
        asked = first_offered(first, may_wait=request.may_wait)
        try:
            return self._look(request, caching, asked, offers, is_taken)
        except AnswersUnavailable as error:
            return Looked(offers=offers, fault=str(error))

    def _look(
        self,
        request: InvocationRequest,
        caching: AnswerCaching,
        asked: Candidate,
        offers: Iterator[Offer],
        is_taken: IsTaken,
    ) -> Looked:
        reader, of_model = self.reader(), replace(request, model_id=asked.model_id)
        key = reader.key(of_model, asked.output_limit_tokens)
        place = AnswerPlace(key=key, ttl_seconds=caching.ttl_seconds)
        miss = Looked(offers=offers, place=place)
        if request.answer_cache is CacheUse.REFRESH or request.again is not None:
            return miss  # A later attempt of a call goes on with the call.
        try:
            kept = reader.find(key)
        except AnswersUnavailable as error:
            return replace(miss, fault=str(error))
        if kept is None or not self._serves(kept, of_model, caching) or is_taken() is not None:
            return miss
        return Looked(offers=offers, hit=self._hit(request, caching, asked, kept))

    def _serves(self, kept: KeptAnswer, request: InvocationRequest, caching: AnswerCaching) -> bool:
        """Whose it is and of which model stands beside the answer: a key alone is not trusted."""
        own = (kept.account, kept.model_id) == (request.account, request.model_id)
        return own and kept.is_fresh(caching, self.clock.now())

    def _hit(
        self, request: InvocationRequest, caching: AnswerCaching, asked: Candidate, kept: KeptAnswer
    ) -> Decision:
        age = self.clock.now() - kept.kept_at
        hit = CacheHit(
            kept_at=kept.kept_at,
            age_seconds=int(age.total_seconds()),
            ends_at=min(kept.ends_at, kept.kept_at + caching.ttl),
            usage=kept.usage,
            avoided_picodollars=cost_picodollars(asked.price, kept.usage),
        )
        return Decision(
            kind=DecisionKind.ALLOW,
            code=ReasonCode.ANSWERED_FROM_CACHE,
            message=f"the same request was answered {hit.age_seconds} s ago; no model is called",
            request_id=request.request_id,
            model_asked=request.model_id,
            model_used=asked.model_id,
            output_limit_tokens=asked.output_limit_tokens,
            output_limit_asked_tokens=asked.output_limit_tokens,
            cost_picodollars=0,
            cached=hit,
            answer=kept.answer,
            tags=request.tags,
            ignored_tags=request.ignored_tags,
        )


def is_cacheable(request: InvocationRequest, caching: AnswerCaching) -> bool:
    """Whether the same request may be given the same answer.

    Never with tools, whose results are of the moment, nor with a draft of a guardrail, which its
    owner changes without changing its name.
    """
    if request.answer_cache is CacheUse.OFF or request.needs.tools or request.needs.streaming:
        return False
    guardrail = request.converse.get(_GUARDRAIL)
    if isinstance(guardrail, dict) and not str(guardrail.get("guardrailVersion")).isdigit():
        return False
    return caching.any_temperature or _is_deterministic(request)


def _is_deterministic(request: InvocationRequest) -> bool:
    """At temperature 0 ``topP`` says nothing; fields of a provider might set what they like."""
    inference = request.converse.get(_INFERENCE)
    temperature = inference.get("temperature") if isinstance(inference, dict) else None
    return temperature == 0 and temperature is not False and _ADDED not in request.converse
