"""Requests for more as JSON-safe documents, and back. Amounts are decimal strings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cost_sentry.domain.approval import Approval, ApprovalRequest, ApprovalState, Grant, Raise
from cost_sentry.domain.unit import Unit, amount_text, parse_amount


def more_to_document(more: Raise | Grant) -> dict[str, object]:
    """Of a raise ``{"budget", "budgetKind", "unit", "amount", "raisedMax"}``.

    Of a grant ``{"scope", "priceClass"}``.
    """
    if isinstance(more, Raise):
        amount = amount_text(more.unit, more.amount)
        return {
            "budget": more.budget_id,
            "budgetKind": more.budget_kind,
            "unit": more.unit.value,
            "amount": amount,
            "raisedMax": amount_text(more.unit, more.raised_max),
        }
    return {"scope": dict(more.scope), "priceClass": more.price_class}


def more_from(document: Mapping[str, Any]) -> Raise | Grant:
    """The inverse of ``more_to_document``."""
    if "budget" in document:
        unit = Unit(document["unit"])
        return Raise(
            budget_id=document["budget"],
            budget_kind=document.get("budgetKind", ""),
            unit=unit,
            amount=parse_amount(unit, document["amount"]),
            raised_max=parse_amount(unit, document["raisedMax"]),
        )
    return Grant(scope=dict(document["scope"]), price_class=document["priceClass"])


def request_to_document(request: ApprovalRequest) -> dict[str, object]:
    """Everything that was asked for; instants in ISO 8601."""
    return {
        "id": request.id,
        "more": more_to_document(request.more),
        "reason": request.reason,
        "askedBy": request.asked_by,
        "askedAt": request.asked_at.isoformat(),
        "expiresAt": request.expires_at.isoformat(),
        "until": request.until.isoformat(),
        "terms": dict(request.terms),
    }


def request_from(document: Mapping[str, Any]) -> ApprovalRequest:
    """The inverse of ``request_to_document``."""
    return ApprovalRequest(
        id=document["id"],
        more=more_from(document["more"]),
        reason=document["reason"],
        asked_by=document["askedBy"],
        asked_at=datetime.fromisoformat(document["askedAt"]),
        expires_at=datetime.fromisoformat(document["expiresAt"]),
        until=datetime.fromisoformat(document["until"]),
        terms=dict(document["terms"]),
    )


def standing_to_document(approval: Approval) -> dict[str, object]:
    """What changes of it, but the token, which is nobody's but the workflow's."""
    return {
        "state": approval.state.value,
        "revision": approval.revision,
        "changedBy": approval.changed_by,
        "changedAt": approval.changed_at.isoformat(),
        "why": approval.why,
        "answeredBy": approval.answered_by,
    }


def approval_to_document(approval: Approval) -> dict[str, object]:
    """All that people may see of it."""
    return {**request_to_document(approval.request), **standing_to_document(approval)}


def approval_from(document: Mapping[str, Any], token: str | None = None) -> Approval:
    """The inverse of ``approval_to_document``, with the token kept beside it."""
    return Approval(
        request=request_from(document),
        state=ApprovalState(document["state"]),
        revision=document["revision"],
        changed_by=document["changedBy"],
        changed_at=datetime.fromisoformat(document["changedAt"]),
        why=document["why"],
        answered_by=document["answeredBy"],
        token=token,
    )
