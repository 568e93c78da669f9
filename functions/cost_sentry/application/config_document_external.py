"""What the configuration says of calls past the sentry, as a part of its document, and back."""

from collections.abc import Mapping
from typing import Any

from cost_sentry.domain.external_rules import ALL_ALLOWED, ExternalUsageRules


def external_to_document(rules: ExternalUsageRules) -> dict[str, object]:
    """``externalUsage``; left out where nobody chose. An older sentry tells nobody, as always."""
    if rules.allowed_models is None:
        return {}
    return {"externalUsage": {"allowedModels": list(rules.allowed_models)}}


def external_from(document: Mapping[str, Any] | None) -> ExternalUsageRules:
    """Of the member ``externalUsage``; without one every model may be called past the sentry."""
    if document is None:
        return ALL_ALLOWED
    return ExternalUsageRules(tuple(document["allowedModels"]))


def external_parts(rules: ExternalUsageRules) -> Mapping[str, str]:
    """Its fields as an operator reads them in a list of changes."""
    if rules.allowed_models is None:
        return {}
    return {"allowedModels": ", ".join(rules.allowed_models) or "none"}
