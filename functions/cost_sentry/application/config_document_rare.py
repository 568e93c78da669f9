"""Sections that decide no call, as documents and back; what reads one is loaded where it is.

An admission reads the whole document at its cold start, and uses none of these; of models that are
endpoints only where there are some.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cost_sentry.domain.anomaly_rules import AnomalyRules
    from cost_sentry.domain.approval_rules import ApprovalRules
    from cost_sentry.domain.endpoint_model import EndpointModel
    from cost_sentry.domain.endpoint_rules import EndpointRules
    from cost_sentry.domain.sentry_config import SentryConfig

_Section = Mapping[str, Any] | None


def rare_to_document(config: "SentryConfig") -> dict[str, object]:
    """Its members ``anomalies``, ``approvals`` and ``endpoints``, those that it has."""
    document: dict[str, object] = {}
    if config.approvals is not None:
        from cost_sentry.application.config_document_approvals import approvals_to_document

        document |= approvals_to_document(config.approvals)
    if config.anomalies is not None:
        from cost_sentry.application.config_document_anomalies import anomalies_to_document

        document |= anomalies_to_document(config.anomalies)
    if config.endpoints is not None:
        from cost_sentry.application.config_document_endpoints import endpoints_to_document

        document |= endpoints_to_document(config.endpoints)
    return document


def approvals_of(section: _Section) -> "ApprovalRules | None":
    """Of the member ``approvals``."""
    if section is None:
        return None
    from cost_sentry.application.config_document_approvals import approvals_from

    return approvals_from(section)


def anomalies_of(section: _Section) -> "AnomalyRules | None":
    """Of the member ``anomalies``."""
    if section is None:
        return None
    from cost_sentry.application.config_document_anomalies import anomalies_from

    return anomalies_from(section)


def endpoints_of(section: _Section) -> "EndpointRules | None":
    """Of the member ``endpoints``."""
    if section is None:
        return None
    from cost_sentry.application.config_document_endpoints import endpoints_from

    return endpoints_from(section)


def endpoint_model_to_document(endpoint: "EndpointModel | None") -> dict[str, object]:
    """The member ``endpoint`` of a model; nothing of one that Bedrock has."""
    if endpoint is None:
        return {}
    from cost_sentry.application.config_document_endpoint_model import endpoint_to_document

    return {"endpoint": endpoint_to_document(endpoint)}


def endpoint_model_of(section: _Section) -> "EndpointModel | None":
    """Of that member."""
    if section is None:
        return None
    from cost_sentry.application.config_document_endpoint_model import endpoint_from

    return endpoint_from(section)
