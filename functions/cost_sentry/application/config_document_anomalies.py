"""Rules about anomalies as a JSON-safe document, and back; see config_document."""

from collections.abc import Mapping
from typing import Any

from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import (
    Action,
    AnomalyRule,
    AnomalyRules,
)
from cost_sentry.domain.money import dollars_text, picodollars


def anomalies_to_document(anomalies: AnomalyRules) -> dict[str, object]:
    """The member ``anomalies``.

    An older sentry reads over it, and tells nobody, as it always did: no format of its own.
    """
    rules = [_rule_to_document(rule) for rule in anomalies.rules]
    return {"anomalies": {"rules": rules, "scopesPerHourMax": anomalies.scopes_per_hour_max}}


def anomalies_from(document: Mapping[str, Any]) -> AnomalyRules:
    """The inverse."""
    return AnomalyRules(
        rules=tuple(_rule_from(rule) for rule in document["rules"]),
        scopes_per_hour_max=document["scopesPerHourMax"],
    )


def _rule_to_document(rule: AnomalyRule) -> dict[str, object]:
    tightens = {
        "percent": rule.percent,
        "floor": None if rule.floor is None else dollars_text(rule.floor),
    }
    return {
        "scope": dict(rule.scope),
        "severity": rule.severity.value,
        "do": rule.action.value,
        **{name: value for name, value in tightens.items() if value is not None},
        "coolDownMinutes": rule.cool_down_minutes,
        "tell": list(rule.tell),
    }


def _rule_from(document: Mapping[str, Any]) -> AnomalyRule:
    floor = document.get("floor")
    return AnomalyRule(
        scope=dict(document["scope"]),
        severity=Severity(document["severity"]),
        action=Action(document["do"]),
        percent=document.get("percent"),
        floor=None if floor is None else picodollars(floor),
        cool_down_minutes=document["coolDownMinutes"],
        tell=tuple(document["tell"]),
    )
