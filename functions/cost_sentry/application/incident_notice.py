"""The mail about an incident: one for each revision that is worth telling."""

from datetime import datetime

from cost_sentry.domain.alert_mail import amount_shown
from cost_sentry.domain.anomaly_rules import Action
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.incident import (
    Evidence,
    Incident,
    IncidentState,
    Lead,
    StepKind,
    projected_picodollars,
)
from cost_sentry.domain.incident_measure import lift_command
from cost_sentry.domain.notice import Notice
from cost_sentry.domain.notice_mail import NoticeText, write_notice
from cost_sentry.domain.sentry_config import SentryConfig, scope_text

UNKNOWN = "unknown"


def notice_key(incident: Incident) -> str:
    """The same for every delivery of what led to this mail."""
    return f"incident/{incident.id}/{incident.told_revision}"


def incident_notice(incident: Incident, config: SentryConfig) -> Notice:
    """What happened, whose it is, what was done, how to undo it; then the evidence."""
    text = NoticeText(
        subject=f"{_headline(incident)}: {scope_text(incident.scope)}",
        what=_what(incident),
        whose=_whose(incident, config),
        done=_done(incident),
        undo=_undo(incident),
        more=tuple(_more(incident)),
        tail=_tail(incident),
    )
    recipients = recipients_of(incident, config)
    return write_notice(text, key=notice_key(incident), recipients=recipients, at=incident.at)


def recipients_of(incident: Incident, config: SentryConfig) -> tuple[str, ...]:
    """The team's owners, those whom the rule names, and the organisation's."""
    team = config.teams.get(incident.scope.get("team", ""))
    owners = team.owners if team else ()
    return tuple(dict.fromkeys((*owners, *incident.told, *config.alert_addresses)))


def usual_text(picodollars: int | None) -> str:
    """``$3.00 a minute``, or that nobody knows."""
    return UNKNOWN if picodollars is None else f"{amount_shown(Unit.USD, picodollars)} a minute"


def how_much_text(incident: Incident) -> str:
    """Beside what is ordinary; empty if nobody knows."""
    percent = incident.percent
    return "" if percent is None else f"{percent} % of what would be ordinary"


def ahead_text(incident: Incident) -> str:
    """What it comes to if nobody does anything; empty if nobody knows, or it is over."""
    ahead = None if incident.is_over else projected_picodollars(incident)
    if ahead is None:
        return ""
    return f"{amount_shown(Unit.USD, ahead)} more by midnight (UTC), unchecked"


def lead_text(lead: Lead) -> str:
    """Whose share of what was spent it is: ``search/web: $3.00 of $4.00``."""
    of = amount_shown(Unit.USD, lead.of_picodollars)
    return f"{lead.name}: {amount_shown(Unit.USD, lead.picodollars)} of {of}"


def action_text(incident: Incident) -> str:
    """What is in force: ``frozen until …``, ``at most $2.00 a minute until …``; or nothing."""
    measure = incident.measure
    if measure is None or incident.is_over:
        return "nothing: it is told only" if not incident.is_over else "nothing any more"
    until = f"until {_moment(measure.until)}"
    what = "it" if dict(measure.scope) == dict(incident.scope) else scope_text(measure.scope)
    if incident.action is Action.FREEZE:
        return f"froze {what} {until}"
    return f"slowed {what} to {usual_text(measure.amount)} {until}"


def _headline(incident: Incident) -> str:
    if incident.state is IncidentState.LIFTED:
        return "anomaly lifted"
    if incident.is_usual:
        return "anomaly taken for usual"
    if incident.state is IncidentState.CLOSED:
        return "anomaly over"
    if incident.step is StepKind.AGAIN:
        return f"{incident.severity} anomaly goes on"
    return f"{incident.severity} anomaly"


def adopted_text(incident: Incident) -> str:
    """What is taken for usual, and since when it goes on; empty if it is not."""
    if not incident.is_usual:
        return ""
    much = "" if incident.adopted is None else f": {usual_text(incident.adopted)}"
    return f"taken for usual now{much} since {_moment(incident.since)}"


def _what(incident: Incident) -> str:
    if incident.is_over:
        if incident.is_usual:
            return adopted_text(incident)
        if incident.state is IncidentState.LIFTED:
            return f"the incident since {_moment(incident.since)} is lifted"
        return f"it is over: no sign of it since {_moment(incident.ends_at)}"
    if incident.step is StepKind.AGAIN:
        return "it came back as soon as nothing kept it"
    return adopted_text(incident) or _unlike_itself(incident)


def _unlike_itself(incident: Incident) -> str:
    if incident.seen is None:
        return f"spending is unlike itself since {_moment(incident.since)}"
    seen = f"spends {usual_text(incident.seen)}"
    if incident.usual is None:
        return f"{seen} since {_moment(incident.since)}"
    return f"{seen}; usual is {amount_shown(Unit.USD, incident.usual)}"


def _whose(incident: Incident, config: SentryConfig) -> str:
    """Who answers for it, first, and for what: of a model those of ``alerts.addresses`` do."""
    team = config.teams.get(incident.scope.get("team", ""))
    owners = (team.owners if team else ()) or config.alert_addresses
    others = f" and {len(owners) - 1} more" if len(owners) > 1 else ""
    named = f"{owners[0]}{others}" if owners else "nobody named in sentry.yaml"
    return f"{named}, for {scope_text(incident.scope)}"


def _done(incident: Incident) -> str:
    if incident.state is IncidentState.LIFTED:
        return f"lifted by {incident.by}"
    if incident.state is not IncidentState.CLOSED:
        return action_text(incident)
    if incident.action is Action.TELL:
        return "nothing: it was told only"
    return f"nothing any more: what it did ended at {_moment(incident.ends_at)}"


def _undo(incident: Incident) -> str:
    if incident.is_over and incident.is_usual:
        return "nothing to undo; if it is not meant, stop who calls"
    if incident.is_over or incident.measure is None:
        return "nothing to undo"
    return lift_command(incident.id)


def _more(incident: Incident) -> list[tuple[str, str]]:
    rows = [("Since", f"{_moment(incident.since)}, told by {incident.source}")]
    if more := how_much_text(incident):
        rows.append(("How much", more))
    if incident.how:
        rows.append(("Of that", f"{incident.how} of what is usual"))
    rows += _leads(incident.evidence)
    if ahead := ahead_text(incident):
        rows.append(("Ahead", ahead))
    if incident.joined:
        rows.append(("Also in", "; ".join(incident.joined)))
    if incident.note:
        rows.append(("Note", incident.note))
    rows.append(("Incident", incident.id))
    return rows


def _leads(evidence: Evidence) -> list[tuple[str, str]]:
    named = (("Who", evidence.application), ("Model", evidence.model))
    return [(label, _lead(one, evidence)) for label, one in named if one]


def _lead(lead: Lead, evidence: Evidence) -> str:
    """Of the window that was read, which is longer than the anomaly."""
    return f"{lead_text(lead)} in {evidence.budget_id} {evidence.window_id}"


def _tail(incident: Incident) -> tuple[str, ...]:
    if incident.is_usual:
        return _tail_of_usual(incident)
    if incident.is_over:
        return ()
    if incident.action is Action.TELL:
        ends = f"It is over at {_moment(incident.closes_at)} unless there are further signs."
    else:
        ends = (
            "It ends by itself at the time above unless there are further signs; if it comes back"
            " within an hour, the same is done for twice as long."
        )
    return (
        f"{ends} You get another mail if it gets worse, and when it is over.",
        "Look: cost-sentry incidents show " + incident.id,
    )


def _tail_of_usual(incident: Incident) -> tuple[str, ...]:
    held = "" if incident.is_over else "What is done about it ends by itself at the time above. "
    from_now_on = (
        f"It goes on, and nothing more is told of it. {held}From now on it is compared with that"
        " rate, and told of where it is well above."
    )
    otherwise = (
        "If it is not meant: find who calls, stop it, and give its scope a budget or a rule that"
        " slows it down or freezes it (budgets, anomalies.rules of sentry.yaml). Once it has"
        " stopped, what is usual is as before within a week."
    )
    return from_now_on, otherwise, "Look: cost-sentry incidents show " + incident.id


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"
