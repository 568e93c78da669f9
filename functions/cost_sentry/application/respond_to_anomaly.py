"""Respond to anomaly: gather what is known, do what the configuration says, tell once."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cost_sentry.application.incident_cause import Cause, cause_of
from cost_sentry.application.incident_evidence import evidence_of
from cost_sentry.application.incident_parts import LOOKS_MAX, IncidentParts, busy
from cost_sentry.application.incident_ports import Kept, Share
from cost_sentry.application.incident_rates import with_rates
from cost_sentry.domain.anomaly_rules import (
    NO_ANOMALY_RULES,
    TELL_ONLY,
    AnomalyRule,
    AnomalyRules,
    worse,
)
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.caller import APPLICATION_TAG, TEAM_TAG
from cost_sentry.domain.incident import (
    Incident,
    IncidentState,
    Sighting,
    StepKind,
    model_in,
    scope_key,
)
from cost_sentry.domain.incident_course import (
    joined,
    not_acted,
    opened,
    opens,
    prolonged,
    revised,
    widens,
)
from cost_sentry.domain.incident_end import closed
from cost_sentry.domain.measure import has_room
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.sentry_config import SentryConfig


class Response(StrEnum):
    """What became of a sighting."""

    NEW = "new"
    """It opened an incident."""
    MORE = "more"
    """It told more about one that is on record."""
    KNOWN = "known"
    """It told nothing more; what had to be done for the incident was made sure of."""
    NONE = "none"
    """It concerns no incident: it is over, or a person has just lifted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Responded:
    """To one sighting."""

    response: Response
    incident: Incident | None
    is_awaited: bool = False
    """Whether whoever brought this sighting is to wait for the end."""
    unreadable: tuple[str, ...] = ()
    """Incidents of other scopes that it may belong to, and that nobody could look at; and why."""


def respond_to_anomaly(sighting: Sighting, parts: IncidentParts) -> Responded:
    """Open, revise or leave alone the incident that it belongs to; safe to repeat, in any order.

    Raises:
        LedgerUnavailable: something may be done and the rest not; safe to try again.
        ConfigurationError: no configuration is in force, or it cannot be read.
    """
    config = parts.config()
    for _ in range(LOOKS_MAX):
        now = parts.clock.now()
        before = parts.incidents.current(scope_key(sighting.scope))
        if before and before.is_due(now):
            _close(before, parts)
            continue
        cause = Cause(sighting=sighting)
        if before is None or before.is_over:
            sighting = with_rates(sighting, parts.meters, now)
            if before and not sighting.has_ended and not opens(before, sighting):
                return _nothing_new(before, sighting, parts)
            cause = cause_of(sighting, parts, now)
            before = cause.incident or parts.incidents.current(scope_key(cause.sighting.scope))
        done = _respond(before, cause, config, parts)
        if done is not None:
            return replace(done, unreadable=cause.unreadable)
    raise busy(scope_key(sighting.scope))


def _respond(
    before: Incident | None, cause: Cause, config: SentryConfig, parts: IncidentParts
) -> Responded | None:
    """``None`` if somebody was first."""
    if before and before.is_due(parts.clock.now()):
        _close(before, parts)
        return None
    after = _after(before, cause, config, parts)
    if after is None:
        return _nothing_new(before, cause.sighting, parts)
    if before and before.is_over:
        parts.take_effect(before)  # Its place is taken: nobody would tell its end any more.
    kept = _keep(before, after, cause.sighting, config, parts)
    if kept is None:
        return None
    if kept is before:
        return _nothing_new(before, cause.sighting, parts)
    response = Response.NEW if before is None or before.is_over else Response.MORE
    return _responded(response, cause.sighting, parts.take_effect(kept))


def _responded(response: Response, sighting: Sighting, incident: Incident) -> Responded:
    """One workflow waits for an incident: of the sign that was told last, or its repetition."""
    is_awaited = sighting.seen_at == incident.awaited
    return Responded(response=response, incident=incident, is_awaited=is_awaited)


def _close(incident: Incident, parts: IncidentParts) -> None:
    """Nobody recorded that it is over; whoever comes next does."""
    over = closed(incident, parts.clock.now())
    if parts.kept(over) is Kept.WRITTEN:
        parts.take_effect(over)


def _after(
    before: Incident | None, cause: Cause, config: SentryConfig, parts: IncidentParts
) -> Incident | None:
    now, sighting = parts.clock.now(), cause.sighting
    if before is not None and not before.is_over:
        return _revised(before, cause, config, now, parts)
    if not opens(before, sighting):
        return None
    sighting = with_rates(sighting, parts.meters, now)
    evidence = evidence_of(sighting.scope, config, parts.journal, now)
    incident = opened(before, sighting, rule_of(sighting, config), evidence, now)
    unknown = unknown_in(sighting, config)
    return replace(incident, note=unknown) if unknown else incident


def _revised(
    before: Incident, cause: Cause, config: SentryConfig, now: datetime, parts: IncidentParts
) -> Incident | None:
    """The rule is asked anew with every sign; what it wants is done as soon as there is room."""
    sighting = cause.sighting
    if worse(before.severity, sighting.severity):
        sighting = replace(sighting, severity=before.severity)
    scope = sighting.scope if cause.is_narrower or widens(before, sighting) else before.cause
    shown_in = (*before.joined, *sighting.joined, scope_key(before.scope))
    rule = rule_of(replace(sighting, scope=scope, joined=shown_in), config)
    if cause.is_narrower:
        return joined(before, sighting, rule, now)
    after = revised(before, sighting, rule, now)
    if after is None or after.step is not StepKind.ACTED or after.measure is None:
        return after
    if has_room(parts.measures.measures(), after.measure, now):
        return after
    return prolonged(before, sighting, now)


def _keep(
    before: Incident | None,
    after: Incident,
    sighting: Sighting,
    config: SentryConfig,
    parts: IncidentParts,
) -> Incident | None:
    """What is kept; ``None`` if somebody was first. Beginning to act on a scope takes a share.

    Without a share what was told already stands, or lasts longer; of what is new it is said.
    """
    acts, acted = after.state is IncidentState.ACTING, _acts(before)
    share = _share(after.at, config) if acts and not acted else None
    outcome = parts.kept(after, share)
    if outcome is Kept.TOO_MANY:
        if before and after.step is StepKind.ACTED:
            longer = prolonged(before, sighting, after.at)
            if longer is None:
                return before
            after = longer
        else:
            most = _rules(config).scopes_per_hour_max
            why = f"{most} scopes were acted on within this hour, and no more may be"
            after = _told_only(after, why)
        outcome = parts.kept(after)
    return after if outcome is Kept.WRITTEN else None


def _told_only(incident: Incident, why: str) -> Incident:
    """The same revision without its measure, which nobody has put."""
    plain = not_acted(incident, why, incident.at)
    return replace(
        plain,
        revision=incident.revision,
        step=incident.step,
        told_revision=incident.told_revision,
        replaced=tuple(one for one in plain.replaced if one != incident.measure),
    )


def _acts(incident: Incident | None) -> bool:
    return incident is not None and incident.state is IncidentState.ACTING


def _share(now: datetime, config: SentryConfig) -> Share:
    hour = now.replace(minute=0, second=0, microsecond=0)
    return Share(hour, _rules(config).scopes_per_hour_max)


def _nothing_new(before: Incident | None, sighting: Sighting, parts: IncidentParts) -> Responded:
    """The effects are made sure of: this may be the repetition of one that died before them."""
    if before is None:
        return Responded(response=Response.NONE, incident=None)
    standing = parts.take_effect(before)
    response = Response.NONE if standing.is_over else Response.KNOWN
    return _responded(response, sighting, standing)


def rule_of(sighting: Sighting, config: SentryConfig) -> AnomalyRule:
    """What the configuration says; of what it does not know it says nothing, so it is told.

    A cause is asked about in every model that shows it; a model itself is its own cause.
    """
    if unknown_in(sighting, config):
        return TELL_ONLY
    shown_in = () if MODEL_TAG in sighting.scope else map(model_in, sighting.joined)
    models = dict.fromkeys(model for model in shown_in if model is not None)
    return _rules(config).rule_for_cause(sighting.scope, models, sighting.severity)


def _rules(config: SentryConfig) -> AnomalyRules:
    return config.anomalies or NO_ANOMALY_RULES


def unknown_in(sighting: Sighting, config: SentryConfig) -> str:
    """What of the scope is not in the configuration, as a note; empty: all of it is."""
    scope = sighting.scope
    team, application, model = (scope.get(name) for name in (TEAM_TAG, APPLICATION_TAG, MODEL_TAG))
    if team is not None and team not in config.teams:
        return f"there is no team {team} in sentry.yaml, so nothing is done to it"
    named = config.teams[team].applications if team is not None else {}
    if application is not None and named and application not in named:
        return f"team {team} has no application {application} in sentry.yaml"
    if model is not None and model not in {base_model_id(one) for one in config.models}:
        return f"model {model} is not in sentry.yaml, so nothing is done to it"
    return ""
