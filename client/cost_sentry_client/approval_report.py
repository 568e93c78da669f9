"""Requests for more as `approval` writes them, for people and for programs."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cost_sentry.application.approval_record import approval_to_document
from cost_sentry.application.rows import Rows
from cost_sentry.domain.approval import Approval, ApprovalState
from cost_sentry_client.tables import amounts_table, records
from cost_sentry_client.unreadable_report import unreadable_row

if TYPE_CHECKING:
    from rich.table import Table


def approval_json(approval: Approval, now: datetime) -> dict[str, Any]:
    """All that is on record, and whether it is in force at this moment."""
    return {**approval_to_document(approval), "inForce": approval.holds(now)}


def approvals_table(approvals: Rows[Approval], now: datetime) -> "Table | str":
    """The newest first: the id, for whoever answers, and where it stands."""
    if not approvals and not approvals.unreadable:
        return "no request waits for an answer, and nothing that was approved is in force"
    shown = [(one.request.id, _line(one, now)) for one in approvals]
    return records([*shown, *map(unreadable_row, approvals.unreadable)])


def _line(one: Approval, now: datetime) -> list[tuple[str, str]]:
    return [
        ("asks for", one.request.more.text),
        ("state", f"{_state(one, now)}, until {_ends(one)}"),
        ("asked by", one.request.asked_by),
    ]


def approval_facts(approval: Approval, now: datetime) -> list[tuple[str, str]]:
    """Name and value."""
    request = approval.request
    facts = [
        ("asked for", request.more.text),
        ("state", _state(approval, now)),
        ("reason", request.reason),
        ("asked by", f"{request.asked_by}, {_moment(request.asked_at)}"),
        ("answer by", _moment(request.expires_at)),
        ("until", _moment(request.until)),
    ]
    if approval.answered_by:
        facts.append(("approved by", approval.answered_by))
    if approval.state not in (ApprovalState.ASKED, ApprovalState.APPROVED):
        facts.append((approval.state.value, f"{_moment(approval.changed_at)}, {_by(approval)}"))
    terms = [f"{name}: {value}" for name, value in request.terms.items()]
    return [*facts, *(("bound to" if not place else "", term) for place, term in enumerate(terms))]


def history_table(changes: Iterable[Mapping[str, object]]) -> "Table":
    """Each change of its state."""
    table = amounts_table("when", "state", "by", "why", amounts=())
    for one in changes:
        at = _moment(datetime.fromisoformat(str(one["changedAt"])))
        table.add_row(at, str(one["state"]), str(one["changedBy"]), str(one["why"]))
    return table


def _state(approval: Approval, now: datetime) -> str:
    if approval.is_overdue(now):
        return "asked, and not answered in time"
    if approval.state is ApprovalState.APPROVED:
        return "in force" if approval.holds(now) else "approved, and over"
    return approval.state.value


def _by(approval: Approval) -> str:
    why = f": {approval.why}" if approval.why else ""
    return f"by {approval.changed_by}{why}"


def _ends(approval: Approval) -> str:
    is_asked = approval.state is ApprovalState.ASKED
    return _moment(approval.request.expires_at if is_asked else approval.request.until)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
