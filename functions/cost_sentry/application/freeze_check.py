"""Which models are frozen for a call: by a measure, until it ends or is lifted.

It comes after what is kept of answers, which costs nothing, and before stages and circuits.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from cost_sentry.application.candidate_tries import CandidateTries
from cost_sentry.application.candidates import Candidate, Offer
from cost_sentry.application.refusals import rejection, short_views
from cost_sentry.application.retry_after import retry_after_seconds, seconds_until
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.decision import Decision, ReasonCode, RungOutcome
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.measure import Measure, MeasureKind
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.sentry_config import SentryConfig, scope_text


@dataclass(slots=True, kw_only=True)
class FreezeCheck:
    """The freezes in force at one request, and the models that they struck so far."""

    request: InvocationRequest
    now: datetime
    freezes: tuple[Measure, ...] = ()
    """Which concern calls with its tags, to all models or to one."""
    struck: dict[str, Measure] = field(default_factory=dict)

    def allowed(self, offers: Iterable[Offer]) -> Iterable[Offer]:
        """The same, with those struck that are frozen."""
        return self._looked_at(offers) if self.freezes else offers

    def _looked_at(self, offers: Iterable[Offer]) -> Iterator[Offer]:
        for offer in offers:
            if isinstance(offer, Candidate) and (by := self._by(offer.model_id)):
                yield self._strike(offer, by)
            else:
                yield offer

    def _by(self, model_id: str) -> Measure | None:
        """Of several freezes the one that lasts longest: before its end no call runs."""
        tags, base = self.request.tags, base_model_id(model_id)
        found = (one for one in self.freezes if one.covers(tags, base))
        return max(found, key=lambda one: one.until, default=None)

    def _strike(self, offer: Candidate, by: Measure) -> RungOutcome:
        self.struck[offer.model_id] = by
        return RungOutcome(
            model_id=offer.model_id,
            outcome=f"frozen until {by.until.isoformat()} by {by.why}",
            quote_picodollars=offer.quote_picodollars,
        )

    def why_rerouted(self, named: str) -> str | None:
        """Why the model that was asked for was not called; ``None``: not for a freeze."""
        by = self.struck.get(named)
        return in_words(by) if by else None

    def refuses(self, asked: str, tries: CandidateTries) -> bool:
        """Whether freezes are why no model is left: else money is, or another rule."""
        return bool(self.struck) and (asked in self.struck or not tries.short)

    def refusal(self, asked: str, tries: CandidateTries, config: SentryConfig) -> Decision:
        """Of a call for which no model is left."""
        by = self.struck.get(asked) or next(iter(self.struck.values()))
        all_by_it = all(self.struck.get(rung.model_id) == by for rung in tries.rungs)
        which = "that may serve it" if tries.is_routed else "of its ladder"
        others = "" if all_by_it else f"; no other model {which} can take its place"
        message = f"{in_words(by)}{others}; {by.undo}"
        return replace(
            rejection(self.request, ReasonCode.FROZEN, message),
            budgets=short_views(self.request, config, tries),
            rungs=tuple(tries.rungs),
            retry_after_seconds=self._wait_seconds(tries, config),
            uncounted=tuple(tries.bounds.uncounted),
        )

    def _wait_seconds(self, tries: CandidateTries, config: SentryConfig) -> int | None:
        waits = [seconds_until(by.until, self.now) for by in self.struck.values()]
        waits.append(retry_after_seconds(tries, {b.id: b for b in config.budgets}, self.now))
        return min((wait for wait in waits if wait is not None), default=None)


def freezes_at(request: InvocationRequest, config: SentryConfig, now: datetime) -> FreezeCheck:
    """What is frozen for a request, by the measures in force."""
    frozen = tuple(
        one
        for one in config.measures
        if one.kind is MeasureKind.FREEZE and one.is_in_force(now) and one.covers_some(request.tags)
    )
    return FreezeCheck(request=request, now=now, freezes=frozen)


def slowed_by(
    tags: Mapping[str, str], config: SentryConfig, now: datetime, model_id: str | None = None
) -> Measure | None:
    """What freezes or tightens calls with these tags; ``None``: nothing does.

    Args:
        tags: of the request.
        config: with the measures on record.
        now: decides which of them are in force.
        model_id: the base model id that would be called; ``None``: some model.
    """
    kinds = (MeasureKind.FREEZE, MeasureKind.TIGHTEN)
    for one in config.measures:
        base = one.scope.get(MODEL_TAG, "") if model_id is None else model_id
        if one.kind in kinds and one.is_in_force(now) and one.covers(tags, base):
            return one
    return None


def in_words(measure: Measure) -> str:
    """``team=search is frozen until … by incident …``."""
    scope, until = scope_text(measure.scope), measure.until.isoformat()
    verb = "frozen" if measure.kind is MeasureKind.FREEZE else "slowed down"
    return f"{scope} is {verb} until {until} by {measure.why}"
