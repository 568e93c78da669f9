"""An incident as JSON, and back: one revision, whole. Amounts are decimal strings."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cost_sentry.adapters.reservation_record import record_text
from cost_sentry.application.measure_document import measures_from_document, measures_to_document
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import Action
from cost_sentry.domain.incident import Evidence, Incident, IncidentState, Lead, StepKind

FORM = 1
_MOMENTS = ("at", "since", "opened_at", "seen_at", "ends_at")
_TEXTS = ("id", "by", "source", "how", "note")
_NUMBERS = ("revision", "cool_down_minutes", "told_revision")
_NEWER = {"lasts_minutes": "cool_down_minutes", "awaited": "seen_at", "told_at": "at"}
"""What was not kept at first, and what stands for it in a record of then."""
_AMOUNTS = ("usual", "seen", "percent")


def incident_text(incident: Incident) -> str:
    """The same text for the same content."""
    quiet, narrowed = incident.quiet_until, incident.narrowed_at
    adopted = incident.adopted_at
    return record_text(
        {
            "form": FORM,
            "scope": dict(incident.scope),
            "state": incident.state.value,
            "step": str(incident.step),
            "severity": incident.severity.value,
            "action": incident.action.value,
            "told": list(incident.told),
            "evidence": _evidence_to(incident.evidence),
            "measure": measures_to_document((incident.measure,) if incident.measure else ()),
            "replaced": measures_to_document(incident.replaced),
            "quiet_until": quiet.isoformat() if quiet else None,
            "lasts_minutes": incident.lasts_minutes,
            "awaited": incident.awaited.isoformat(),
            "told_at": incident.told_at.isoformat(),
            "joined": list(incident.joined),
            "acts_on": None if incident.acts_on is None else dict(incident.acts_on),
            "narrowed_at": narrowed.isoformat() if narrowed else None,
            "adopted_at": adopted.isoformat() if adopted else None,
            "adopted": _amount_to(incident.adopted),
            **{name: getattr(incident, name).isoformat() for name in _MOMENTS},
            **{name: getattr(incident, name) for name in (*_TEXTS, *_NUMBERS)},
            **{name: _amount_to(getattr(incident, name)) for name in _AMOUNTS},
        }
    )


def incident_of(text: str) -> Incident:
    """The inverse of ``incident_text``; ``ValueError`` if it is none."""
    try:
        return _incident_from(json.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an incident: {type(error).__name__}: {error}") from error


def _incident_from(record: Mapping[str, Any]) -> Incident:
    if record["form"] != FORM:
        raise ValueError(f"an incident of form {record['form']!r}; only {FORM} is known here")
    record = {**{name: record[older] for name, older in _NEWER.items()}, **record}
    acts_on = record.get("acts_on")
    plain: dict[str, Any] = {
        **{name: datetime.fromisoformat(record[name]) for name in _MOMENTS},
        **{name: record[name] for name in (*_TEXTS, *_NUMBERS)},
        **{name: _amount_from(record[name]) for name in _AMOUNTS},
    }
    return Incident(
        scope=dict(record["scope"]),
        state=IncidentState(record["state"]),
        step=_step_from(record["step"]),
        severity=Severity(record["severity"]),
        action=Action(record["action"]),
        told=tuple(record["told"]),
        evidence=_evidence_from(record["evidence"]),
        measure=next(iter(measures_from_document(record["measure"])), None),
        replaced=measures_from_document(record["replaced"]),
        quiet_until=_moment_from(record["quiet_until"]),
        lasts_minutes=record["lasts_minutes"],
        awaited=datetime.fromisoformat(record["awaited"]),
        told_at=datetime.fromisoformat(record["told_at"]),
        joined=tuple(record.get("joined", ())),
        acts_on=None if acts_on is None else dict(acts_on),
        narrowed_at=_moment_from(record.get("narrowed_at")),
        adopted_at=_moment_from(record.get("adopted_at")),
        adopted=_amount_from(record.get("adopted")),
        **plain,
    )


def _step_from(text: str) -> StepKind | str:
    """Another version's word is told as it stands: it keeps nobody from reading the rest."""
    try:
        return StepKind(text)
    except ValueError:
        return str(text)


def _evidence_to(evidence: Evidence) -> dict[str, object]:
    return {
        "application": _lead_to(evidence.application),
        "model": _lead_to(evidence.model),
        "budget": evidence.budget_id,
        "window": evidence.window_id,
    }


def _evidence_from(record: Mapping[str, Any]) -> Evidence:
    return Evidence(
        application=_lead_from(record["application"]),
        model=_lead_from(record["model"]),
        budget_id=record["budget"],
        window_id=record["window"],
    )


def _lead_to(lead: Lead | None) -> list[str] | None:
    return None if lead is None else [lead.name, str(lead.picodollars), str(lead.of_picodollars)]


def _lead_from(record: list[str] | None) -> Lead | None:
    if record is None:
        return None
    name, own, of = record
    return Lead(name=name, picodollars=int(own), of_picodollars=int(of))


def _moment_from(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _amount_to(amount: int | None) -> str | None:
    return None if amount is None else str(amount)


def _amount_from(text: str | None) -> int | None:
    return None if text is None else int(text)
