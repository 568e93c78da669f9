"""What a configuration says of anomalies, as operators read it; see config_changes."""

from collections.abc import Mapping

from cost_sentry.domain.anomaly_rules import AnomalyRule
from cost_sentry.domain.money import dollars_text
from cost_sentry.domain.sentry_config import SentryConfig, scope_text

_Parts = Mapping[str, str]


def anomaly_parts(config: SentryConfig | None) -> _Parts:
    """What there is one of; nothing where nobody chose."""
    if config is None or config.anomalies is None:
        return {}
    return {"scopesPerHourMax": str(config.anomalies.scopes_per_hour_max)}


def anomaly_rules(config: SentryConfig | None) -> Mapping[str, _Parts]:
    """By their place in the file, which decides."""
    rules = config.anomalies.rules if config and config.anomalies else ()
    return {f"{number}": _parts(rule) for number, rule in enumerate(rules)}


def _parts(rule: AnomalyRule) -> _Parts:
    return {
        "scope": scope_text(dict(sorted(rule.scope.items()))),
        "severity": rule.severity.value,
        "do": rule.action.value,
        "percent": "none" if rule.percent is None else str(rule.percent),
        "floor": "none" if rule.floor is None else f"{dollars_text(rule.floor)} usd",
        "coolDownMinutes": str(rule.cool_down_minutes),
        "tell": ", ".join(rule.tell) or "none",
    }
