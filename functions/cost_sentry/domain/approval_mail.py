"""The mails about a request for more: one when it is asked, one for whatever becomes of it.

The first asks the approvers, the others tell them and the owners of the money. None holds a link: a
mail scanner follows links, and an answer is a signed call.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from cost_sentry.domain.alert_mail import amount_shown, recipients_of
from cost_sentry.domain.approval import Approval, ApprovalState, Grant, Raise
from cost_sentry.domain.mail_text import unlinked
from cost_sentry.domain.notice import Notice
from cost_sentry.domain.notice_mail import NoticeText, write_notice
from cost_sentry.domain.sentry_config import SentryConfig, scope_text

_SUBJECTS: Mapping[ApprovalState, str] = {
    ApprovalState.ASKED: "approval wanted",
    ApprovalState.APPROVED: "approved",
    ApprovalState.DENIED: "denied",
    ApprovalState.WITHDRAWN: "withdrawn",
    ApprovalState.EXPIRED: "not answered in time",
    ApprovalState.VOID: "void, ask again",
    ApprovalState.ENDED: "ended",
}


def write_approval_notice(approval: Approval, config: SentryConfig) -> Notice:
    """The mail about the state that a request is in; of one state there is one."""
    request = approval.request
    text = NoticeText(
        subject=f"{_SUBJECTS[approval.state]}: {_more_wanted(request.more)}",
        what=f"{_SUBJECTS[approval.state]}: {_more_wanted(request.more)}",
        whose=_whose(approval, config),
        done=_done(approval),
        undo=_undo(approval),
        more=_more(approval),
        tail=("Look:", f"  cost-sentry approval show {request.id}"),
    )
    key = f"approval#{request.id}#{approval.state.value}"
    recipients = _recipients(approval, config)
    return write_notice(text, key=key, recipients=recipients, at=approval.changed_at)


def _more_wanted(more: Raise | Grant) -> str:
    if isinstance(more, Raise):
        return f"{amount_shown(more.unit, more.amount)} more of budget {more.budget_id}"
    return more.text


def _whose(approval: Approval, config: SentryConfig) -> str:
    more = approval.request.more
    if not isinstance(more, Raise):
        return f"calls of {scope_text(more.scope)}"
    budget = next((one for one in config.budgets if one.id == more.budget_id), None)
    return f"budget {more.budget_id}, for {scope_text(budget.scope) if budget else 'nobody now'}"


def _done(approval: Approval) -> str:
    """What the sentry did, on one line."""
    request = approval.request
    until = _minute(request.until)
    match approval.state:
        case ApprovalState.ASKED:
            return f"nothing yet; it waits for an answer until {_minute(request.expires_at)}"
        case ApprovalState.APPROVED if isinstance(request.more, Raise):
            return f"the limit is higher until {until}, and then set back"
        case ApprovalState.APPROVED:
            return f"policies are told of it until {until}"
        case ApprovalState.ENDED:
            return "it is not in force any more; what was spent stays spent"
        case _:
            return "nothing; all limits are as they were"


def _undo(approval: Approval) -> str:
    id_ = approval.request.id
    match approval.state:
        case ApprovalState.ASKED:
            return f"cost-sentry approval approve {id_}"
        case ApprovalState.APPROVED:
            return f"cost-sentry approval end {id_}"
        case _:
            return "nothing to undo; ask again with cost-sentry approval ask"


def _more(approval: Approval) -> tuple[tuple[str, str], ...]:
    request = approval.request
    said = (("Said", unlinked(approval.why)),) if approval.why else ()
    is_asked = approval.state is ApprovalState.ASKED
    otherwise = (("Or", f"cost-sentry approval deny {request.id}"),) if is_asked else ()
    return (
        *otherwise,
        ("Reason", unlinked(request.reason)),
        ("Asked by", request.asked_by),
        *(() if is_asked else (("By", approval.changed_by),)),
        *said,
        ("Ends", _minute(request.until)),
    )


def _recipients(approval: Approval, config: SentryConfig) -> tuple[str, ...]:
    approvers = config.approvals.mail if config.approvals else ()
    if approval.state is ApprovalState.ASKED:
        return approvers
    return (*approvers, *_owners(approval, config))


def _owners(approval: Approval, config: SentryConfig) -> tuple[str, ...]:
    more = approval.request.more
    if isinstance(more, Raise):
        budget = next((one for one in config.budgets if one.id == more.budget_id), None)
        return recipients_of(budget, config) if budget else config.alert_addresses
    team = config.teams.get(more.scope.get("team", ""))
    return (*(team.owners if team else ()), *config.alert_addresses)


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
