"""Ask for more than a budget has, or for models that a policy wants an approval for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cost_sentry.application.approval_answers import ApprovalAnswer, ApprovalCode, refused
from cost_sentry.application.approval_measure import measure_of
from cost_sentry.application.approval_ports import ApprovalStore, ApprovalWorkflow
from cost_sentry.application.approval_terms import budget_named, most_raised, terms_of
from cost_sentry.application.ports import Clock, ConfigStore
from cost_sentry.application.raised_limits import config_with_measures
from cost_sentry.domain.approval import (
    APPROVAL_ID,
    REASON_CHARACTERS_MAX,
    Approval,
    ApprovalRequest,
    Grant,
    Raise,
    asked,
)
from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry.domain.budget import Budget, amount_in_words, amount_text, parse_amount
from cost_sentry.domain.measure import TAGS_MAX, kind_of
from cost_sentry.domain.policy import PRICE_CLASS_NAMES
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.unit import Unit

LOOKED_AT_MAX = 200
"""Newest requests among which those that are open are counted."""
OPEN_MAX = 50
"""Open requests of a deployment: each is a mail to every approver."""
OPEN_PER_CALLER_MAX = 5
_TAG_CHARACTERS_MAX = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants, as it was written. Either ``budget_id`` and ``amount``, or the rest."""

    id: str
    """Made by whoever asks; the same for each try of one request."""
    reason: str
    until: datetime
    budget_id: str | None = None
    amount: str | None = None
    """In the unit of the budget: dollars such as ``12.50``, or a whole number."""
    scope: tuple[tuple[str, str], ...] = ()
    price_class: str | None = None


class _Wrong(Exception):  # noqa: N818 - not an error: it becomes an answer
    """What is wrong with it, in the caller's words."""


def ask_for_more(
    wanted: Asked,
    asked_by: str,
    *,
    config_store: ConfigStore,
    store: ApprovalStore,
    workflow: ApprovalWorkflow,
    clock: Clock,
) -> ApprovalAnswer:
    """Keep the request, and have a workflow follow it. Twice with one id is once.

    Args:
        wanted: what.
        asked_by: a principal, proven.
        config_store: the configuration in force.
        store: of requests.
        workflow: follows them.
        clock: stamps it.

    Raises:
        LedgerUnavailable: it may have been asked; ask again with the same id.
        WorkflowUnavailable: it was asked, and perhaps nobody is told yet; ask again likewise.
        ConfigurationError: the configuration in force cannot be read.
    """
    config = config_with_measures(config_store)
    if config is None or config.approvals is None:
        message = (
            "sentry.yaml has no approvals, so nobody could answer: write who may, and apply it"
        )
        return refused(ApprovalCode.NOT_CONFIGURED, message)
    try:
        request = _request(wanted, asked_by, config, config.approvals, clock.now())
    except _Wrong as wrong:
        return refused(ApprovalCode.INVALID_REQUEST, str(wrong))
    known = store.read(request.id)
    unreadable: tuple[str, ...] = ()
    if known is None:
        newest = store.newest(LOOKED_AT_MAX)
        unreadable = newest.problems
        crowd = _crowd(asked_by, newest, clock.now())
        if crowd is not None:
            return replace(refused(ApprovalCode.TOO_MANY_OPEN, crowd), unreadable=unreadable)
        known = _kept(asked(request), store)
    if not _is_same(known.request, request):
        message = f"{request.id} was asked before, for something else or by somebody else"
        return refused(ApprovalCode.ID_TAKEN, message)
    workflow.start(request.id, known.revision)
    message = f"asked: {request.id}"
    return ApprovalAnswer(
        code=ApprovalCode.DONE, message=message, approval=known, unreadable=unreadable
    )


def _kept(approval: Approval, store: ApprovalStore) -> Approval:
    if store.create(approval):
        return approval
    return store.read(approval.request.id) or approval


def _is_same(known: ApprovalRequest, request: ApprovalRequest) -> bool:
    """What the clock and the configuration say may have moved between two tries."""
    ours = (request.more.text, request.reason, request.asked_by, request.until)
    return (known.more.text, known.reason, known.asked_by, known.until) == ours


def _crowd(asked_by: str, newest: Sequence[Approval], now: datetime) -> str | None:
    waiting = [one for one in newest if one.is_open and now < one.next_at and not one.answered_by]
    own = [one for one in waiting if one.request.asked_by == asked_by]
    if len(own) >= OPEN_PER_CALLER_MAX:
        named = ", ".join(one.request.id for one in own)
        return f"{len(own)} requests of yours wait for an answer ({named}): withdraw one of them"
    if len(waiting) >= OPEN_MAX:
        return f"{len(waiting)} requests wait for an answer; {OPEN_MAX} at most do: try again later"
    return None


def _request(
    wanted: Asked, asked_by: str, config: SentryConfig, rules: ApprovalRules, now: datetime
) -> ApprovalRequest:
    if not APPROVAL_ID.fullmatch(wanted.id):
        raise _Wrong(f"id {wanted.id!r} is none; allowed is {APPROVAL_ID.pattern}")
    reason = " ".join(wanted.reason.split())
    if not 0 < len(reason) <= REASON_CHARACTERS_MAX or not reason.isprintable():
        allowed = f"1 to {REASON_CHARACTERS_MAX} characters that can be printed"
        raise _Wrong(f"a reason has {allowed}; this has {len(reason)}")
    if wanted.until.tzinfo is None or not now < wanted.until <= now + rules.holds_at_most:
        raise _Wrong(
            f"until {wanted.until.isoformat()} is not between now and {rules.days_max} days ahead"
            " (approvals.daysMax)"
        )
    is_raise = wanted.budget_id is not None
    more = _raise(wanted, config, rules) if is_raise else _grant(wanted, config)
    request = ApprovalRequest(
        id=wanted.id,
        more=more,
        reason=reason,
        asked_by=asked_by,
        asked_at=now,
        expires_at=min(now + rules.expires_after, wanted.until),
        until=wanted.until,
        terms=terms_of(config, more),
    )
    try:
        measure_of(request)
    except ValueError as error:
        raise _Wrong(str(error)) from error
    return request


def _raise(wanted: Asked, config: SentryConfig, rules: ApprovalRules) -> Raise:
    if wanted.scope or wanted.price_class is not None:
        raise _Wrong("ask for more of a budget, or for a price class; not for both at once")
    budget = budget_named(config, wanted.budget_id or "")
    if budget is None:
        raise _Wrong(f"there is no budget {wanted.budget_id!r}; see `cost-sentry budget list`")
    if budget.is_shadow or not budget.unit.is_held:
        raise _Wrong(
            f"budget {budget.id} ({budget.unit.value}, mode {budget.mode.value}) cannot be raised:"
            " only budgets that refuse, and that calls hold something of"
        )
    amount = _amount(wanted.amount or "", budget)
    most = most_raised(budget, rules)
    if amount > most:
        raise _Wrong(
            f"{amount_in_words(budget.unit, amount)} is more than {rules.max_raise_percent} % of"
            f" the limit of budget {budget.id}; at most {amount_text(budget.unit, most)}"
            " (approvals.maxRaisePercent)"
        )
    return Raise(
        budget_id=budget.id,
        budget_kind=kind_of(budget),
        unit=budget.unit,
        amount=amount,
        raised_max=most,
    )


def _amount(text: str, budget: Budget) -> int:
    try:
        amount = parse_amount(budget.unit, text)
    except ValueError:
        amount = 0
    if amount <= 0:
        whole = "dollars such as 12.50" if budget.unit is Unit.USD else "a whole number"
        raise _Wrong(f"amount {text!r} of {budget.unit.value}: allowed is {whole}, above 0")
    return amount


def _grant(wanted: Asked, config: SentryConfig) -> Grant:
    if wanted.price_class not in PRICE_CLASS_NAMES:
        allowed = ", ".join(PRICE_CLASS_NAMES)
        raise _Wrong(
            f"price class {wanted.price_class!r} is none of {allowed}, and no budget is named"
        )
    scope = dict(wanted.scope)
    team = scope.get("team")
    if team not in config.teams:
        raise _Wrong(f"scope team={team} names no team of sentry.yaml; a grant is for one team")
    texts = (*scope, *scope.values())
    is_plain = all(0 < len(one) <= _TAG_CHARACTERS_MAX and one.isprintable() for one in texts)
    if len(scope) > TAGS_MAX or len(scope) < len(wanted.scope) or not is_plain or "model" in scope:
        raise _Wrong(f"a scope has 1 to {TAGS_MAX} tags of a call, each once, and no model")
    return Grant(scope=scope, price_class=wanted.price_class)
