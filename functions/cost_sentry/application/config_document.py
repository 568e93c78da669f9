"""The configuration as a JSON-safe document, and back. Amounts are decimal strings."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from cost_sentry.application.config_document_external import (
    external_from,
    external_to_document,
)
from cost_sentry.application.config_document_parts import (
    allowance_from,
    allowances_to_document,
    circuit_breaker_from,
    circuits_to_document,
    policies_from,
    policies_to_document,
    retries_from,
    stages_from,
    team_from,
    team_to_document,
)
from cost_sentry.application.config_document_rare import (
    anomalies_of,
    approvals_of,
    endpoints_of,
    rare_to_document,
)
from cost_sentry.application.config_document_routing import (
    model_from,
    model_to_document,
    routing_from,
    routing_to_document,
)
from cost_sentry.application.time_zones import time_zone_named
from cost_sentry.domain.budget import (
    NO_STAGES,
    Budget,
    BudgetMode,
    Unit,
    amount_text,
    parse_amount,
)
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.sentry_config import OUTPUT_TOKENS_MIN, SentryConfig
from cost_sentry.domain.window import WindowKind

FORMAT = 1
FORMAT_WITH_TIME_ZONES = 2
FORMAT_WITH_POLICIES = 3
FORMAT_WITH_APPLICATIONS = 4
FORMAT_WITH_STAGES = 5
"""Grows when an older sentry could misread a document; it then says so instead of guessing.

One that knows no time zones would count days of UTC, one that knows no policies would permit
everything, one that knows no applications would take their names from requests, and one that knows
no stages, nor budgets in shadow mode, would spend what they spare and refuse what they count.
Documents without any keep the first format, and so their version.
"""
FORMATS = (
    FORMAT,
    FORMAT_WITH_TIME_ZONES,
    FORMAT_WITH_POLICIES,
    FORMAT_WITH_APPLICATIONS,
    FORMAT_WITH_STAGES,
)

APPLY_AGAIN = "apply sentry.yaml again (`cost-sentry config apply`)"
"""The way out of a stored configuration that cannot be read: it is replaced like any other."""

_VERSION_CHARACTERS = 16


def config_to_document(config: SentryConfig) -> dict[str, object]:
    """Everything ``config`` says but its version, which is made of this document.

    The shape follows ``sentry.yaml``: ``format``, ``defaults``, ``alerts``, ``teams``, ``models``
    and ``budgets``; a budget's ``limit`` is ``"12.50"`` dollars or ``"15000"`` of anything else.
    Its ``timeZone`` is left out where it is UTC, ``outputTokensMin`` where nobody chose one, and
    ``knownTags``, ``emergencyAllowances``, ``routing``, ``approvals`` and ``endpoints`` where there
    are none.
    """
    return {
        "format": _format(config),
        "defaults": {
            "outputTokens": config.output_tokens_default,
            "outputTokensMax": config.output_tokens_max,
            **_lowest_output(config),
            "requiredTags": list(config.required_tags),
            **({"knownTags": list(config.known_tags)} if config.known_tags else {}),
            "holdSeconds": config.hold_seconds,
        },
        "alerts": {"addresses": list(config.alert_addresses)},
        "teams": {team.id: team_to_document(team) for team in config.teams.values()},
        "models": {model.id: model_to_document(model) for model in config.models.values()},
        "budgets": [_budget_to_document(budget) for budget in config.budgets],
        **allowances_to_document(config),
        **policies_to_document(config.policies),
        **circuits_to_document(config),
        **routing_to_document(config.routing),
        **external_to_document(config.external_usage),
        **rare_to_document(config),
    }


def config_from_document(document: Mapping[str, object]) -> SentryConfig:
    """The inverse of ``config_to_document``; ``ConfigurationError`` if it is no such document."""
    if document.get("format") not in FORMATS:
        raise ConfigurationError(
            f"the configuration in force has format {document.get('format')!r}, and this version "
            f"of cost-sentry reads formats {FORMAT} to {FORMATS[-1]}: use one that reads it, or "
            f"{APPLY_AGAIN} with this one"
        )
    try:
        return _config_from(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            "the configuration in force cannot be read "
            f"({type(error).__name__}: {error}): {APPLY_AGAIN}"
        ) from error


def document_version(document: Mapping[str, object]) -> str:
    """Digest of the document; the same for two documents that differ only in key order."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_VERSION_CHARACTERS]


def with_version(config: SentryConfig) -> SentryConfig:
    """The same configuration carrying the version that its content has."""
    return replace(config, version=document_version(config_to_document(config)))


def _lowest_output(config: SentryConfig) -> dict[str, int]:
    chosen = config.output_tokens_min
    return {} if chosen == OUTPUT_TOKENS_MIN else {"outputTokensMin": chosen}


def _format(config: SentryConfig) -> int:
    if any(budget.stages != NO_STAGES or budget.is_shadow for budget in config.budgets):
        return FORMAT_WITH_STAGES
    if any(team.applications for team in config.teams.values()):
        return FORMAT_WITH_APPLICATIONS
    if config.policies.rules:
        return FORMAT_WITH_POLICIES
    zoned = any(budget.time_zone is not UTC for budget in config.budgets)
    return FORMAT_WITH_TIME_ZONES if zoned else FORMAT


def _budget_to_document(budget: Budget) -> dict[str, object]:
    zone = {} if budget.time_zone is UTC else {"timeZone": str(budget.time_zone)}
    return {
        "id": budget.id,
        "scope": dict(budget.scope),
        "unit": budget.unit.value,
        "window": budget.window.value,
        **zone,
        "limit": amount_text(budget.unit, budget.limit),
        "owners": list(budget.owners),
        "thresholds": list(budget.thresholds_percent),
        **({"stages": stages} if (stages := dict(budget.stages.given)) else {}),
        **({"mode": budget.mode.value} if budget.is_shadow else {}),
    }


def _config_from(document: Mapping[str, Any]) -> SentryConfig:
    defaults, teams, models = document["defaults"], document["teams"], document["models"]
    return SentryConfig(
        version=document_version(document),
        teams={id_: team_from(id_, team) for id_, team in teams.items()},
        models={id_: model_from(id_, model) for id_, model in models.items()},
        budgets=tuple(_budget_from(budget) for budget in document["budgets"]),
        output_tokens_default=defaults["outputTokens"],
        output_tokens_max=defaults["outputTokensMax"],
        output_tokens_min=defaults.get("outputTokensMin", OUTPUT_TOKENS_MIN),
        required_tags=tuple(defaults["requiredTags"]),
        known_tags=tuple(defaults.get("knownTags", ())),
        hold_seconds=defaults["holdSeconds"],
        alert_addresses=tuple(document["alerts"]["addresses"]),
        emergency_allowances=tuple(
            allowance_from(allowance) for allowance in document.get("emergencyAllowances", ())
        ),
        policies=policies_from(document.get("policies")),
        circuit_breaker=circuit_breaker_from(document.get("circuitBreaker")),
        retries=retries_from(document.get("retries")),
        routing=routing_from(document.get("routing")),
        external_usage=external_from(document.get("externalUsage")),
        approvals=approvals_of(document.get("approvals")),
        anomalies=anomalies_of(document.get("anomalies")),
        endpoints=endpoints_of(document.get("endpoints")),
    )


def _budget_from(document: Mapping[str, Any]) -> Budget:
    unit = Unit(document["unit"])
    return Budget(
        id=document["id"],
        scope=dict(document["scope"]),
        unit=unit,
        window=WindowKind(document["window"]),
        time_zone=time_zone_named(document.get("timeZone", "UTC")),
        limit=parse_amount(unit, document["limit"]),
        owners=tuple(document["owners"]),
        thresholds_percent=tuple(document["thresholds"]),
        stages=stages_from(document.get("stages", {})),
        mode=BudgetMode(document.get("mode", BudgetMode.ENFORCE)),
    )
