"""Parts of a configuration as JSON-safe documents, and back; see config_document."""

from collections.abc import Mapping
from typing import Any

from cost_sentry.domain.answer_cache import AnswerCaching
from cost_sentry.domain.budget import (
    Stages,
)
from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.policy import Policies, Policy, PolicyMode
from cost_sentry.domain.retry import RetryRules
from cost_sentry.domain.sentry_config import (
    Application,
    SentryConfig,
    Team,
)


def stages_from(document: Mapping[str, Any]) -> Stages:
    """Of a budget."""
    return Stages(
        prefer_ladder_percent=document.get("preferLadder"),
        lower_output_percent=document.get("lowerOutput"),
        critical_only_percent=document.get("criticalOnly"),
    )


def team_to_document(team: Team) -> dict[str, object]:
    """Applications are left out where none is named."""
    named = {one.id: _application_to_document(one) for one in team.applications.values()}
    return {"owners": list(team.owners), **({"applications": named} if named else {})}


def team_from(id_: str, document: Mapping[str, Any]) -> Team:
    """The inverse of ``team_to_document``."""
    applications = {
        name: Application(
            id=name,
            environment=told.get("environment"),
            answer_cache=_answer_cache_from(told.get("answerCache")),
        )
        for name, told in document.get("applications", {}).items()
    }
    return Team(id=id_, owners=tuple(document["owners"]), applications=applications)


def _application_to_document(one: Application) -> dict[str, object]:
    """An older sentry reads over ``answerCache``, and keeps nothing: no format of its own."""
    told: dict[str, object] = {}
    if one.environment is not None:
        told["environment"] = one.environment
    if one.answer_cache is not None:
        told["answerCache"] = {
            "ttlSeconds": one.answer_cache.ttl_seconds,
            **({"anyTemperature": True} if one.answer_cache.any_temperature else {}),
        }
    return told


def _answer_cache_from(document: Mapping[str, Any] | None) -> AnswerCaching | None:
    if document is None:
        return None
    return AnswerCaching(
        ttl_seconds=document["ttlSeconds"], any_temperature=document.get("anyTemperature", False)
    )


def allowances_to_document(config: SentryConfig) -> dict[str, object]:
    """An older sentry reads over them and answers no, as it always did: no format of their own."""
    allowances = [
        {
            "id": allowance.id,
            "scope": dict(allowance.scope),
            "model": allowance.model_id,
            "callsPerDay": allowance.calls_per_day,
            "inputTokensMax": allowance.input_tokens_max,
            "outputTokensMax": allowance.output_tokens_max,
        }
        for allowance in config.emergency_allowances
    ]
    return {"emergencyAllowances": allowances} if allowances else {}


def policies_to_document(policies: Policies) -> dict[str, object]:
    """The member ``policies``; nothing where there are none."""
    if not policies.rules:
        return {}
    rules = [
        {"id": rule.id, "mode": rule.mode.value, "sentence": rule.sentence, "text": rule.text}
        for rule in policies.rules
    ]
    return {"policies": {"timeZone": policies.time_zone, "rules": rules}}


def policies_from(document: Mapping[str, Any] | None) -> Policies:
    """Of the member ``policies``; ``None``: there is none."""
    if document is None:
        return Policies()
    rules = (
        Policy(
            id=rule["id"],
            mode=PolicyMode(rule["mode"]),
            sentence=rule["sentence"],
            text=rule["text"],
        )
        for rule in document["rules"]
    )
    return Policies(rules=tuple(rules), time_zone=document["timeZone"])


def allowance_from(document: Mapping[str, Any]) -> EmergencyAllowance:
    """One member of ``emergencyAllowances``."""
    return EmergencyAllowance(
        id=document["id"],
        scope=dict(document["scope"]),
        model_id=document["model"],
        calls_per_day=document["callsPerDay"],
        input_tokens_max=document["inputTokensMax"],
        output_tokens_max=document["outputTokensMax"],
    )


def circuits_to_document(config: SentryConfig) -> dict[str, object]:
    """``circuitBreaker`` and ``retries``; an older sentry goes on without either, as it always did.

    So they need no format of their own, and are left out where nobody chose them.
    """
    breaker, retries = config.circuit_breaker, config.retries
    document: dict[str, object] = {}
    if breaker is not None:
        document["circuitBreaker"] = {
            "failures": breaker.failures,
            "failurePercent": breaker.failure_percent,
            "withinSeconds": breaker.within_seconds,
            "openSeconds": breaker.open_seconds,
        }
    if retries is not None:
        document["retries"] = {
            "percent": retries.percent,
            "attemptsMax": retries.attempts_max,
        }
    return document


def circuit_breaker_from(document: Mapping[str, Any] | None) -> CircuitRules | None:
    """Of the member ``circuitBreaker``; ``None``: there is none."""
    if document is None:
        return None
    return CircuitRules(
        failures=document["failures"],
        failure_percent=document["failurePercent"],
        within_seconds=document["withinSeconds"],
        open_seconds=document["openSeconds"],
    )


def retries_from(document: Mapping[str, Any] | None) -> RetryRules | None:
    """Of the member ``retries``; ``None``: there is none."""
    if document is None:
        return None
    return RetryRules(percent=document["percent"], attempts_max=document["attemptsMax"])
