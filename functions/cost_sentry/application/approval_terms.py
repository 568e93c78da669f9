"""What an answer to a request for more is bound to, read from the configuration in force."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict

from cost_sentry.application.config_document_parts import policies_to_document
from cost_sentry.domain.approval import Grant, Raise
from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry.domain.budget import Budget, amount_in_words
from cost_sentry.domain.sentry_config import SentryConfig, scope_text

_VERSION_CHARACTERS = 12


def budget_named(config: SentryConfig, budget_id: str) -> Budget | None:
    """The budget of this id; ``None`` if the configuration has none."""
    return next((one for one in config.budgets if one.id == budget_id), None)


def most_raised(budget: Budget, rules: ApprovalRules) -> int:
    """The most by which all raises in force together may lift a budget."""
    return budget.limit * rules.max_raise_percent // 100


def terms_of(config: SentryConfig, more: Raise | Grant) -> Mapping[str, str]:
    """By what each is called in words; a budget that is not there has none."""
    rules = asdict(config.approvals) if config.approvals else {}
    return {
        **(_of_budget(config, more) if isinstance(more, Raise) else {}),
        "version of the policies": _version(policies_to_document(config.policies)),
        "version of the approval rules": _version(rules),
    }


def _of_budget(config: SentryConfig, more: Raise) -> Mapping[str, str]:
    budget = budget_named(config, more.budget_id)
    if budget is None:
        return {}
    return {
        f"limit of budget {budget.id}": amount_in_words(budget.unit, budget.limit),
        f"what budget {budget.id} counts": (
            f"{budget.unit.value} per {budget.window_text} of"
            f" {scope_text(dict(sorted(budget.scope.items())))}, {budget.mode.value}"
        ),
    }


def _version(document: Mapping[str, object]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_VERSION_CHARACTERS]
