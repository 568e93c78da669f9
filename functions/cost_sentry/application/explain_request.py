"""What was decided about a request, why, and what it cost: everything the sentry kept of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from cost_sentry.application.decision_log_ports import RecordedDecision
from cost_sentry.application.explained_steps import Step, steps_of
from cost_sentry.domain.answer_cache import CacheHit
from cost_sentry.domain.decision import (
    BudgetView,
    Decision,
    DecisionKind,
    ReasonCode,
    RungOutcome,
    StageNote,
)
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.reservation import Hold, Reservation, ReservationState, Resolution
from cost_sentry.domain.retry import ATTEMPTS_MAX, FIRST, attempt_id
from cost_sentry.domain.route import Route
from cost_sentry.domain.session import Session, recorded_session
from cost_sentry.domain.usage import TokenUsage

EXTERNAL_USAGE = "EXTERNAL_USAGE"


class RequestJournal(Protocol):
    """What the journal says of one request id."""

    def entries(self, request_id: str) -> Sequence[LedgerEntry]:
        """What happened to it, in order of time."""
        ...

    def decisions(self, request_id: str) -> Sequence[RecordedDecision]:
        """What was not allowed as it was asked, in order of time; kept for 30 days."""
        ...


class PendingReservations(Protocol):
    """The part of ``LedgerBooks`` that sees what was not journaled yet."""

    def pending(self, account: str | None = None) -> Sequence[Reservation]:
        """Reservations that nobody resolved."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one budget window held for the request, and was charged in the end."""

    hold: Hold
    posted: int | None
    """``None`` while the reservation is pending."""
    overrun: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One decision about a request id. Amounts in the ledger's unit."""

    request_id: str
    """Of the attempt; see ``domain.retry``."""
    account: str
    decision: str
    """``ALLOW``, ``REROUTE`` or ``REJECT``."""
    code: str
    message: str
    decided_at: datetime
    model_asked: str
    model_used: str | None
    state: ReservationState | None
    """``None`` after a refusal: nothing was held."""
    reserved_picodollars: int | None
    cost_picodollars: int | None
    """``None`` while it is not known."""
    cost_estimated: bool
    usage: TokenUsage | None
    price_version: str | None
    priority: str | None
    tags: dict[str, str]
    charges: tuple[Charge, ...]
    budgets: tuple[BudgetView, ...]
    """As they stood when it was refused, rerouted or cut short."""
    rungs: tuple[RungOutcome, ...]
    stages: tuple[StageNote, ...]
    """Of budgets that ran out; each changed the call."""
    policies: tuple[PolicyNote, ...]
    """Those that forbade a model."""
    shadow: tuple[PolicyNote, ...]
    """Those in shadow mode that would have decided otherwise, as the answer showed them."""
    errors: tuple[FieldError, ...]
    steps: tuple[Step, ...]
    cached: CacheHit | None = None
    """What it was answered with, and what that spared; ``None`` if the model was asked."""
    shadow_left_out: int = 0
    """How many more of them there were."""
    route: Route | None = None
    """How its model was chosen; ``None`` where the request named one."""
    session: Session | None = None
    """Its agent run, and where in it, with digests for names; ``None`` if it named none."""
    held: Reservation | None = None
    """What was held for it; ``None`` where nothing was."""
    asked: InvocationRequest | None = None
    """As it was noted, without its text; ``None`` of one that was allowed as it was asked."""


def explain(
    request_id: str, *, journal: RequestJournal, books: PendingReservations
) -> tuple[Explanation, ...]:
    """Every decision about this id, the oldest first; empty if the sentry never saw it.

    One id can have several: it was refused and tried again, or two applications chose the same. A
    call that was voided may have been tried again by the sentry itself, under an id of its own.
    """
    found = list(_explain_attempt(request_id, journal, books))
    latest = found
    for attempt in range(FIRST + 1, ATTEMPTS_MAX + 1):
        if all(one.state is not ReservationState.VOIDED for one in latest):
            break
        latest = list(_explain_attempt(attempt_id(request_id, attempt), journal, books))
        found += latest
    return tuple(found)


def _explain_attempt(
    request_id: str, journal: RequestJournal, books: PendingReservations
) -> tuple[Explanation, ...]:
    recorded = journal.decisions(request_id)
    reserved = _explain_reservations(request_id, journal, books, recorded)
    slots = [found for note in recorded for found in _explain_slot(note, journal, books)]
    unreserved = [_explain_unreserved(r) for r in recorded if _is_unreserved(r.decision)]
    found = [*reserved, *slots, *unreserved]
    return tuple(sorted(found, key=lambda e: (e.decided_at, e.account)))


def _is_unreserved(decision: Decision) -> bool:
    """A refusal, or an answer from a cache."""
    return decision.kind is DecisionKind.REJECT or decision.cached is not None


def _explain_reservations(
    request_id: str,
    journal: RequestJournal,
    books: PendingReservations,
    recorded: Iterable[RecordedDecision],
) -> list[Explanation]:
    notes = {r.account: r for r in recorded if not _is_unreserved(r.decision)}
    return [
        _explain_reservation(held, ends, notes.get(held.account))
        for held, ends in _reservations(request_id, journal, books)
    ]


def _explain_slot(
    note: RecordedDecision, journal: RequestJournal, books: PendingReservations
) -> list[Explanation]:
    """A call that was paid for in advance: the story is its slot's, the answer the caller's."""
    if note.slot_id is None:
        return []
    return [
        replace(
            _explain_reservation(held, ends, note),
            request_id=note.decision.request_id,
            decision=note.decision.kind,
            decided_at=note.at,
            model_asked=note.decision.model_asked,
            tags=dict(note.decision.tags),
        )
        for held, ends in _reservations(note.slot_id, journal, books)
    ]


def _reservations(
    request_id: str, journal: RequestJournal, books: PendingReservations
) -> list[tuple[Reservation, Sequence[LedgerEntry]]]:
    """What was held under this id, with the entries that ended it, in order."""
    found: dict[str, Reservation] = {}
    ended: dict[str, list[LedgerEntry]] = {}
    # Pending ones are asked for first: one that is resolved meanwhile is then seen in the journal.
    for waiting in books.pending():
        if waiting.request_id == request_id:
            found[waiting.account] = waiting
    for entry in journal.entries(request_id):
        if entry.reservation is not None:
            found[entry.account] = entry.reservation
        if entry.resolution is not None:
            ended.setdefault(entry.account, []).append(entry)
    return [(held, ended.get(account, [])) for account, held in found.items()]


def _explain_reservation(
    held: Reservation, ends: Sequence[LedgerEntry], note: RecordedDecision | None
) -> Explanation:
    """``ends`` in order; the last of them counts: what expired may have been put right."""
    ended = ends[-1].resolution if ends else None
    why = note.decision if note else None
    rerouted = held.decision == DecisionKind.REROUTE
    code = ReasonCode.REROUTED_TO_FIT if rerouted else ReasonCode.WITHIN_BUDGETS
    return Explanation(
        request_id=held.request_id,
        account=held.account,
        decision=held.decision,
        code=why.code if why else EXTERNAL_USAGE if held.is_external else code,
        message=why.message if why else _message(held),
        decided_at=held.reserved_at,
        model_asked=held.model_asked,
        model_used=held.model_used,
        state=ended.state if ended else ReservationState.PENDING,
        reserved_picodollars=held.quote_picodollars,
        cost_picodollars=ended.cost_picodollars if ended else None,
        cost_estimated=ended.estimated if ended else False,
        usage=ended.usage if ended else None,
        price_version=held.price_version,
        priority=held.priority,
        tags=dict(held.tags),
        charges=tuple(_charge(hold, ended) for hold in held.holds),
        budgets=why.budgets if why else (),
        rungs=why.rungs if why else (_reserved(held),),
        stages=why.stages if why else (),
        policies=why.policies if why else (),
        shadow=why.shadow if why else (),
        shadow_left_out=why.shadow_left_out if why else 0,
        errors=(),
        steps=steps_of(held, ends),
        route=why.route if why else None,
        session=recorded_session(held.tags, held.path_digests, held.retry),
        held=held,
        asked=note.request if note else None,
    )


def _reserved(held: Reservation) -> RungOutcome:
    """Of a call that no decision tells of: the model whose money was held."""
    return RungOutcome(
        model_id=held.model_used, outcome="reserved", quote_picodollars=held.quote_picodollars
    )


def _charge(hold: Hold, ended: Resolution | None) -> Charge:
    if ended is None:
        return Charge(hold=hold, posted=None)
    return Charge(hold=hold, posted=ended.posting(hold), overrun=ended.overrun(hold))


def _message(held: Reservation) -> str:
    budgets = ", ".join(hold.budget_id for hold in held.holds)
    if held.is_external:
        noun = "call" if held.calls == 1 else "calls"
        return f"{held.calls} {noun} past the sentry, metered by CloudWatch; charged to {budgets}"
    if held.decision == DecisionKind.REROUTE:
        return f"{held.model_asked} did not fit; {held.model_used} fits in {budgets}"
    return f"fits in {budgets}"


def _explain_unreserved(recorded: RecordedDecision) -> Explanation:
    """Nothing was held for it."""
    decision, cached = recorded.decision, recorded.decision.cached
    return Explanation(
        request_id=decision.request_id,
        account=recorded.account,
        decision=decision.kind,
        code=decision.code,
        message=decision.message,
        decided_at=recorded.at,
        model_asked=decision.model_asked,
        model_used=decision.model_used if cached else None,
        state=None,
        reserved_picodollars=None,
        cost_picodollars=0 if cached else None,
        cost_estimated=False,
        usage=None,
        price_version=None,
        priority=None,
        tags=dict(decision.tags),
        charges=(),
        budgets=decision.budgets,
        rungs=decision.rungs,
        stages=decision.stages,
        policies=decision.policies,
        shadow=decision.shadow,
        shadow_left_out=decision.shadow_left_out,
        errors=decision.errors,
        steps=(
            Step(at=recorded.at, what="answer" if cached else "reject", detail=decision.message),
        ),
        cached=cached,
        route=decision.route,
        session=recorded.request.session if recorded.request else None,
        asked=recorded.request,
    )
