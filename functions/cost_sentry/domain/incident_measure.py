"""What is in force for an incident: never milder than before, and nothing left behind."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from cost_sentry.domain.anomaly_rules import Action, AnomalyRule, stricter
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.incident import Incident, IncidentState
from cost_sentry.domain.measure import Measure, MeasureKind


def acting(incident: Incident, rule: AnomalyRule, now: datetime) -> Incident:
    """With the measure of the rule, which may take the place of another; never a milder one."""
    action = stricter(rule.action, incident.action)
    if action is Action.TELL:
        return incident
    scope = _scope(incident, rule, action)
    amount = _amount(incident, rule, scope) if action is Action.TIGHTEN else None
    return replace(
        incident,
        state=IncidentState.ACTING,
        action=action,
        measure=_measure(incident, action, scope, amount, now),
        replaced=lasting(incident, now),
        note="",
    )


def lasting_longer(incident: Incident, before: Incident, now: datetime) -> Incident:
    """With the same measure until the end that the incident has now; without one as it is."""
    if before.measure is None:
        return incident
    return replace(
        incident,
        measure=_measure(
            incident, incident.action, before.measure.scope, before.measure.amount, now
        ),
        replaced=lasting(before, now),
    )


def lasting(incident: Incident, now: datetime) -> tuple[Measure, ...]:
    """Measures of before that would still be in force if nobody lifted them."""
    return tuple(one for one in incident.measures if one.until > now)


def _amount(incident: Incident, rule: AnomalyRule, scope: Mapping[str, str]) -> int:
    """The least that was wanted so far for what is acted on."""
    known = []
    before = incident.measure
    if before is not None and before.amount is not None and before.scope == scope:
        known.append(before.amount)
    if rule.action is Action.TIGHTEN:
        known.append(rule.picodollars_per_minute(incident.usual))
    if not known and before is not None and before.amount is not None:
        known.append(before.amount)
    return min(known)


def incident_of(measure: Measure) -> str:
    """The incident that it was made for; each time it is prolonged makes another measure."""
    return measure.id.rpartition("-")[0]


def lift_command(incident_id: str) -> str:
    """What an owner types to end an incident and its measures; it can be copied as it stands."""
    return f"cost-sentry incidents lift {incident_id} --reason 'all is well'"


def _measure(
    incident: Incident,
    action: Action,
    scope: Mapping[str, str],
    amount: int | None,
    now: datetime,
) -> Measure:
    kind = MeasureKind.FREEZE if action is Action.FREEZE else MeasureKind.TIGHTEN
    how = "" if incident.percent is None else f" ({incident.percent} % of what would be ordinary)"
    return Measure(
        id=f"{incident.id}-{incident.revision}",
        kind=kind,
        scope=scope,
        made_at=now,
        until=incident.ends_at,
        why=f"incident {incident.id}{how}",
        undo=f"an owner lifts it with `{lift_command(incident.id)}`",
        amount=amount,
    )


def _scope(incident: Incident, rule: AnomalyRule, action: Action) -> dict[str, str]:
    """The cause; or its calls of one model, if that one's rule alone wants something done.

    Never less of the cause than is acted on already.
    """
    cause = dict(incident.cause)
    before = incident.measure
    is_of_it = before is not None and cause.items() <= before.scope.items()
    held = before.scope if before is not None and is_of_it else None
    model = rule.scope.get(MODEL_TAG)
    if held is not None and rule.action is not action:
        model = held.get(MODEL_TAG)
    if model is None or (held is not None and held.get(MODEL_TAG) != model):
        return cause
    return {**cause, MODEL_TAG: model}
