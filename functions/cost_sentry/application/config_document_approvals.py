"""Who may approve, as a JSON-safe document, and back; see config_document."""

from collections.abc import Mapping
from typing import Any

from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry.domain.sentry_config import SentryConfig


def approvals_to_document(rules: ApprovalRules) -> dict[str, object]:
    """The member ``approvals``; an older sentry reads over it, and has nothing to approve."""
    return {
        "approvals": {
            "approvers": list(rules.approvers),
            "mail": list(rules.mail),
            "maxRaisePercent": rules.max_raise_percent,
            "expiresAfterHours": rules.expires_after_hours,
            "daysMax": rules.days_max,
            "selfApproval": rules.self_approval,
        }
    }


def approvals_from(document: Mapping[str, Any]) -> ApprovalRules:
    """Of the member ``approvals``."""
    return ApprovalRules(
        approvers=tuple(document["approvers"]),
        mail=tuple(document["mail"]),
        max_raise_percent=document["maxRaisePercent"],
        expires_after_hours=document["expiresAfterHours"],
        days_max=document["daysMax"],
        self_approval=document["selfApproval"],
    )


def approval_parts(config: SentryConfig | None) -> Mapping[str, str]:
    """Its fields as a comparison shows them; nothing where there are none."""
    rules = config.approvals if config else None
    if rules is None:
        return {}
    return {
        "approvers": ", ".join(rules.approvers),
        "mail": ", ".join(rules.mail),
        "maxRaisePercent": str(rules.max_raise_percent),
        "expiresAfterHours": str(rules.expires_after_hours),
        "daysMax": str(rules.days_max),
        "selfApproval": str(rules.self_approval).lower(),
    }
