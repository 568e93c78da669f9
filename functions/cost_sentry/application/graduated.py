"""What stages of budgets that run out change at a call: which models, in which order, how long.

Each model that may be called goes by the budgets that a call to it is charged to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from cost_sentry.application.budget_levels import BudgetLevels, Level, Stage, stage_of
from cost_sentry.application.candidate_tries import CandidateTries
from cost_sentry.application.candidates import Candidate, Offer
from cost_sentry.application.refusals import rejection
from cost_sentry.application.retry_after import retry_after_seconds, seconds_until
from cost_sentry.application.service_tiers import at_flex
from cost_sentry.application.stage_notes import (
    keeps,
    passed_over,
    prefers_ladder,
    sentence,
    shortens,
    stage_note,
)
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.decision import BudgetView, Decision, ReasonCode, RungOutcome, StageNote
from cost_sentry.domain.invocation import InvocationRequest, Priority
from cost_sentry.domain.model_id import ENDPOINT_PREFIX, base_model_id
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.session import in_run

OUTPUT_DIVIDED_BY = 2
"""A lower output limit is this part of the one asked for, and at least the configured minimum."""
NO_STAGE = Stage()


class Moved(NamedTuple):
    """One model that comes later for a stage."""

    by: Level
    offer: Candidate
    before_it: frozenset[str]
    """The models that came after it."""


@dataclass(slots=True, kw_only=True)
class StageCheck:
    """The stages in force at one request, and the models that they struck so far."""

    request: InvocationRequest
    now: datetime
    begun: tuple[Level, ...] = ()
    """Of budgets with a stage in force, which pay for all of these models, or for one."""
    tried: tuple[Level, ...] = ()
    """The same of budgets in shadow mode: they change nothing."""
    struck: dict[str, Level] = field(default_factory=dict)
    """By model, the budget that serves priority critical only."""
    moved: dict[str, "Moved"] = field(default_factory=dict)
    """By model, which others come before it now that came after it."""
    shortened: dict[str, Level] = field(default_factory=dict)
    """By model, the budget that makes its answers shorter."""
    _needed: dict[str, int] = field(default_factory=dict)
    """By model that was struck, what a call to it would hold of that budget."""
    _of: dict[str, Stage] = field(default_factory=dict)

    def of(self, model_id: str) -> Stage:
        """What is in force for a call to this model."""
        if not self.begun:
            return NO_STAGE
        base = base_model_id(model_id)
        if base not in self._of:
            paid_by = [one for one in self.begun if _model_of(one) in {None, base}]
            self._of[base] = stage_of(paid_by)
        return self._of[base]

    def ordered(
        self, offers: Iterable[Offer], floor: int, *, is_routed: bool = False
    ) -> Iterable[Offer]:
        """The offers in the order in which they are to be tried, with shorter answers where so.

        Args:
            offers: the asked model, then its ladder; outcomes in the place of those that are
                forbidden.
            floor: the lowest output limit that may be sent.
            is_routed: the offers are the router's, of which later ones may be dearer.
        """
        if not self.begun:
            return offers
        staged = (self._staged(offer, floor) for offer in offers)
        if all(one.budget.stages.prefer_ladder_percent is None for one in self.begun):
            return staged
        return self._reordered(list(staged), is_routed=is_routed)

    def _staged(self, offer: Offer, floor: int) -> Offer:
        if isinstance(offer, RungOutcome):
            return offer
        level = self._pausing(offer.model_id)
        if level:
            return self._strike(offer, level)
        lower = self.of(offer.model_id).lower_output
        if lower is None or not self.request.lower_output_limit:
            return offer
        shorter = _shortened(offer, floor)
        if shorter.output_limit_tokens < offer.output_limit_tokens:
            self.shortened[offer.model_id] = lower
        return shorter

    def _pausing(self, model_id: str) -> Level | None:
        """The budget that keeps a model from a call that is not critical."""
        is_critical = self.request.priority is Priority.CRITICAL
        return None if is_critical else self.of(model_id).critical_only

    def _strike(self, candidate: Candidate, level: Level) -> RungOutcome:
        self.struck[candidate.model_id] = level
        holds = (h.amount for h in candidate.holds(self.now) if h.budget_id == level.budget.id)
        self._needed[candidate.model_id] = next(holds, 0)
        return RungOutcome(
            model_id=candidate.model_id,
            outcome=(
                f"kept for priority critical by budget {level.budget.id},"
                f" which is {level.percent} % spent"
            ),
            quote_picodollars=candidate.quote_picodollars,
        )

    def _reordered(self, offers: list[Offer], *, is_routed: bool) -> list[Offer]:
        """A budget of all models moves the first, and one of a single model moves that."""
        first = _first_candidate(offers) if is_routed else 0
        ordered: list[Offer] = []
        for place in reversed(range(len(offers))):
            one = offers[place]
            prefer = self._prefers_others(one, is_first=place == first)
            if prefer is None or isinstance(one, RungOutcome):
                ordered = [one, *ordered]
                continue
            if place == first and not is_routed and not _is_endpoint(one):
                ordered = [*ordered, one]
            else:
                ordered = cheaper_first(one, ordered)
            self._note_moved(one, prefer, ordered[: ordered.index(one)])
        return ordered

    def _prefers_others(self, offer: Offer, *, is_first: bool) -> Level | None:
        if isinstance(offer, RungOutcome):
            return None
        prefer = self.of(offer.model_id).prefer_ladder
        comes_later = prefer is not None and (is_first or _model_of(prefer) is not None)
        return prefer if comes_later else None

    def _note_moved(self, offer: Candidate, by: Level, before_it: Iterable[Offer]) -> None:
        before = frozenset(one.model_id for one in before_it if isinstance(one, Candidate))
        if before:
            self.moved[offer.model_id] = Moved(by, offer, before)

    def why_rerouted(self, named: str, used: str) -> tuple[Level, str] | None:
        """Why ``used`` is called, and not the model that was asked for; ``None``: for no stage."""
        level = self.struck.get(named)
        if level:
            return level, sentence(level, keeps)
        moved = self.moved.get(named)
        if moved is None or used not in moved.before_it:
            return None
        return moved.by, sentence(moved.by, prefers_ladder)

    def with_passed_over(self, rungs: Sequence[RungOutcome], used: str) -> tuple[RungOutcome, ...]:
        """The models that were tried, and where their turn was those that nobody came to."""
        found, tried = list(rungs), {used, *(one.model_id for one in rungs)}
        for model_id, moved in self.moved.items():
            if model_id in tried or used not in moved.before_it:
                continue
            before = (n for n, one in enumerate(found) if one.model_id in moved.before_it)
            found.insert(next(before, len(found)), passed_over(moved.offer, moved.by))
        return tuple(found)

    def took_part(self, used: str | None) -> tuple[StageNote, ...]:
        """What changed the call, each budget once for each; ``used``: the model that is called."""
        notes = [stage_note(level, keeps) for level in self.struck.values()]
        notes += [stage_note(moved.by, prefers_ladder) for moved in self.moved.values()]
        if used in self.shortened:
            notes.append(stage_note(self.shortened[used], shortens))
        return tuple(dict.fromkeys(notes))

    def refuses(self, asked: str, tries: CandidateTries) -> bool:
        """Whether stages are why no model is left: else money is, or a policy."""
        return bool(self.struck) and (asked in self.struck or not tries.short)

    def refusal(self, asked: str, tries: CandidateTries, config: SentryConfig) -> Decision:
        """Of a call that is not critical, for which no model is left."""
        level = self.struck.get(asked) or next(iter(self.struck.values()))
        end = level.budget.resets_at(self.now)
        until = f" until it resets at {end.isoformat()}" if end else ""
        message = f"{sentence(level, keeps)}{until}{self._others(level, tries)}"
        decision = rejection(self.request, ReasonCode.CRITICAL_ONLY, message)
        needed = self._needed.get(asked) or next(iter(self._needed.values()))
        view = _view(level, level.budget.window_at(self.now).id, end, needed)
        return replace(
            decision,
            budgets=(view,),
            rungs=tuple(tries.rungs),
            retry_after_seconds=self._wait_seconds(tries, config),
            uncounted=tuple(tries.bounds.uncounted),
        )

    def _others(self, level: Level, tries: CandidateTries) -> str:
        """What is said of models that this budget does not keep."""
        if all(self.struck.get(rung.model_id) == level for rung in tries.rungs):
            return ""
        which = "that may serve it" if tries.is_routed else "of its ladder"
        return f"; no other model {which} can take its place"

    def _wait_seconds(self, tries: CandidateTries, config: SentryConfig) -> int | None:
        ends = [level.budget.resets_at(self.now) for level in self.struck.values()]
        waits = [seconds_until(end, self.now) for end in ends]
        waits.append(retry_after_seconds(tries, {b.id: b for b in config.budgets}, self.now))
        return min((wait for wait in waits if wait is not None), default=None)


def stages_at(
    request: InvocationRequest,
    config: SentryConfig,
    levels: BudgetLevels,
    now: datetime,
    model_ids: Iterable[str],
) -> StageCheck:
    """What is in force for a request that these models may serve; read by one question for all."""
    if not config.staged_budgets:
        return StageCheck(request=request, now=now)
    tags, pay = request.tags, {None, *map(base_model_id, model_ids)}
    concerned = [
        budget
        for budget in config.staged_budgets
        if budget.scope.get(MODEL_TAG) in pay
        and budget.covers(tags, budget.scope.get(MODEL_TAG, ""))
    ]
    known = levels.levels(in_run(concerned, config.run_of(tags)), now)
    begun = [level for level in known if stage_of((level,)) != NO_STAGE]
    return StageCheck(
        request=request,
        now=now,
        begun=tuple(level for level in begun if not level.budget.is_shadow),
        tried=tuple(level for level in begun if level.budget.is_shadow),
    )


def cheaper_first(first: Offer, others: Iterable[Offer]) -> list[Offer]:
    """What costs less than the first, then that, then the rest."""
    cheaper: list[Offer] = []
    rest: list[Offer] = []
    for one in others:
        (cheaper if _quote(one) < _quote(first) else rest).append(one)
    return [*cheaper, first, *rest]


def _is_endpoint(offer: Offer) -> bool:
    """What stands in for one may be dearer: it is for its sleep, and saves nothing."""
    return offer.model_id.startswith(ENDPOINT_PREFIX)


def _model_of(level: Level) -> str | None:
    """The only model that the budget pays for; ``None``: any."""
    return level.budget.scope.get(MODEL_TAG)


def _first_candidate(offers: Iterable[Offer]) -> int | None:
    places = (place for place, one in enumerate(offers) if isinstance(one, Candidate))
    return next(places, None)


def _quote(offer: Offer) -> int:
    """At the cheapest service tier that the call may have."""
    flexible = at_flex(offer) if isinstance(offer, Candidate) else None
    quotes = [one.quote_picodollars or 0 for one in (offer, flexible) if one]
    return min(quotes)


def _shortened(candidate: Candidate, floor: int) -> Candidate:
    asked = candidate.output_limit_tokens
    return candidate.within(output_limit_tokens=min(asked, max(floor, asked // OUTPUT_DIVIDED_BY)))


def _view(level: Level, window_id: str, resets_at: datetime | None, needed: int) -> BudgetView:
    return BudgetView(
        budget_id=level.budget.id,
        window_id=window_id,
        unit=level.budget.unit,
        limit=level.budget.limit,
        left=level.budget.limit - level.posted,
        left_as_of=level.as_of,
        needed=needed,
        resets_at=resets_at,
        binding=True,
    )
