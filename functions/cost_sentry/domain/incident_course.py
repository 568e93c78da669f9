"""How an incident goes on: what a sighting, a person or the end of the cool-down makes of it.

Sightings may come twice, late and in any order. So an incident only takes from one what is more
than it knows: a worse severity, a much larger excess, an earlier begin, a later sign, a stricter
rule. What is not more changes nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from cost_sentry.domain.anomaly_rules import Action, AnomalyRule, stricter, worse
from cost_sentry.domain.incident import (
    Evidence,
    Incident,
    IncidentState,
    Sighting,
    StepKind,
    incident_id,
    scope_key,
)
from cost_sentry.domain.incident_end import ended
from cost_sentry.domain.incident_measure import acting, lasting, lasting_longer
from cost_sentry.domain.incident_revision import later_end, longer, minutes, next_revision, signed

PROLONGED_BY = timedelta(minutes=1)
"""A sign that makes it last longer by less, or by less than half, changes nothing: signs that come
every few minutes cost few writes, and few measures stand beside one another."""
LATE = timedelta(hours=1)
"""A sighting that took longer to come is told, and nothing is done for it: it may be long over."""
WIDENED_AFTER = timedelta(minutes=10)
"""Signs of the whole that come so long after a part was acted on are not explained by it."""
TOLD_AGAIN_AFTER = timedelta(hours=1)
"""That it came back is told so long after the last mail: the mail before said that it would be
acted on again."""
MUCH_MORE = 3
"""An excess so many times as large as what was told is news, of the same severity too."""


def opens(before: Incident | None, sighting: Sighting) -> bool:
    """Whether it begins a new incident, where the one before is over or there is none.

    Not if it was seen before that one ended, and not what a person has just lifted, unless it is
    worse than that or much more.
    """
    if sighting.has_ended:
        return False
    if before is None:
        return True
    is_news = worse(sighting.severity, before.severity) or is_much_more(sighting, before)
    if sighting.seen_at <= min(before.at, before.ends_at):
        return sighting.seen_at > before.seen_at and is_news
    return is_news or not before.is_quiet(sighting.seen_at)


def is_much_more(sighting: Sighting, incident: Incident) -> bool:
    """Than the most that was told of it, or than what of it is taken for usual."""
    if incident.adopted is not None and dict(sighting.scope) == dict(incident.scope):
        return sighting.seen is not None and sighting.seen >= MUCH_MORE * incident.adopted > 0
    if sighting.percent is not None and incident.percent is not None:
        return sighting.percent >= MUCH_MORE * incident.percent
    if sighting.seen is not None and incident.seen is not None:
        return sighting.seen >= MUCH_MORE * incident.seen > 0
    return False


def opened(
    before: Incident | None,
    sighting: Sighting,
    rule: AnomalyRule,
    evidence: Evidence,
    now: datetime,
) -> Incident:
    """A new incident of this scope, with what the rule wants done."""
    revision = before.revision + 1 if before else 1
    is_late = now - sighting.seen_at > LATE
    incident = Incident(
        id=incident_id(sighting.scope, revision),
        scope=dict(sighting.scope),
        revision=revision,
        state=IncidentState.OPEN,
        step=StepKind.OPENED,
        at=now,
        by="the sentry",
        severity=sighting.severity,
        since=min(sighting.since, sighting.seen_at),
        opened_at=now,
        seen_at=sighting.seen_at,
        ends_at=now + minutes(rule.cool_down_minutes),
        source=sighting.source,
        usual=sighting.usual,
        seen=sighting.seen,
        percent=sighting.percent,
        how=sighting.how,
        evidence=evidence,
        action=Action.TELL,
        told=rule.tell,
        cool_down_minutes=rule.cool_down_minutes,
        lasts_minutes=rule.cool_down_minutes,
        awaited=sighting.seen_at,
        told_at=now,
        joined=sighting.joined,
        told_revision=revision,
        note="it was told too late to act on it" if is_late else "",
    )
    return incident if is_late else acting(incident, rule, now)


def revised(
    incident: Incident, sighting: Sighting, rule: AnomalyRule, now: datetime
) -> Incident | None:
    """The incident after another sighting; ``None`` if that tells nothing more.

    Args:
        incident: one that is not over.
        sighting: of its scope, or of one that it explains.
        rule: what the configuration says of this scope at the worst severity so far.
        now: when the sighting is looked at.
    """
    if sighting.has_ended:
        return ended(incident, sighting, now)
    if worse(sighting.severity, incident.severity) or is_much_more(sighting, incident):
        return _worse(incident, sighting, rule, now)
    if now - sighting.seen_at <= LATE:
        if incident.is_lapsed(now) and sighting.seen_at >= incident.ends_at and _acts(incident):
            return _again(incident, sighting, rule, now)
        if stricter(rule.action, incident.action) is not incident.action:
            return _acted(incident, sighting, rule, now)
        if widens(incident, sighting):
            return _widened(incident, sighting, rule, now)
    return prolonged(incident, sighting, now)


def widens(incident: Incident, sighting: Sighting) -> bool:
    """Whether the whole goes on, although a part of it is acted on for a while."""
    since = incident.narrowed_at
    if since is None or sighting.scope != incident.scope:
        return False
    return sighting.seen_at - since >= WIDENED_AFTER


def prolonged(incident: Incident, sighting: Sighting, now: datetime) -> Incident | None:
    """The same measure lasts longer; ``None`` if it lasts long enough, and nothing else is new."""
    if not _lasts_longer(incident, sighting, now):
        if set(sighting.joined) <= set(incident.joined):
            return None
        return signed(incident, sighting, StepKind.JOINED, now)
    ends_at = min(sighting.seen_at, now) + minutes(incident.lasts_minutes)
    base = replace(signed(incident, sighting, StepKind.PROLONGED, now), ends_at=ends_at)
    return lasting_longer(base, incident, now)


def _lasts_longer(incident: Incident, sighting: Sighting, now: datetime) -> bool:
    if sighting.seen_at - incident.seen_at < PROLONGED_BY:
        return False
    lasts = minutes(incident.lasts_minutes)
    ends_at = min(sighting.seen_at, now) + lasts
    is_gone = _acts(incident) and ends_at <= now
    return not is_gone and ends_at - incident.ends_at >= max(PROLONGED_BY, lasts / 2)


def joined(incident: Incident, sighting: Sighting, rule: AnomalyRule, now: datetime) -> Incident:
    """A narrower scope explains it: from now on that one is acted on, and not the whole."""
    key, is_more = scope_key(sighting.scope), stricter(rule.action, incident.action)
    step = StepKind.JOINED if is_more is incident.action else StepKind.ACTED
    base = signed(incident, sighting, step, now)
    base = replace(
        base,
        joined=tuple(dict.fromkeys((*base.joined, key))),
        acts_on=dict(sighting.scope),
        narrowed_at=now,
        usual=sighting.usual,
        seen=sighting.seen,
    )
    if not _acts(incident) and rule.action is Action.TELL:
        return base
    return acting(replace(base, ends_at=later_end(base, now)), rule, now)


def not_acted(incident: Incident, why: str, now: datetime) -> Incident:
    """It is told only, although the rule wants more."""
    return replace(
        next_revision(incident, StepKind.NOT_ACTED, now),
        state=IncidentState.OPEN,
        action=Action.TELL,
        measure=None,
        replaced=lasting(incident, now),
        note=why,
    )


def _worse(incident: Incident, sighting: Sighting, rule: AnomalyRule, now: datetime) -> Incident:
    base = signed(incident, sighting, StepKind.WORSE, now)
    is_late = now - sighting.seen_at > LATE
    came_back = _acts(incident) and incident.is_lapsed(now)
    lasts = longer(incident) if came_back else max(base.lasts_minutes, rule.cool_down_minutes)
    severity = sighting.severity if worse(sighting.severity, base.severity) else base.severity
    base = replace(
        base,
        severity=severity,
        since=min(incident.since, sighting.since),
        source=sighting.source,
        usual=incident.usual if sighting.usual is None else sighting.usual,
        seen=incident.seen if sighting.seen is None else sighting.seen,
        percent=max((one for one in (incident.percent, sighting.percent) if one), default=None),
        how=sighting.how or incident.how,
        told=tuple(dict.fromkeys((*incident.told, *rule.tell))),
        cool_down_minutes=rule.cool_down_minutes,
    )
    if is_late:
        return base
    base = replace(base, lasts_minutes=lasts)
    return acting(replace(base, ends_at=later_end(base, now)), rule, now)


def _acted(incident: Incident, sighting: Sighting, rule: AnomalyRule, now: datetime) -> Incident:
    """The rule wants more than is done: it came meanwhile, or there was no share and no room."""
    base = replace(
        signed(incident, sighting, StepKind.ACTED, now),
        told=tuple(dict.fromkeys((*incident.told, *rule.tell))),
        cool_down_minutes=rule.cool_down_minutes,
        lasts_minutes=max(rule.cool_down_minutes, incident.lasts_minutes),
        usual=incident.usual if sighting.usual is None else sighting.usual,
    )
    return acting(replace(base, ends_at=later_end(base, now)), rule, now)


def _again(incident: Incident, sighting: Sighting, rule: AnomalyRule, now: datetime) -> Incident:
    """It came back as soon as nothing kept it: the same incident, and longer."""
    is_told = now - incident.told_at >= TOLD_AGAIN_AFTER
    base = signed(incident, sighting, StepKind.AGAIN, now, is_told=is_told)
    base = replace(base, lasts_minutes=longer(incident), cool_down_minutes=rule.cool_down_minutes)
    base = replace(base, ends_at=later_end(base, now))
    if rule.action is Action.TELL:
        why = "sentry.yaml says since then that it is told only"
        return replace(
            base, state=IncidentState.OPEN, action=Action.TELL, measure=None, replaced=(), note=why
        )
    return acting(base, rule, now)


def _widened(incident: Incident, sighting: Sighting, rule: AnomalyRule, now: datetime) -> Incident:
    """What is done about the narrower scope did not end it."""
    base = replace(
        signed(incident, sighting, StepKind.WORSE, now),
        acts_on=None,
        narrowed_at=None,
        usual=sighting.usual,
        seen=sighting.seen,
    )
    return acting(replace(base, ends_at=later_end(base, now)), rule, now)


def _acts(incident: Incident) -> bool:
    return incident.state is IncidentState.ACTING
