"""Each policy, budget and model that took part in a decision, in order.

What was allowed as it was asked leaves no record beside its reservation, and no decision records
which policies permitted it. So the rest is worked out again, by the configuration in force now,
from what is on record of the call. Each part says which of the two it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cost_sentry.application.caller_refusal import as_configured
from cost_sentry.application.candidates import Candidate, Offer
from cost_sentry.application.explain_request import Explanation
from cost_sentry.application.offers import Offers, offers_for
from cost_sentry.application.policy_check import UNSPOKEN, ask_what_is_left
from cost_sentry.application.policy_facts import (
    GRANTED,
    LEFT_PERCENT,
    call_facts,
    caller_facts,
    model_facts,
    offer_facts,
)
from cost_sentry.application.policy_ports import PolicyEngines
from cost_sentry.application.ports import PriceBook
from cost_sentry.application.recorded_calls import RecordedCalls
from cost_sentry.application.time_zones import time_zone_named
from cost_sentry.domain.budget import Budget, Unit, amount_in_words
from cost_sentry.domain.decision import Decision, DecisionKind, RungOutcome
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.policy import PRICE_CLASS_NAMES, PolicyNote
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.session import Session

NO_POLICIES = "no policy is asked: there is none"
UNTOLD = "what is on record does not tell which policy decided"


class PartKind(StrEnum):
    """What took part."""

    BUDGET = "budget"
    POLICY = "policy"
    STAGE = "stage"
    """Of a budget that runs out."""
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of them."""

    kind: PartKind
    name: str
    what: str
    """What it said, or what became of it."""
    is_recorded: bool
    """``False``: worked out again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TookPart:
    """All, in the order in which a decision asks: depth, stages, policies by model, budgets."""

    parts: tuple[Part, ...]
    version: str
    """Of the configuration by which some were worked out again."""
    was_in_force: bool
    """Whether that configuration decided then; ``False``: it was applied since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retelling:
    """``took_part`` with what it works with.

    Args:
        config: in force now.
        applied_at: since when; ``None``: nobody knows.
        price_book: of the deployment.
        policy_engines: understands the policies.
    """

    config: SentryConfig
    applied_at: datetime | None
    price_book: PriceBook
    policy_engines: PolicyEngines

    def took_part(self, found: Explanation) -> TookPart | None:
        """Of one decision; ``None`` of a call that is not on record: malformed, or of an outage.

        ``ConfigurationError`` if the policies cannot be understood.
        """
        asked = self._asked(found)
        if asked is None:
            return None
        request = as_configured(asked, self.config, self.price_book.region)
        return TookPart(
            parts=tuple(self._parts(found, request)),
            version=self.config.version,
            was_in_force=self.applied_at is not None and self.applied_at <= found.decided_at,
        )

    def _asked(self, found: Explanation) -> InvocationRequest | None:
        """As it was noted, or else as its reservation tells."""
        if found.asked is not None or found.held is None:
            return found.asked
        at = found.held.reserved_at
        calls = RecordedCalls(
            start=at,
            end=at + timedelta(microseconds=1),
            config=self.config,
            price_book=self.price_book,
        )
        kind, account = EntryKind.RESERVE, found.held.account
        calls.add(
            LedgerEntry(account=account, sequence=0, kind=kind, at=at, reservation=found.held)
        )
        return next((call.request for call in calls.calls()), None)

    def _parts(self, found: Explanation, request: InvocationRequest) -> Iterator[Part]:
        told = {charge.hold.budget_id for charge in found.charges}
        told |= {view.budget_id for view in found.budgets}
        around = self.config.budgets_of_tags(request.tags)
        others = [budget for budget in around if budget.id not in told]
        yield from (_looked_at(b, found) for b in others if b.unit is Unit.DEPTH)
        yield from (_part(PartKind.STAGE, one.budget_id, one.what) for one in found.stages)
        yield from self._of_models(found, request)
        yield from (_looked_at(b, found) for b in others if b.unit is Unit.CHILDREN)
        yield from _of_budgets(found)
        in_tree = (Unit.DEPTH, Unit.CHILDREN)
        yield from (_looked_at(b, found) for b in others if b.unit not in in_tree)
        if found.held is not None:
            yield _part(PartKind.MODEL, found.held.model_used, "its money was held")

    def _of_models(self, found: Explanation, request: InvocationRequest) -> Iterator[Part]:
        """Each model with the policies that spoke of it, up to the one that was called.

        What is on record comes in its order: a model may be tried at two service tiers, again with
        a lower output limit, or after its ladder. Others come where they are offered.
        """
        offers = offers_for(request, self.config, self.price_book, _kept_estimate)
        each: Iterable[Offer] = () if isinstance(offers, Decision) else offers.each
        asking = self._asking(found, request, offers) if isinstance(offers, Offers) else None
        waiting = {offer.model_id: (number, offer) for number, offer in enumerate(each)}
        recorded = {rung.model_id for rung in found.rungs}
        for rung in found.rungs:
            if rung.model_id in waiting:
                for name in list(waiting):
                    if name == rung.model_id or name not in recorded:
                        yield from _offered(found, asking, *waiting.pop(name))
                    if name == rung.model_id:
                        break
            yield _part(PartKind.MODEL, rung.model_id, rung.outcome)
        if found.held is None and found.model_used not in recorded:
            for name, (number, offer) in waiting.items():
                yield from _offered(found, asking, number, offer)
                if name == found.model_used:
                    break

    def _asking(self, found: Explanation, request: InvocationRequest, offers: Offers) -> "_Asking":
        policies = self.config.policies
        zone = time_zone_named(policies.time_zone)
        call = call_facts(
            request,
            local=found.decided_at.astimezone(zone),
            left_percent=None,
            is_pinned=offers.route is None,
        )
        return _Asking(found=found, request=request, call=call, retelling=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    found: Explanation
    request: InvocationRequest
    call: Mapping[str, object]
    retelling: Retelling

    def of(self, candidate: Candidate, rung: int) -> Iterator[Part]:
        """What policies say of one model; those that forbade it are on record."""
        base = base_model_id(candidate.model_id)
        recorded = [note for note in self.found.policies if note.model_id == base]
        if recorded:
            yield from (_note(note, "forbids", is_recorded=True) for note in recorded)
            return
        policies = self.retelling.config.policies
        if not policies.rules:
            yield _part(PartKind.POLICY, "–", NO_POLICIES, is_recorded=False)
            return
        each = [self._said(candidate, rung, call) for call in self._calls()]
        surely = [note for note in each[0][1] if all(note in notes for _, notes in each)]
        permits = {is_permitted for is_permitted, _ in each}
        is_told = len(permits) == 1 and not self._was_called(candidate, permits)
        if is_told and surely:
            word = "permits" if True in permits else "forbids"
            yield from (_note(note, word, is_recorded=False) for note in surely)
        else:
            is_silent = is_told and not any(notes for _, notes in each)
            what = UNSPOKEN if is_silent else UNTOLD
            yield _part(PartKind.POLICY, "–", f"{what}: {base}", is_recorded=False)

    def _said(
        self, candidate: Candidate, rung: int, call: Mapping[str, object]
    ) -> tuple[bool, tuple[PolicyNote, ...]]:
        engine = self.retelling.policy_engines(self.retelling.config.policies)
        facts = (caller_facts(self.request), model_facts(candidate), call)
        offer = offer_facts(candidate, rung)
        return engine.verdict(*facts, offer).is_permitted, engine.reasons(*facts, offer)

    def _calls(self) -> Iterator[Mapping[str, object]]:
        """The facts of the call, with what may have been left, or granted, if a policy looks."""
        yield self.call
        policies = self.retelling.config.policies
        if ask_what_is_left(policies, self.retelling.policy_engines):
            yield from ({**self.call, LEFT_PERCENT: percent} for percent in range(101))
        if self.retelling.policy_engines(policies).looks_at(GRANTED):
            yield {**self.call, GRANTED: list(PRICE_CLASS_NAMES)}

    def _was_called(self, candidate: Candidate, permits: set[bool]) -> bool:
        """Although what is known of the call says that it was forbidden."""
        held = self.found.held
        return permits == {False} and held is not None and held.model_used == candidate.model_id


def _offered(
    found: Explanation, asking: "_Asking | None", number: int, offer: Offer
) -> Iterator[Part]:
    """What policies said of it, and what became of it where no record says that."""
    if isinstance(offer, Candidate) and asking:
        yield from asking.of(offer, number)
    if offer.model_id in {rung.model_id for rung in found.rungs}:
        return
    if isinstance(offer, RungOutcome):
        yield _part(PartKind.MODEL, offer.model_id, offer.outcome, is_recorded=False)
    elif found.held is None:
        yield _part(PartKind.MODEL, offer.model_id, "not tried", is_recorded=False)


def _of_budgets(found: Explanation) -> Iterator[Part]:
    """Those that are on record: what each held, or why it refused."""
    held = {charge.hold.budget_id for charge in found.charges}
    for charge in found.charges:
        amount = amount_in_words(charge.hold.unit, charge.hold.amount)
        yield _part(PartKind.BUDGET, charge.hold.budget_id, f"held {amount}")
    for view in found.budgets:
        if view.binding or view.budget_id not in held:
            yield _part(PartKind.BUDGET, view.budget_id, _said(found, refused=view.binding))


def _said(found: Explanation, *, refused: bool) -> str:
    if not refused:
        return "was asked"
    return "refused it" if found.held is None else "could not pay for the model that was asked"


def _looked_at(budget: Budget, found: Explanation) -> Part:
    """A budget around the call that no record names."""
    most = amount_in_words(budget.unit, budget.limit)
    what = {
        Unit.DEPTH: f"agents call down to {most}; this one {_where(found.session)}",
        Unit.CHILDREN: f"each agent may have {most}; how many it had is not kept",
        Unit.RETRIES: "counts only repeated steps",
    }.get(budget.unit)
    if what is None:
        is_refused = found.decision == DecisionKind.REJECT
        what = "not asked: the call was refused before" if is_refused else "holds nothing of it"
    return _part(PartKind.BUDGET, budget.id, what, is_recorded=False)


def _where(session: Session | None) -> str:
    if session is None or session.path is None:
        return "names no path"
    return f"is {session.depth} below"


def _note(note: PolicyNote, word: str, *, is_recorded: bool) -> Part:
    what = f"{word} {note.model_id}: {note.sentence}"
    return _part(PartKind.POLICY, note.policy_id, what, is_recorded=is_recorded)


def _part(kind: PartKind, name: str, what: str, *, is_recorded: bool = True) -> Part:
    return Part(kind=kind, name=name, what=what, is_recorded=is_recorded)


def _kept_estimate(request: InvocationRequest) -> int | None:
    return request.complexity_thousandths
