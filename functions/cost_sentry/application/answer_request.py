"""Approve, deny, withdraw or end a request for more. Each takes effect once, in one write.

The write holds only if the request stands as it was read and the configuration that it was judged
by is in force in that very instant. So nobody approves after the limit changed, two approvers are
never both the one, and approving meets denying on one side or the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cost_sentry.application.approval_answers import (
    ApprovalAnswer,
    ApprovalCode,
    answered_before,
    refused,
)
from cost_sentry.application.approval_changes import over_by_itself
from cost_sentry.application.approval_measure import measure_of
from cost_sentry.application.approval_ports import ApprovalStore, ApprovalWorkflow
from cost_sentry.application.approval_record import request_to_document
from cost_sentry.application.approval_terms import budget_named
from cost_sentry.application.ports import Clock, ConfigStore
from cost_sentry.application.raised_limits import config_with_measures
from cost_sentry.domain.approval import Approval, ApprovalState, Raise
from cost_sentry.domain.approval_deed import content_digest
from cost_sentry.domain.approval_rules import ApprovalRules, may_be_same_person
from cost_sentry.domain.budget import amount_in_words, amount_text
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.measure import MeasuresFull, with_put
from cost_sentry.domain.measures_in_force import raised_by
from cost_sentry.domain.sentry_config import SentryConfig

ATTEMPTS_MAX = 20
WHY_CHARACTERS_MAX = 300


class Verb(StrEnum):
    """What is done to a request."""

    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"
    """By who asked."""
    END = "end"
    """Of what was approved, before its time: by who asked, or an approver."""


_STATES: Mapping[Verb, ApprovalState] = {
    Verb.APPROVE: ApprovalState.APPROVED,
    Verb.DENY: ApprovalState.DENIED,
    Verb.WITHDRAW: ApprovalState.WITHDRAWN,
    Verb.END: ApprovalState.ENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody says to a request."""

    verb: Verb
    approval_id: str
    content: str
    """Digest of the request as it was shown: it binds the answer to budget, amount and time."""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What an answer leads to: a next state, unless it stays, and what is told."""

    answer: ApprovalAnswer
    after: Approval | None = None


def answer_request(
    answer: Answer,
    by: str,
    *,
    config_store: ConfigStore,
    store: ApprovalStore,
    workflow: ApprovalWorkflow,
    clock: Clock,
    pause: Callable[[int], None],
) -> ApprovalAnswer:
    """Judge the answer, and write what comes of it. Repeated by the same caller it is the same.

    Args:
        answer: what is said.
        by: a principal, proven.
        config_store: the configuration in force.
        store: of requests.
        workflow: is told; what was decided does not wait for it.
        clock: decides whether it is in time.
        pause: waits a little after the n-th meeting with another writer.

    Raises:
        LedgerUnavailable: it may have been written; answer again.
        WorkflowUnavailable: it was written, and takes effect within the hour; answer again, and it
            takes effect at once.
        ConfigurationError: the configuration in force cannot be read.
    """
    for attempt in range(ATTEMPTS_MAX):
        approval = store.read(answer.approval_id)
        if approval is None:
            message = f"there is no request {answer.approval_id!r}; see `cost-sentry approval list`"
            return refused(ApprovalCode.UNKNOWN_REQUEST, message)
        config = config_with_measures(config_store)
        judged = _judged(answer, by, approval, config, clock.now())
        if judged.after is None:
            if judged.answer.is_done:
                _tell(approval, workflow)
            return judged.answer
        if store.replace(approval, judged.after, config.version if config else None):
            _tell(judged.after, workflow)
            return judged.answer
        pause(attempt)
    raise LedgerContention(f"{answer.approval_id} is being changed by somebody else; try again")


def _tell(approval: Approval, workflow: ApprovalWorkflow) -> None:
    """See that one follows it, then that it looks now: who asked may have died before that."""
    workflow.start(approval.request.id, approval.revision)
    if approval.token is not None:
        workflow.wake(approval.token)


def _judged(
    answer: Answer, by: str, approval: Approval, config: SentryConfig | None, now: datetime
) -> _Judged:
    rules = config.approvals if config else None
    refusal = _not_shown(answer, approval) or _not_allowed(answer.verb, by, approval, rules)
    if refusal is not None:
        return _Judged(answer=refusal)
    if _is_so_already(answer.verb, by, approval):
        return _Judged(answer=_done(approval))
    over = over_by_itself(approval, config, now)
    if over is not None:
        return _Judged(answer=answered_before(over), after=over)
    unfit = _unfit(answer.verb, approval, config, now)
    if unfit is not None:
        return _Judged(answer=unfit)
    why = " ".join(answer.why.split())[:WHY_CHARACTERS_MAX]
    after = approval.moved(_STATES[answer.verb], by=by, at=now, why=why)
    return _Judged(answer=_done(after), after=after)


def _not_shown(answer: Answer, approval: Approval) -> ApprovalAnswer | None:
    if answer.content == content_digest(request_to_document(approval.request)):
        return None
    message = "this is not the request that you were shown: look at it again"
    return refused(ApprovalCode.NOT_SHOWN, message)


def _unfit(
    verb: Verb, approval: Approval, config: SentryConfig | None, now: datetime
) -> ApprovalAnswer | None:
    """Why a request that stands so cannot be answered so; ``None``: it can."""
    if verb is Verb.END and approval.state is ApprovalState.ASKED:
        message = f"{approval.request.id} was not approved yet: withdraw it, or deny it"
        return refused(ApprovalCode.ANSWERED_BEFORE, message, approval)
    expected = ApprovalState.APPROVED if verb is Verb.END else ApprovalState.ASKED
    if approval.state is not expected:
        return answered_before(approval)
    return _without_room(approval, config, now) if verb is Verb.APPROVE else None


def _not_allowed(
    verb: Verb, by: str, approval: Approval, rules: ApprovalRules | None
) -> ApprovalAnswer | None:
    is_asker = by == approval.request.asked_by
    if verb in (Verb.WITHDRAW, Verb.END) and is_asker:
        return None
    if verb is Verb.WITHDRAW:
        message = f"only {approval.request.asked_by}, who asked, may withdraw it; you are {by}"
        return refused(ApprovalCode.NOT_ALLOWED, message)
    entry = rules.entry_of(by) if rules else None
    if rules is None or entry is None:
        message = f"{by} is not among the approvers of sentry.yaml (approvals.approvers)"
        return refused(ApprovalCode.NOT_ALLOWED, message)
    is_own = may_be_same_person(entry, by, approval.request.asked_by)
    if verb is Verb.APPROVE and is_own and not rules.self_approval:
        message = (
            f"{by} may be who asked ({approval.request.asked_by}), and nobody approves what they "
            "asked for (approvals.selfApproval)"
        )
        return refused(ApprovalCode.OWN_REQUEST, message)
    return None


def _is_so_already(verb: Verb, by: str, approval: Approval) -> bool:
    """Whether the same caller did the same before, whatever came of it since."""
    if verb is Verb.APPROVE:
        return approval.answered_by == by
    return approval.state is _STATES[verb] and approval.changed_by == by


def _without_room(
    approval: Approval, config: SentryConfig | None, now: datetime
) -> ApprovalAnswer | None:
    """So that an approver learns it now; whoever puts it in force has the last word."""
    more = approval.request.more
    if config is None:
        return None
    try:
        with_put(config.measures, measure_of(approval.request), now)
    except MeasuresFull as full:
        return refused(ApprovalCode.NO_ROOM, str(full), approval)
    if not isinstance(more, Raise):
        return None
    budget = budget_named(config, more.budget_id)
    raised = raised_by(config.measures, budget, now) if budget else 0
    if raised + more.amount <= more.raised_max:
        return None
    message = (
        f"budget {more.budget_id} is raised by {amount_in_words(more.unit, raised)} already, and"
        f" may be by {amount_text(more.unit, more.raised_max)} in all (approvals.maxRaisePercent)"
    )
    return refused(ApprovalCode.NO_ROOM, message, approval)


def _done(approval: Approval) -> ApprovalAnswer:
    until = approval.request.until.isoformat(timespec="minutes")
    holds = f", until {until}" if approval.state is ApprovalState.APPROVED else ""
    message = (
        f"{approval.request.id} is {approval.state.value}{holds}: {approval.request.more.text}"
    )
    return ApprovalAnswer(code=ApprovalCode.DONE, message=message, approval=approval)
