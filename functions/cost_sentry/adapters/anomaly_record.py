"""Anomalies as documents: the detail of an event, and what a scope's state keeps of its incident.

Money is decimal strings of dollars, as in every answer.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cost_sentry.domain.anomaly import Anomaly, Evidence, Severity, Signal
from cost_sentry.domain.money import dollars_text, picodollars

VERSION = 1


def anomaly_document(anomaly: Anomaly) -> dict[str, Any]:
    """The inverse of ``anomaly_from_document``; with its id, and what it costs by midnight."""
    kind, name = anomaly.scope
    evidence = anomaly.evidence
    return {
        "version": VERSION,
        "id": anomaly.id,
        "scope": {"kind": kind, "id": name},
        "since": anomaly.since.isoformat(),
        "now": anomaly.now.isoformat(),
        "severity": anomaly.severity.value,
        "goesOn": anomaly.goes_on,
        "takenForUsual": anomaly.is_adopted,
        "alsoSeenIn": [{"kind": kind, "id": name} for kind, name in anomaly.joined],
        "expectedUsdPerMinute": dollars_text(anomaly.expected_picodollars_per_minute),
        "seenUsdPerMinute": dollars_text(anomaly.seen_picodollars_per_minute),
        "factorPercent": anomaly.factor_percent,
        "projectedUsd": dollars_text(anomaly.projected_picodollars),
        "projectedUntil": anomaly.midnight.isoformat(),
        "evidence": {
            "signal": evidence.signal.value,
            "windowMinutes": evidence.window_minutes,
            "callsPercent": evidence.calls_percent,
            "tokensPerCallPercent": evidence.tokens_per_call_percent,
            "costPerTokenPercent": evidence.cost_per_token_percent,
        },
    }


def anomaly_from_document(document: Mapping[str, Any]) -> Anomaly:
    """The anomaly of a document; ``ValueError`` if it is none, or of another version."""
    try:
        if document["version"] != VERSION:
            raise ValueError(
                f"an anomaly of version {document['version']!r}; only {VERSION} is known here"
            )
        return _anomaly(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an anomaly: {error!r}") from error


def _anomaly(document: Mapping[str, Any]) -> Anomaly:
    evidence = document["evidence"]
    return Anomaly(
        scope=(document["scope"]["kind"], document["scope"]["id"]),
        since=_moment(document["since"]),
        now=_moment(document["now"]),
        severity=Severity(document["severity"]),
        expected_picodollars_per_minute=picodollars(document["expectedUsdPerMinute"]),
        seen_picodollars_per_minute=picodollars(document["seenUsdPerMinute"]),
        factor_percent=int(document["factorPercent"]),
        goes_on=bool(document.get("goesOn", False)),
        is_adopted=bool(document.get("takenForUsual", False)),
        joined=tuple((one["kind"], one["id"]) for one in document.get("alsoSeenIn", ())),
        evidence=Evidence(
            signal=Signal(evidence["signal"]),
            window_minutes=int(evidence["windowMinutes"]),
            calls_percent=evidence["callsPercent"],
            tokens_per_call_percent=evidence["tokensPerCallPercent"],
            cost_per_token_percent=evidence["costPerTokenPercent"],
        ),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without its offset from UTC: {text!r}")
    return moment.astimezone(UTC)
